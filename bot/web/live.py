"""What happens now, to every page that is open: server-sent events whose id is the journal's `seq`.

One task looks four times a second whether the journal has changed, and wakes the streams; each stream reads on from its
own `seq`, so that a browser that was away (or a server that was started again) goes on where it stopped, with no row
twice and none left out. A stream says what has come, not what it looks like: the page asks for its part again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import msgspec
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.errors import InputMissing, PaperpitError, UsageError
from bot.journal import rows
from bot.journal.tail import New, after, watching
from bot.web.site import Site

LOOK_S = 0.25
MOST = 500
"""Rows a stream sends at once; a page that was away for longer gets the rest at once after them."""
KINDS: dict[str, type[rows.Row]] = {
    "state": rows.ModeChange,
    "control": rows.Control,
    "signal": rows.Signal,
    "decision": rows.Decision,
    "bracket": rows.BracketEvent,
    "order": rows.OrderEvent,
    "fill": rows.Fill,
    "link": rows.LinkEvent,
    "blackout": rows.CalendarEvent,
    "note": rows.Note,
    "tag": rows.Tag,
}
"""Name of an event → the table that it comes from."""
_NAMES = {kind.__name__: name for name, kind in KINDS.items()}


class Bell:
    """Wakes every stream when the journal has changed."""

    def __init__(self) -> None:
        self.rung = 0
        self._changed = asyncio.Condition()

    async def ring(self) -> None:
        """Something has come."""
        async with self._changed:
            self.rung += 1
            self._changed.notify_all()

    async def heard(self, last: int) -> int:
        """Wait until it has been rung more often than `last`; how often."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.rung > last)
            return self.rung


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Look at the journal for as long as the server runs."""
    app.state.bell = Bell()
    looking = asyncio.create_task(_look(app.state.site, app.state.bell))
    try:
        yield
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


async def _look(site: Site, bell: Bell) -> None:
    while True:
        try:
            await _look_on(site, bell)
        except PaperpitError:
            # There is no journal yet, or its database is away: pages say so, this looks again.
            await asyncio.sleep(4 * LOOK_S)


async def _look_on(site: Site, bell: Bell) -> None:
    place = site.find()
    with watching(place) as stamp:
        seen = await run_in_threadpool(stamp)
        # What came before this look is read by the streams now.
        await bell.ring()
        while place == await run_in_threadpool(site.find):
            if (now := await run_in_threadpool(stamp)) != seen:
                seen = now
                await bell.ring()
            await asyncio.sleep(LOOK_S)


async def events(request: Request) -> Response:
    """`?after=SEQ` or `Last-Event-ID` goes on from there; without either from now on."""
    given = request.headers.get("last-event-id") or request.query_params.get("after") or ""
    if given and not (given.isascii() and given.isdigit() and len(given) < 19):
        raise UsageError(f"{given!r} is no seq", allowed="a whole number")
    site: Site = request.app.state.site
    start = int(given) if given else await run_in_threadpool(_newest, site)
    closing = anyio.Event()
    stream = _stream(site, request.app.state.bell, start, closing)
    return EventSourceResponse(stream, ping=15, shutdown_event=closing, shutdown_grace_period=1)


async def _stream(site: Site, bell: Bell, seq: int, closing: anyio.Event) -> AsyncIterator[ServerSentEvent]:
    yield ServerSentEvent(event="hello", data="{}", id=str(seq), retry=1_000)
    waking = asyncio.create_task(_ring_at(closing, bell))
    rung = 0
    try:
        while not closing.is_set():
            came = await run_in_threadpool(_after, site, seq)
            for one in came:
                seq = one.seq
                yield ServerSentEvent(event=_NAMES[type(one.row).__name__], data=_facts(one), id=str(seq))
            if len(came) < MOST:
                rung = await bell.heard(rung)
    finally:
        waking.cancel()


async def _ring_at(closing: anyio.Event, bell: Bell) -> None:
    """A stream that waits for the bell must hear that the server ends, too."""
    await closing.wait()
    await bell.ring()


def _newest(site: Site) -> int:
    try:
        with site.looking() as reader:
            return reader.last_seq
    except InputMissing:  # there is no journal yet: a browser would never ask again after an error
        return 0


def _after(site: Site, seq: int) -> list[New]:
    try:
        with site.looking() as reader:
            return after(reader, seq, KINDS.values(), MOST)
    except PaperpitError:  # it is away: the bell rings when it is back
        return []


def _facts(one: New) -> str:
    said: dict[str, Any] = {"seq": one.seq, "run": one.row.run}
    for name in ("id", "bracket_id", "signal_id", "client_order_id", "subject", "instrument", "ts"):
        if hasattr(one.row, name):
            said[name] = getattr(one.row, name)
    return msgspec.json.encode(said).decode()


ROUTES = [Route("/api/v1/events", events)]
