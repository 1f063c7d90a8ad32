"""What happened reaches a listener at least once and in order, whatever becomes of the broker; the desk trades on."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import Reader, reading
from bot.mqtt.events import KINDS
from tests.laws.markets import DRILL
from tests.patience import PATIENCE_S
from tests.playing import EAGER, strategy
from tests.programs import program
from tests.rooms.mqtt.listening import Listener, as_the_schemas_say, listening
from tests.servers import Mosquitto, mosquitto

MANY = (
    "risk.max_brackets_per_day=100000",
    "risk.max_brackets_per_strategy=100000",
    # The slower the machine, the longer the market, and the more a desk has lost that is not to stop.
    "risk.max_daily_loss_usd=1000000",
)
TIMES = 40
"""So many seconds of the market in one of ours: a fill every 100 ms or so."""


@pytest.fixture(scope="module")
def broker() -> Iterator[Mosquitto]:
    with mosquitto() as running:
        yield running


def busy(folder: Path, url: str, name: str, *more: str) -> tuple[object, ...]:
    sets = (*EAGER, *MANY, f"adapters.synthetic.speed={TIMES}x", f'mqtt.url="{url}"', *more)
    journal = f"sqlite:///{folder / f'{name}.db'}"
    said = ("--adapter", "synthetic", "--calendar", "none", "--warm", "none", "--strategy", strategy(folder, DRILL))
    return ("run", "--once", *said, "--desk", name, "--journal", journal, *(w for one in sets for w in ("--set", one)))


def fills(journal: Reader) -> list[int]:
    return [row.seq for row in journal.read(rows.Fill, journal.runs)]


async def until_filled(path: Path, more: int) -> int:
    """Wait until so many fills more stand in the journal than did."""
    async with asyncio.timeout(PATIENCE_S):
        wanted = None
        while True:
            with reading(place(str(path))) as journal:
                now = len(fills(journal))
            wanted = now + more if wanted is None else wanted
            if now >= wanted:
                return now
            await asyncio.sleep(0.05)


def gaps(said: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """What a listener knows it has missed: (after, up to). Asserts that what it has not heard yet comes in order."""
    found, newest, heard = list[tuple[int, int]](), 0, set[int]()
    for one in said:
        if one["seq"] in heard:
            continue
        assert one["seq"] > newest, "older news came after newer"
        if one["after"] is not None and one["after"] > newest:
            found.append((newest, one["after"]))
        newest = one["seq"]
        heard.add(newest)
    return found


def test_every_fill_arrives_while_the_broker_dies_and_comes_back(tmp_path: Path, broker: Mosquitto) -> None:
    async def story() -> Listener:
        async with listening(broker, "paperpit/dies") as heard, program(*busy(tmp_path, broker.url, "dies")) as desk:
            # given a desk that fills, and a broker that hears of it
            await heard.until("event/fill")
            # when the broker is killed twice, for longer each time than it takes to trade
            for _ in range(2):
                broker.stop()
                await until_filled(tmp_path / "dies.db", 3)
                known = len(heard.on("event/fill"))
                broker.start()
                await heard.until("event/fill", lambda _, known=known: len(heard.on("event/fill")) > known + 3)
            assert await desk.interrupted(signal.SIGTERM) == 143
            # Where the machine stood still, the broker says it for the desk.
            ends = (["it has been stopped"], ["it has gone without a goodbye"])
            await heard.until("status", lambda said: said["reasons"] in ends)
        return heard

    heard = asyncio.run(story())
    # then every one was heard, in order, but for what a listener that came back too late knows it has missed
    with reading(place(str(tmp_path / "dies.db"))) as journal:
        there = fills(journal)
    said = heard.on("event/fill")
    missed = gaps(said)
    known = {one["seq"] for one in said}
    # what the goodbye had no time for, the next process tells
    lost = {seq for seq in there if seq <= max(known)} - known
    assert all(any(after < seq <= until for after, until in missed) for seq in lost)
    assert bool(lost) == bool(missed)
    assert len(there) > 10
    for kind in KINDS:
        gaps(heard.on(f"event/{kind}"))
    # and all that was said is as the schemas have it
    needed = as_the_schemas_say(heard)
    assert needed >= {"status", "position", "day", "next_blackout", "health", "event-fill", "event-order"}
    assert "event-round_trip" in needed
