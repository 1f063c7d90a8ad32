"""`make chaos`: kill the real daemon, again and again, and hold its journal against what really happened.

Exit codes: 0 nothing was found, 1 something was, 2 usage.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.episode import Episode, seeds
from tests.chaos.servers import Kind, journal
from tests.chaos.summary import Summary

EACH = 50
"""Deaths at one gateway and on one journal."""


async def run(kills: int, kind: Kind, seed: str, jobs: int, *, fork: bool = False) -> Summary:
    """Every episode, `jobs` of them at a time."""
    # Kernels first: a daemon that is killed while it compiles leaves nothing in the cache.
    await (await asyncio.create_subprocess_exec(sys.executable, "-c", "import tests.forked")).wait()
    summary, begun = Summary(forked=fork), time.monotonic()
    waiting = list(seeds(seed, kills, EACH))[::-1]

    def told(text: str) -> None:
        print(f"{summary.kills}/{kills} {time.monotonic() - begun:.0f} s  {text}", file=sys.stderr, flush=True)

    async def lane() -> None:
        while waiting:
            one, deaths = waiting.pop()
            # Short, because a socket's path has to be.
            folder = Path(tempfile.mkdtemp(prefix="chaos-"))
            with journal(kind, folder) as where:
                await Episode(one, deaths, folder, where, summary, told, fork).play()
            if not any(seed == one for seed, _ in summary.findings):
                shutil.rmtree(folder)

    await asyncio.gather(*(lane() for _ in range(jobs)))
    return summary


def main() -> None:
    """The command line."""
    asked = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    asked.add_argument("--kills", type=int, default=500)
    asked.add_argument("--db", choices=("sqlite", "postgres"), default="sqlite")
    asked.add_argument("--seed", default="1", help="any text; episodes of a longer run are SEED.0, SEED.1, …")
    asked.add_argument("--jobs", type=int, default=2, help="lanes side by side")
    asked.add_argument("--start", choices=("exec", "fork"), default="exec", help="fork spares what importing costs")
    given = asked.parse_args()
    summary = asyncio.run(run(given.kills, given.db, given.seed, given.jobs, fork=given.start == "fork"))
    for line in summary.table():
        print(line)
    print(summary.line())
    raise SystemExit(0 if summary.clean else 1)


if __name__ == "__main__":
    main()
