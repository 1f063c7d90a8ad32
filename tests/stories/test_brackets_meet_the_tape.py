"""A drill enters at the second closed one-second bar; what the tape does then is told here, and the journal says it.

The drill buys at the bid (4200.50, its first side is long), stop 3 ticks below at 4199.75, target 6 above at 4202.00.
"""

from pathlib import Path

import pytest

from tests.playing import Played, allowing, play, strategy
from tests.tapes import Tape

DRILL = """
name = "drill-test"
strategy = "drill"
instrument = "ES"
timeframe = "1s"
time_stop = "10m"

[params]
every = 2

[bracket]
stop_ticks = 3
target_ticks = 6
contracts = {contracts}

[entry]
ttl = "2m"
offset_ticks = -1

[hours]
session = "any"
"""


def entering() -> Tape:
    """Two closed bars; the entry works from the next row on."""
    tape = Tape(start="2026-05-27 10:00").quote("4200.50", "4200.75", 40, 60)
    return tape.bought(1, "4200.75").wait(1).bought(1, "4200.75").wait(1).wait(1)


def trade(folder: Path, tape: Tape, *, contracts: int = 1) -> Played:
    spec = strategy(folder, DRILL.format(contracts=contracts))
    config = allowing(folder, contracts) if contracts > 1 else None
    return play(folder, tape, spec, sets=["replay.latency_ms=0"], config=config)


def test_the_stop_is_hit_first(tmp_path: Path) -> None:
    tape = entering().sold(41, "4200.50").quote("4199.75", "4200.00").sold(1, "4199.75").wait(1)
    (trip,) = trade(tmp_path, tape).round_trips
    assert (trip["exit_reason"], trip["entry_price"], trip["exit_price"]) == ("stop", "4200.50", "4199.50")
    assert (trip["ticks"], trip["r_planned"]) == (-4, 2)
    assert trip["r"] == pytest.approx(-4 / 3)


def test_price_gaps_through_the_stop(tmp_path: Path) -> None:
    tape = entering().sold(41, "4200.50").sold(5, "4195.00").wait(1)
    (trip,) = trade(tmp_path, tape).round_trips
    assert (trip["exit_reason"], trip["exit_price"], trip["slippage_ticks"]) == ("stop", "4194.75", 20)


def test_stop_and_target_lie_inside_one_jump_and_the_stop_wins(tmp_path: Path) -> None:
    tape = entering().sold(41, "4200.50")
    tape.step = 0
    tape.wait(1)
    tape.bought(1, "4202.25").sold(1, "4199.75")
    tape.step = 1_000_000
    played = trade(tmp_path, tape.wait(1))
    (trip,) = played.round_trips
    assert trip["exit_reason"] == "stop"
    target = next(order for order in played.orders if order["role"] == "target")
    assert "the stop wins" in played.words_of(target["id"])


def test_the_target_is_reached(tmp_path: Path) -> None:
    played = trade(tmp_path, entering().sold(41, "4200.50").bought(1, "4202.25").wait(1))
    (trip,) = played.round_trips
    assert (trip["exit_reason"], trip["ticks"], trip["r"], trip["mfe_ticks"]) == ("target", 6, 2, 6)
    assert [(one["role"], one["state"]) for one in played.orders[:3]] == [
        ("entry", "filled"),
        ("stop", "cancelled"),
        ("target", "filled"),
    ]


def test_a_limit_that_never_fills_is_cancelled_when_its_time_is_up(tmp_path: Path) -> None:
    tape = entering().wait(60).wait(61).wait(5)
    played = trade(tmp_path, tape)
    assert played.round_trips == []
    assert {one["state"] for one in played.orders[:3]} == {"cancelled"}


def test_m29_a_position_leaves_at_market_when_its_time_is_up(tmp_path: Path) -> None:
    tape = entering().sold(41, "4200.50").wait(601).wait(1)
    (trip,) = trade(tmp_path, tape).round_trips
    assert (trip["exit_reason"], trip["exit_price"]) == ("time", "4200.25")


def test_a_position_at_the_end_of_the_tape_leaves_at_the_last_quote(tmp_path: Path) -> None:
    (trip,) = trade(tmp_path, entering().sold(41, "4200.50").wait(5)).round_trips
    assert (trip["exit_reason"], trip["exit_price"]) == ("tape-end", "4200.50")


def test_a_partial_fill_keeps_its_stop_for_what_it_holds(tmp_path: Path) -> None:
    tape = entering().sold(42, "4200.50").quote("4199.75", "4200.00").wait(1).quote("4199.50", "4199.75")
    played = trade(tmp_path, tape.sold(9, "4199.50").wait(1), contracts=5)
    assert [(one["role"], one["quantity"]) for one in played.fills] == [("entry", 2), ("entry", 3), ("stop", 5)]
    assert sum(trip["quantity"] for trip in played.round_trips) == 5


def test_an_exit_of_a_half_filled_entry_ends_the_rest_of_the_entry(tmp_path: Path) -> None:
    tape = entering().sold(42, "4200.50").bought(1, "4202.25").wait(1).sold(9, "4200.50").wait(1)
    played = trade(tmp_path, tape, contracts=5)
    assert [(one["role"], one["quantity"]) for one in played.fills] == [("entry", 2), ("target", 2)]
    entry = next(one for one in played.orders if one["role"] == "entry")
    assert entry["state"] == "cancelled"
