"""The desk of `tests.soak.day`, in a process of its own that counts itself: JSON on standard output, log on the other.

The daemon as `paperpit run` builds it, run after run, on a synthetic market as fast as it is made, recorded as a live
one.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import msgspec

from bot.cli.output import new_york, say
from bot.cli.watching import watching
from bot.config import read_bot, read_strategy
from bot.daemon import Asked, Daemon, Run
from bot.log import configure
from bot.resources import shipped
from tests.soak.size import Rest, Size, all_workers

MINUTE_NS = 60_000_000_000
STRATEGIES = ("drill-es.toml", "es-open-absorption.toml")
DIGEST = ": the day:"
"""How a person is told of a session's end."""
PATIENCE_S, LOOK_S = 120.0, 0.2


def _counting(run: Run, every_ns: int, counts: int, seen: Callable[[int], None]) -> Callable[[int], None]:
    """Called after each batch: tells this process's size so many times, one such part of the market's time apart.

    Then the desk stops: on a market that never waits no session ends by the wall's clock.
    """
    next_ns = run.adapter.market.first_ns + every_ns
    left = counts

    def counted(rows: int) -> None:
        nonlocal next_ns, left
        seen(rows)
        if run.desk is None or not left or run.desk.tally.last_ns < next_ns:
            return
        next_ns, left = next_ns + every_ns, left - 1
        _tell({"at": new_york(run.desk.tally.last_ns)[:16], "rows": run.desk.tally.rows, "size": asdict(Size.now())})
        if not left:
            run.desk.stop()

    return counted


async def _days(folder: Path, every_ns: int, counts: int, sessions: int, sets: Sequence[str]) -> None:
    await all_workers()
    bot = read_bot(shipped("config/bot.toml"), sets)
    specs = [read_strategy(name, instruments=bot.path.parent) for name in STRATEGIES]
    journal = f"sqlite:///{folder / 'journal.db'}"
    daemon = Daemon(Asked(bot, specs, journal, "process", record_to=folder / "tapes"))
    with daemon.stopping:
        async with daemon.answering():
            for ended in range(1, sessions + 1):
                async with daemon.run(said=say) as run:
                    with watching(run) as seen:
                        outcome = await run.trade(_counting(run, every_ns, counts, seen))
                async with asyncio.timeout(PATIENCE_S):
                    while _told(folder / "notices") < ended:
                        await asyncio.sleep(LOOK_S)
                _tell(
                    {
                        "rest": asdict(await Rest.now()),
                        "rows": outcome.tally.rows,
                        "trips": outcome.round_trips,
                        "seconds": outcome.seconds,
                        "troubles": [daemon.backup, *outcome.recorded],
                    }
                )


def _told(notices: Path) -> int:
    """Of how many sessions' ends a person has been told; the broker has heard of them sooner."""
    return notices.read_text().count(DIGEST) if notices.exists() else 0


def _tell(what: object) -> None:
    sys.stdout.write(msgspec.json.encode(what).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    configure(level="info")
    step, counts, sessions = map(int, sys.argv[2:5])
    asyncio.run(_days(Path(sys.argv[1]), step * MINUTE_NS, counts, sessions, sys.argv[5:]))
