"""How the market stood before each second: however the tape is cut, never later than it was told, nothing of a halt."""

import asyncio
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.replay.market import ReplayMarket
from adapters.replay.seconds import SECOND_NS, STALE_NS, standing
from bot.config import instrument
from bot.domain.what_if import Standing
from bot.tape import open_tape
from tests.laws.markets import market
from tests.tapes import Tape, ns


def stood(tape: Tape, folder: Path, batch: int = 65_536, also: tuple[int, ...] = ()) -> Standing:
    path = tape.write(folder / f"{batch}.parquet", contract="ES")
    with open_tape(path) as reader:
        told = ReplayMarket([reader], [instrument("ES")], batch)
        return asyncio.run(standing(told, {"ES": also}))["ES"]


def rows(one: Standing) -> list[tuple[int, ...]]:
    return list(zip(one.ts.tolist(), one.bid.tolist(), one.ask.tolist(), strict=True))


def test_the_newest_quote_before_each_second_and_each_stamp_beside(tmp_path: Path) -> None:
    tape = Tape(start="2026-05-27 10:00:00.400").quote("4200.25", "4200.50")
    begin = ns("2026-05-27 10:00")
    tape.now = begin + 2 * SECOND_NS  # a quote on the very second holds from the next one on
    tape.quote("4200.50", "4200.75")
    tape.now = begin + 3 * SECOND_NS + 1
    tape.quote("4201.00", "4201.25")
    found = stood(tape, tmp_path, also=(begin + SECOND_NS // 2,))
    assert [((ts - begin) / SECOND_NS, bid, ask) for ts, bid, ask in rows(found)] == [
        (0.5, 16_801, 16_802),
        (1, 16_801, 16_802),
        (2, 16_801, 16_802),
        (3, 16_802, 16_803),
    ]


def test_silence_and_halts_are_left_out(tmp_path: Path) -> None:
    tape = Tape(start="2026-05-27 10:00").quote("4200.25", "4200.50").wait(100)
    tape.halt().wait(10).resume().wait(5)
    begin = ns("2026-05-27 10:00")
    at = [(ts - begin) // SECOND_NS for ts in stood(tape, tmp_path).ts.tolist()]
    assert max(second for second in at if second < 100) == STALE_NS // SECOND_NS
    assert not {*range(101, 110)} & set(at)
    assert {113, 114} <= set(at)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 999), batch=st.integers(1, 300))
def test_however_it_is_cut(tmp_path: Path, seed: int, batch: int) -> None:
    tape = market(seed)
    also = tuple(np.linspace(ns("2026-05-27 10:00"), tape.now, 17).astype(int).tolist())
    assert rows(stood(tape, tmp_path, batch, also)) == rows(stood(tape, tmp_path, also=also))
