"""`python -m tests.realday [HOURS=0.1] [LATE=1]`: one real day of the wall's time, shortened to so many hours.

A desk trades at a simulated gateway by the real clock: it starts inside a blackout, loses the gateway to its nightly
reset in the middle of a bracket, is flat before its session's close, begins the next session, and meets a blackout. The
market is silent around each edge, so that no tick brings it; from a quarter of an hour on the exchange is closed for so
long that only the scheduler ends the daemon's sleep. Aims: what the clock brings is done within `LATE` seconds, and
nothing is found by the exchange's ledger or the journal.
"""

import asyncio
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.realday.day import Day, TooSlow, play
from tests.realday.plan import SECOND_NS
from tests.realday.verdict import violations

LEAD_S, MOST_LEAD_S = 15, 240
"""What a desk needs to stand; where that is not enough, the day begins anew with twice of it."""


async def real_day(hours: float, late_s: float, folder: Path) -> int:
    """Live through it and judge it: how many violations there were. What the clock brings may be so much late."""
    day = await _played(int(hours * 3600 * SECOND_NS), folder)
    found = await violations(day, late_s)
    for one in found:
        print(f"VIOLATION {one}")
    entries, fills = len(list(day.ledger.entries())), len(day.ledger.whole.executions)
    bare = max((one.until - one.since for book in day.ledger.books.values() for one in book.bare(0)), default=0)
    print(f"entries={entries} executions={fills} longest_without_stop={bare / SECOND_NS:.3f}s")
    lasted = (day.plan.ends - day.plan.begins) / SECOND_NS / 3600
    print(f"hours={lasted:.2f} blackouts=2 resets=1 sessions=2 violations={len(found)}")
    return len(found)


async def _played(length: int, folder: Path) -> Day:
    lead = LEAD_S
    while True:
        place = folder / f"{lead}"
        place.mkdir()
        try:
            return await play(length, lead * SECOND_NS, place, partial(print, flush=True))
        except TooSlow:
            if lead > MOST_LEAD_S:
                raise
            lead *= 2
            print(f"this machine is too slow: the day begins anew, with {lead} s for the desk to stand")


def main(words: list[str]) -> int:
    """Print when each thing came, and what was wrong; 1 when anything was."""
    asked = dict(word.split("=", 1) for word in words)
    hours, late_s = float(asked.get("HOURS", 0.1)), float(asked.get("LATE", 1.0))
    folder = Path(tempfile.mkdtemp(prefix="paperpit-realday-"))
    found = 1
    try:
        found = asyncio.run(real_day(hours, late_s, folder))
    finally:
        if found:
            print(f"everything that was left: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
