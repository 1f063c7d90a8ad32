"""Telling the desk something from a page: show the token once, then pause, resume, flatten with a confirmation."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot import control
from bot.control.asking import asked
from bot.domain.command import Command, Verb
from bot.errors import InputMissing, UsageError
from bot.web.guard import COOKIE, FORM_KEY, Refused
from bot.web.site import Site

VERBS: tuple[Verb, ...] = ("pause", "resume", "cancel-entries", "flatten")
"""What a page may ask for; to stop the whole desk takes the terminal."""
CONFIRMED: tuple[Verb, ...] = ("flatten",)
"""What cannot be taken back, so that a box must be ticked."""
BODY_MAX = 1 << 16


async def ask_token(request: Request) -> Response:
    """The form into which a person puts the token."""
    site: Site = request.app.state.site
    return site.page(request, "unlock.html", token_path=site.token_path, locked=site.locked, wrong=False)


async def take_token(request: Request) -> Response:
    """Let this browser write from now on, if that is the token."""
    site: Site = request.app.state.site
    form = await _form(request)
    if not site.keys.is_token(form.get("token", "")):
        wrong = {"token_path": site.token_path, "locked": site.locked, "wrong": True}
        return site.page(request, "unlock.html", code=403, **wrong)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(COOKIE, site.keys.cookie, httponly=True, samesite="strict", path="/")
    return answer


async def confirm(request: Request) -> Response:
    """The page that says what a command does, and asks for a reason."""
    site: Site = request.app.state.site
    verb = _verb(request)
    return site.page(request, "confirm.html", verb=verb, must_confirm=verb in CONFIRMED)


async def do(request: Request) -> Response:
    """Tell the desk, and show what came of it."""
    site: Site = request.app.state.site
    verb = _verb(request)
    form = await written(request)
    if verb in CONFIRMED and form.get("confirmed") != "yes":
        raise UsageError(f"{verb} was not confirmed", do="tick the box: it cannot be taken back")
    reason = form.get("reason", "")
    if verb == "resume" and not reason:
        raise UsageError("resume needs a reason", do="say why, for the journal")
    clear_kill = verb == "resume" and form.get("clear_kill") == "yes"
    told = await run_in_threadpool(_tell, site, asked(verb, reason=reason, clear_kill=clear_kill))
    return site.page(request, "done.html", verb=verb, result=told)


def _tell(site: Site, command: Command) -> str:
    found = site.desk()
    if found is None:
        raise InputMissing("no desk writes this journal now", do="paperpit run")
    return str(control.tell(found[0], command)["result"])


async def written(request: Request) -> Mapping[str, str]:
    """A form that may change something. Raises Refused when the browser has not shown the token."""
    site: Site = request.app.state.site
    form = await _form(request)
    if site.keys.bearer(request.headers):
        return form
    if not site.keys.unlocked(request.headers):
        raise Refused(403, "this browser has not shown the token", f"open /unlock; the token lies in {site.token_path}")
    if not site.keys.is_form(form.get(FORM_KEY, "")):
        raise Refused(403, "this form is not from our own page, or from before a restart", "load the page again")
    return form


def _verb(request: Request) -> Verb:
    for verb in VERBS:
        if verb == request.path_params["verb"]:
            return verb
    raise InputMissing(f"a page cannot ask for {request.path_params['verb']}", allowed=", ".join(VERBS))


async def _form(request: Request) -> Mapping[str, str]:
    """What a form sent, stripped; the last one of a name holds. Raises Refused for what is no form, or too long."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise Refused(415, "this is not a form", "use the page itself")
    body = await body_of(request)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=32, errors="strict")
    except ValueError as error:
        raise Refused(400, f"this form cannot be read: {error}") from error
    return {name: value.strip() for name, value in pairs}


async def body_of(request: Request) -> bytes:
    """What was sent. Raises Refused for too much of it."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            raise Refused(413, f"this is longer than {BODY_MAX:,} bytes", "write less")
    return body


ROUTES = [
    Route("/unlock", ask_token, methods=["GET"]),
    Route("/unlock", take_token, methods=["POST"]),
    Route("/control/{verb}", confirm, methods=["GET"]),
    Route("/control/{verb}", do, methods=["POST"]),
]
