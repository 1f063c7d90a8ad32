"""A real desk at a gateway that goes wrong calls a person: a stop that cannot be put back, a lost link, a live login.

One desk for all three. Each trouble is said once, however it flutters, and once when it is over.
"""

import asyncio
import itertools
import os
from decimal import Decimal
from pathlib import Path

from adapters.gateway.play import Push
from adapters.gateway.server import Gateway
from tests.background import meanwhile
from tests.gateways import gateway
from tests.playing import EAGER, strategy
from tests.programs import program
from tests.second_gateway.desk import DRILL, open_now
from tests.stories.wires import fault, until

HASTE = ("notify.link_after=2s", "notify.over_after=4s")
CALLED = ('notify.command=["/bin/sh","-c","cat >> told.txt"]', 'notify.about=["naked","link","login"]', *HASTE)
HELD = DRILL.format(symbol="ES", stop=20, target=40, contracts=1)
"""A drill that is in the market and stays there."""
NAKED, LOGIN, LINK = "long 1 ESZ", "the gateway wants a login: ", "the link to the broker is down"


async def _trading(far: Gateway) -> None:
    """A market in which nothing changes and something trades twice a second."""
    while True:
        far.play.push(Push("ES", Decimal("4200.50"), Decimal("4200.75"), Decimal("4200.75")))
        await asyncio.sleep(0.5)


def _titles(folder: Path) -> list[str]:
    """What was said to the person, one line each."""
    file = folder / "told.txt"
    lines = file.read_text().splitlines() if file.exists() else []
    return [line.partition(": ")[2] for line in lines if line.startswith("paperpit ")]


def _said(folder: Path, words: str, times: int = 1) -> bool:
    return sum(title.startswith(words) for title in _titles(folder)) == times


async def test_each_trouble_is_said_once_and_once_when_it_is_over(tmp_path: Path) -> None:
    (tmp_path / "calendar").mkdir()
    (tmp_path / "calendar/hours-override.toml").write_text(open_now())
    (tmp_path / "bot.toml").write_text('adapter = "ib"\n')
    async with gateway(silent=True, instruments=("ES",)) as far, meanwhile(_trading(far)):
        sets = (f"adapters.ib.port={far.port}", "record.enabled=false", "log.format=text", *EAGER, *CALLED)
        words = ("--strategy", strategy(tmp_path, HELD), "--calendar", "none", "--warm", "none", "--once")
        more = itertools.chain.from_iterable(("--set", one) for one in sets)
        journal = ("--journal", tmp_path / "journal.db", "--desk", f"wire-{os.getpid()}")
        async with program("run", "--config", "bot.toml", *words, *journal, *more, cwd=tmp_path) as desk:

            def held() -> bool:
                return bool(far.exchange.control({"do": "status"})["positions"])

            # given a position whose stop goes, at a broker who takes no order any more
            await desk.until("trading")
            await until(held)
            far.control({"do": "fault", "name": "reject", "arg": "any", "times": 10_000})
            fault(far, "order-cancelled", "stop")
            # then somebody is called, once, also when it is over
            await until(lambda: _said(tmp_path, NAKED))
            fault(far, "clear")
            await until(lambda: _said(tmp_path, "over: "))
            # when the gateway comes back with another login, and breaks again and again
            fault(far, "live-account")
            fault(far, "drop")
            await until(lambda: _said(tmp_path, LOGIN))
            fault(far, "drop")
            await until(lambda: _said(tmp_path, LINK))
            # then both are over when it is as it was
            fault(far, "clear")
            far.account = "DU1234567"
            await desk.until("link up: connected again")
            await until(lambda: _said(tmp_path, "over: ", 3))
            assert await desk.interrupted() == 130
    assert [sum(kind in one for one in _titles(tmp_path)) for kind in (NAKED, LOGIN)] == [2, 2], _titles(tmp_path)
    assert len(_titles(tmp_path)) == 6, _titles(tmp_path)
