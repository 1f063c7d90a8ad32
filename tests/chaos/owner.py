"""`make chaos-owner`: two daemons race for one journal, or for one account with a journal each; one of them trades.

Both are started at the same moment at one gateway under client ids of their own, so that the broker does not decide it.
Whoever stands first is the owner; the other must end with 75 and name the owner's pid. Then the owner is killed, and
the next race begins on what it left. Never may both stand. Where each has a journal of its own, one finds what the
other left as somebody else's, and holds: it owns all the same.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from tests.chaos import lives, market
from tests.chaos.journal import read
from tests.chaos.lives import Life
from tests.chaos.servers import Kind, journal
from tests.gateways import gateway_program

What = Literal["journal", "account"]
LOCKED = 75
DECIDED_S = 120.0
_FIRST, _SECOND = 17, 18
"""Client ids."""


async def races(what: What, kind: Kind, times: int) -> list[str]:
    """So many races; what went wrong in them."""
    found: list[str] = []
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        folder = Path(name)
        with journal(kind, folder) as one, journal(kind, folder / "other") as other:
            second = one if what == "journal" else other
            tape = market.tape(folder, "owner")
            words = ("--tape", tape, "--speed", market.SPEED, "--account", market.account(folder))
            async with gateway_program(*map(str, words), cwd=folder) as far:
                starts = [
                    _words(folder, far.port, number, url) for number, url in ((_FIRST, one.url), (_SECOND, second.url))
                ]
                for number in range(times):
                    before = _runs(one.url, second.url)
                    wrong = [f"race {number}: {told}" for told in await _race(starts, folder)]
                    if (new := _runs(one.url, second.url) - before) != 1:
                        wrong.append(f"race {number}: {new} runs were written")
                    found += wrong
                    print(f"{what} {kind} {number + 1}/{times} {'; '.join(wrong)}", file=sys.stderr, flush=True)
    return found


def _words(folder: Path, port: int, client_id: int, url: str) -> tuple[str, ...]:
    own = folder / str(client_id)
    own.mkdir()
    bot = market.settings(own, desk=f"owner-{port}-{client_id}", port=port, journal=url)
    return ("--config", str(bot), "--warm", "none", "--once", "--set", f"adapters.ib.client_id={client_id}")


async def _race(starts: list[tuple[str, ...]], folder: Path) -> list[str]:
    """One race; what was wrong with it."""
    both = await asyncio.gather(*(lives.start(words, folder=folder, fork=True) for words in starts))
    until = time.monotonic() + DECIDED_S
    while not (any(one.stands for one in both) and any(one.code is not None for one in both)):
        if time.monotonic() > until or all(one.stands or one.code is not None for one in both):
            break
        await asyncio.wait([asyncio.ensure_future(one.dies(0.05)) for one in both])
    wrong = list(_judged(both))
    await asyncio.gather(*(one.kill() for one in both))
    return wrong


def _judged(both: list[Life]) -> Iterator[str]:
    owners = [one for one in both if one.code is None]
    losers = [one for one in both if one.code is not None]
    if len(owners) != 1 or not owners[0].stands:
        yield f"{len(owners)} of two live, ended: {[(one.code, one.words[-300:]) for one in losers]}"
        return
    (loser,) = losers
    if loser.stands:
        yield "the one that was refused had traded"
    if loser.code != LOCKED or f"pid {owners[0].pid} " not in loser.words:
        yield f"refused with {loser.code}, pid {owners[0].pid} is the owner's: {loser.words[-300:]}"


def _runs(*urls: str) -> int:
    return sum(read(url).runs for url in set(urls))


def main() -> None:
    """The command line; ends with one line, and with 1 when anything was wrong."""
    asked = argparse.ArgumentParser(prog="python -m tests.chaos.owner", description=__doc__)
    asked.add_argument("--races", type=int, default=200, help="of each kind")
    asked.add_argument("--db", choices=("sqlite", "postgres"), default="sqlite")
    given = asked.parse_args()
    kinds: tuple[What, ...] = ("journal", "account")
    found = [told for what in kinds for told in asyncio.run(races(what, given.db, given.races))]
    print("\n".join(found), end="\n" * bool(found))
    print(f"races={2 * given.races} wrong={len(found)}")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
