"""What stands beside the desk: it may fail as often as it likes, the desk never hears of it.

    async with beside("mqtt", publish):
        …                                   # `publish()` runs, and is started again when it fails

It shares the desk's loop, so it must wait for nothing but by `await`: what blocks goes into a thread.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from bot.backoff import FIRST_S, Backoff
from bot.errors import PaperpitError
from bot.log import kept

GOODBYE_S = 3.0
"""So long it has for what it wants to say at the end."""

_log = logging.getLogger("paperpit.beside")


@asynccontextmanager
async def beside(name: str, work: Callable[[], Awaitable[None]], first_s: float = FIRST_S) -> AsyncIterator[None]:
    """Run `work` until the block ends; when it fails that is logged and it is started again. One that returns is done.

    At the end it is cancelled, and left alone when it does not end in `GOODBYE_S`. Nothing is raised into the block.
    """
    task = asyncio.create_task(_again_and_again(name, work, first_s), name=name)
    try:
        yield
    finally:
        task.cancel()
        _, late = await asyncio.wait([task], timeout=GOODBYE_S)
        if late:
            _log.warning("%s does not end; it is left behind", name)


def unheard(loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """The loop's exception handler: what was raised where nobody catches it is one line, never a stack trace."""
    error, what = context.get("exception"), context["message"]
    if isinstance(error, OSError):  # a socket that was closed while the MQTT library had it watched
        _log.warning("%s: %s", what, error)
    else:
        why = f": {type(error).__name__}: {error}" if error is not None else ""
        path = f", please send {kept(error)}" if error is not None else ""
        _log.error("%s%s; this is a bug%s", what, why, path)


async def _again_and_again(name: str, work: Callable[[], Awaitable[None]], first_s: float) -> None:
    backoff, reported = Backoff(first_s), ""
    while True:
        backoff.begin()
        try:
            return await work()
        except PaperpitError as error:
            why = error.what
        except Exception as error:  # noqa: BLE001 - whatever it is, the desk and its positions do not go with it
            why = f"{type(error).__name__}: {error}"
            if why != reported:
                reported, path = why, await asyncio.to_thread(kept, error)
                why = f"{why}; this is a bug, please send {path}"
        wait = backoff.wait_s()
        _log.warning("%s failed and is started again in %g s: %s", name, wait, why)
        await asyncio.sleep(wait)
