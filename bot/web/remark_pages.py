"""Writing about a round trip or a refusal from its page: notes and tags, kept with the time and who wrote them."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.control.asking import asked
from bot.control.remarks import remark
from bot.domain.command import Verb
from bot.errors import UsageError
from bot.web.control_pages import written
from bot.web.site import Site

NOTE_MAX, TAG_MAX = 4_000, 40
"""Letters of a note and of a tag."""


async def note(request: Request) -> Response:
    """Write a note."""
    form = await written(request)
    text = form.get("note", "")
    if not text or len(text) > NOTE_MAX:
        raise UsageError("a note has words", allowed=f"1 to {NOTE_MAX:,} letters")
    return await _say(request, "note", text=text)


async def tag(request: Request) -> Response:
    """Put tags on, or take them off."""
    form = await written(request)
    names = tuple(dict.fromkeys(form.get("tags", "").replace(",", " ").split()))
    if not names or any(len(name) > TAG_MAX or not name.isprintable() for name in names):
        raise UsageError("a tag is a word", allowed=f"words of 1 to {TAG_MAX} letters, with spaces between them")
    return await _say(request, "tag", tags=names, remove=form.get("remove") == "yes")


async def _say(request: Request, verb: Verb, **said: Any) -> Response:
    site: Site = request.app.state.site
    subject = request.path_params["id"]
    await run_in_threadpool(remark, site.find(), asked(verb, subject=subject, **said))
    back, _, _ = request.url.path.rpartition("/")
    return RedirectResponse(f"{back}#remarks", 303)


ROUTES = [
    Route(f"/{pages}/{{id}}/{what}", do, methods=["POST"])
    for pages in ("round-trips", "signals")
    for what, do in (("notes", note), ("tags", tag))
]
