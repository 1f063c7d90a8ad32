"""Who may ask for what. Everything that is asked for goes through here first.

    Host       must be one of ours: another name that leads here (DNS rebinding) is refused
    reading    anybody who reaches the port, which is bound to this machine alone; where it is not, whoever has shown
               the token (`Locked` of bot/web/app.py)
    writing    from one of our own pages (Origin, Sec-Fetch-Site), by somebody who has shown the token:
               `Authorization: Bearer TOKEN`, or the cookie of /unlock together with the form's own secret
    answers    carry a policy that lets a page load nothing from elsewhere and run no script but our files

Sources: OWASP cheat sheets "Cross-Site Request Forgery Prevention" (Origin and double-submit) and "Content Security
Policy"; Fetch Metadata (W3C).
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "paperpit"
FORM_KEY = "form_secret"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
ANSWERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer": our own forms would come with "Origin: null" (Fetch, "append a request Origin header").
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Refused(Exception):
    """A question that is not answered: HTTP status and why."""

    def __init__(self, status: int, why: str, do: str = "") -> None:
        super().__init__(why)
        self.status, self.why, self.do = status, why, do


class Keys:
    """The token that a person holds, and what is made of it for the life of this process."""

    def __init__(self, token: str) -> None:
        self._token = token
        # Not the token itself: a stolen cookie is worth nothing after a restart.
        self._secret = secrets.token_bytes(32)

    def is_token(self, given: str) -> bool:
        """Whether that is the token; takes the same time whatever was given."""
        return hmac.compare_digest(given.encode(), self._token.encode())

    @property
    def cookie(self) -> str:
        """What a browser keeps after it has shown the token."""
        return self._made("cookie")

    @property
    def form(self) -> str:
        """What a form must carry beside the cookie: another site can send the cookie, but not read this."""
        return self._made("form")

    def unlocked(self, headers: Headers) -> bool:
        """Whether the browser has shown the token."""
        jar = SimpleCookie()
        try:
            jar.load(headers.get("cookie", ""))
        except CookieError:
            return False
        return COOKIE in jar and hmac.compare_digest(jar[COOKIE].value, self.cookie)

    def bearer(self, headers: Headers) -> bool:
        """Whether the question carries the token itself."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self.is_token(given.strip())

    def shown(self, headers: Headers) -> bool:
        """Whether the question comes from somebody who has the token, in the one way or the other."""
        return self.bearer(headers) or self.unlocked(headers)

    def is_form(self, given: str) -> bool:
        """Whether that is the form's secret."""
        return hmac.compare_digest(given.encode(), self.form.encode())

    def _made(self, what: str) -> str:
        return hmac.new(self._secret, what.encode(), hashlib.sha256).hexdigest()


class Guard:
    """ASGI middleware: refuses strange hosts and writes from elsewhere, and puts our policy on every answer."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ANSWERS.items():
                    headers[name] = value
                # Our own files hold nothing of a journal: a browser may keep them, and asks whether they are new.
                kept = scope["path"].startswith("/static/")
                headers.setdefault("cache-control", "no-cache" if kept else "no-store")
            await send(message)

        refused = self._judge(scope)
        if refused is None:
            await self._app(scope, receive, guarded)
        else:
            await _refuse(refused, guarded)

    def _judge(self, scope: Scope) -> Refused | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if host not in self._hosts:
            return Refused(421, f"this is not {host or 'a named host'}", f"open http://{min(self._hosts)}/")
        if scope["method"] in SAFE:
            return None
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host:
            return Refused(403, "a page of another site asked for this", "use the page itself")
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return Refused(403, "another site asked for this", "use the page itself")
        return None


async def _refuse(refused: Refused, send: Send) -> None:
    body = f"{refused.why}\n{refused.do}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
