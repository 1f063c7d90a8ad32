"""The lesson's trade, played by the simulated gateway and traded over the wire.

Goal: live and replay differ in adapter and clock only. Method: the gateway plays the 360 rows as fast as the desk deals
with them; the run's journal is held against that of a replay of the same rows.
"""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.config import read_bot, read_strategy
from bot.daemon import Asked, Run
from bot.journal.diff import differences
from bot.journal.place import place
from bot.journal.reading import reading
from bot.resources import shipped
from tests.gateways import gateway
from tests.playing import Played, play
from tests.tapes import lesson

PLANNED = [("entry", "4200.50", None), ("stop", None, "4199.75"), ("target", "4202.00", None)]


def traded(folder: Path, fill_model: str) -> Played:
    """One run at a gateway that fills by this model."""
    tape = lesson().write(folder / "lesson.parquet", contract="ESM2023")

    async def trade() -> Played:
        async with gateway(tapes=(str(tape),), speed="max", fill_model=fill_model) as far:
            bot = read_bot(shipped("config/bot.toml"), ["adapter=ib", f"adapters.ib.port={far.port}"])
            bot = replace(bot, value=bot.value.model_copy(update={"calendar": "none"}))
            specs = [read_strategy("lesson-es.toml", instruments=bot.path.parent)]
            asked = Asked(bot, specs, f"sqlite:///{folder / 'live.db'}", "process")
            async with Run(asked) as run:
                return Played(await run.trade(), asked.journal)

    return asyncio.run(trade())


def replayed(folder: Path) -> Played:
    return play(folder, lesson(), "lesson-es.toml", contract="ESM2023")


def told(rows: list[dict[str, Any]], *keys: str) -> list[tuple[Any, ...]]:
    return [tuple(row[key] for key in keys) for row in rows]


def planned(played: Played) -> list[tuple[Any, ...]]:
    return told(played.orders, "role", "price", "stop_price")


TRIP = (
    *("side", "quantity", "entry_ns", "exit_ns", "entry_price", "exit_price", "ticks", "gross", "net", "r"),
    *("mae_ticks", "mfe_ticks", "exit_reason", "strategy", "contract"),
)
SEEN = ("ts_ns", "known_ns", "kind", "side", "price", "outcome")
"""Not the evidence: the wire does not say who caused a print, so that live has to infer what the tape knows."""


def test_the_lessons_trade_over_the_wire_is_the_one_of_the_replay(tmp_path: Path) -> None:
    live, replay = traded(tmp_path, "queue"), replayed(tmp_path)
    assert planned(live) == planned(replay) == PLANNED
    assert told(live.round_trips, *TRIP) == told(replay.round_trips, *TRIP)
    assert [trip["exit_reason"] for trip in live.round_trips] == ["target"]
    assert told(live.signals, *SEEN) == told(replay.signals, *SEEN)
    assert live.outcome.ended == "market"


def test_the_papers_own_simulator_does_not_fill_it_and_the_difference_has_a_name(tmp_path: Path) -> None:
    live, replay = traded(tmp_path, "ib-paper"), replayed(tmp_path)
    assert planned(live) == PLANNED
    assert (live.fills, live.round_trips) == ([], [])
    assert "ttl" in live.words_of(live.orders[0]["id"])
    assert told(live.signals, *SEEN) == told(replay.signals, *SEEN)
    with reading(place(live.url)) as one, reading(place(replay.url)) as other:
        found = differences(one, one.choose(live.outcome.run)[0], other, other.choose(replay.outcome.run)[0])
    assert "fill-model" in {difference["kind"] for difference in found}


@pytest.mark.parametrize("model", ["queue", "ib-paper"])
def test_no_order_is_left_without_an_end(tmp_path: Path, model: str) -> None:
    live = traded(tmp_path, model)
    assert {order["state"] for order in live.orders} <= {"filled", "cancelled"}
