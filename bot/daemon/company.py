"""Who stands beside the desk, by the settings. What these do not name is not started, and not imported either."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from bot.control import folder
from bot.daemon.asked import Asked
from bot.daemon.beside import beside
from bot.daemon.shown import Desk
from bot.journal.place import place as place_of

Companion = tuple[str, Callable[[], Awaitable[None]]]
"""A name for the log, and what runs."""


@asynccontextmanager
async def in_company(asked: Asked, desk: Desk) -> AsyncIterator[None]:
    """They stand beside the desk while the block lasts; the last one that came leaves first."""
    async with AsyncExitStack() as stack:
        for name, work in _companions(asked, desk):
            await stack.enter_async_context(beside(name, work))
        if asked.bot.value.notify.wanted:
            from bot.daemon.calling import calling

            await stack.enter_async_context(calling(asked, desk))
        yield


def _companions(asked: Asked, desk: Desk) -> Iterator[Companion]:
    if desk.supervisor.listens:
        yield "service manager", desk.supervisor.tell
    bot, place = asked.bot.value, place_of(asked.journal)
    if bot.metrics.port is not None:
        from bot import metrics

        yield "metrics", partial(metrics.answer, bot.metrics, desk.status, place)
    if bot.mqtt.url is not None:
        from bot import mqtt

        shown = partial(desk.beside.__setitem__, "mqtt")
        known = mqtt.Desk(bot.desk, desk.status, desk.tell, desk.refused, place, folder(), shown)
        yield "mqtt", partial(mqtt.serve, bot.mqtt, known)
