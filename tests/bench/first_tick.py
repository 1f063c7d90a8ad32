"""`paperpit replay demo` up to its first 4,096 rows: `python -P -m tests.bench.first_tick JOURNAL` prints the moment.

The monotonic clock is the machine's, so the stamp can be held against the parent's.
"""

import asyncio
import os
import sys
import time

from bot.cli.trading import read_settings


def stamp(rows: int) -> None:
    """Told by the desk when a batch has been walked."""
    print(time.perf_counter(), flush=True)
    os._exit(0)


async def _trade() -> None:
    from bot.daemon import Asked, Run

    bot, specs = read_settings(None, ["replay.batch=4096"], ())
    async with Run(Asked(bot, specs, sys.argv[1], "replay", ("demo",))) as run:
        await run.trade(stamp)


if __name__ == "__main__":
    asyncio.run(_trade())
