"""The routes of the page server, and how whatever goes wrong is answered."""

import logging
from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import PaperpitError
from bot.log import kept
from bot.metrics import Exposition
from bot.web import api, control_pages, live, numbers, remark_pages
from bot.web.guard import Guard, Refused
from bot.web.pages import calendar, health, moment, refused, round_trips, runs, signals, stats, story, today
from bot.web.site import Site, status_of

API = "/api/"
_log = logging.getLogger("paperpit.web")


def application(site: Site, hosts: Iterable[str]) -> Starlette:
    """The whole site as an ASGI application that answers to `hosts` (names with ports)."""
    app = Starlette(
        routes=[
            Route("/", today.page),
            Route("/round-trips", round_trips.page),
            Route("/round-trips/{id}", story.page),
            Route("/signals", signals.page),
            Route("/signals/{id}", story.page),
            Route("/signals/{id}/what-if", story.page_asked),
            Route("/refused", refused.page),
            Route("/moment", moment.page),
            Route("/runs", runs.page),
            Route("/runs/{a}/diff/{b}", runs.difference),
            *remark_pages.ROUTES,
            Route("/stats", stats.page),
            Route("/calendar", calendar.page),
            Route("/health", health.page),
            *control_pages.ROUTES,
            *live.ROUTES,
            *numbers.ROUTES,
            *api.ROUTES,
            Mount("/static", StaticFiles(packages=[("bot.web", "static")])),
        ],
        middleware=[
            Middleware(Guard, hosts=hosts),
            Middleware(Unbroken, site=site),
            *([Middleware(Locked, site=site)] if site.locked else []),
            Middleware(GZipMiddleware, minimum_size=1_000),
        ],
        exception_handlers={PaperpitError: _said, Refused: _refused, HTTPException: _http},
        lifespan=live.lifespan,
    )
    app.state.site = site
    app.state.exposition = Exposition(site.find)
    return app


def _said(request: Request, error: Exception) -> Response:
    assert isinstance(error, PaperpitError)
    return _message(request, status_of(error), error.what, error.where, error.allowed, error.do)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    answer = _message(request, error.status, error.why, do=error.do)
    if error.status == 401:
        answer.headers["www-authenticate"] = "Bearer"
    return answer


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _message(request, 404, f"there is no page {request.url.path}", do="open /")
    answer = _message(request, error.status_code, error.detail)
    answer.headers.update(error.headers or {})
    return answer


class Unbroken:
    """ASGI middleware: a bug of ours is kept in a file and said in a line, on the page and on standard error."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app, self._site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception as bug:  # noqa: BLE001 - the last line of defence: nobody reads a stack trace
            told = f"this is a bug in paperpit ({type(bug).__name__}: {bug}); please report it with {kept(bug)}"
            _log.error(told)
            if not begun and scope["type"] == "http":
                await _message(Request(scope), 500, told)(scope, receive, send)


class Locked:
    """ASGI middleware: without the token a page leads to the form that asks for it, and the API says what it needs."""

    OPEN = ("/unlock", "/static/")

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app, self._site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or scope["path"].startswith(self.OPEN)
            or self._site.keys.shown(Headers(scope=scope))
        ):
            await self._app(scope, receive, send)
        elif scope["path"].startswith(API):
            needed = Refused(401, "reading needs the token", f"Authorization: Bearer, with {self._site.token_path}")
            await _refused(Request(scope), needed)(scope, receive, send)
        else:
            await RedirectResponse("/unlock", 303)(scope, receive, send)


def _message(request: Request, status: int, what: str, where: str = "", allowed: str = "", do: str = "") -> Response:
    said = {"what": what, "where": where, "allowed": allowed, "do": do}
    if request.url.path.startswith(API):
        return JSONResponse({"error": said}, status)
    site: Site = request.app.state.site
    return site.page(request, "message.html", code=status, **said)
