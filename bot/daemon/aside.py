"""Long work of a run, in a thread: the loop beats on meanwhile, and whoever cannot wait for the work ends it."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from bot.durable import GivenUp

Made = TypeVar("Made")


async def aside(work: Callable[[GivenUp], Made]) -> Made:
    """What `work` makes in a thread, or raises. A cancellation is its end as well, which is waited for."""
    over = threading.Event()
    working = asyncio.create_task(asyncio.to_thread(work, over.is_set))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        over.set()
        await asyncio.wait([working])
        if not working.cancelled():
            working.exception()  # of work that was given up nobody asks how it failed
        raise
