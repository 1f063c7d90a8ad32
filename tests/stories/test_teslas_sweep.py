"""Tesla at 145.00: stops run by seven ticks into somebody who took them all, price back within 18 seconds.

Goal: the journal tells entry, stop beyond 144.93 and target of that trade; beside it the twins that must not trade, and
why they did not. Method: the shipped tsla-sweep.toml on tapes that differ in one thing each.
"""

from pathlib import Path
from typing import Any

import pytest

from bot.journal import lists
from tests.playing import Played, play
from tests.tapes.tesla import absorbed, went_up

SECOND = 1_000_000_000


def traded(folder: Path, **told: Any) -> tuple[Played, int]:
    tape, t0 = absorbed(**told)
    return play(folder, went_up(tape), "tsla-sweep.toml"), t0


def at_support(played: Played, *names: str) -> list[tuple[str, float]]:
    """What was written of 145.00 from below, signals and candidates: kind, and one number of its evidence."""
    rows = [*played.signals, *played._list(lists.list_candidates)]
    here = [row for row in rows if row["price"] == "145.00" and row["side"] == "long"]
    return [(row["kind"], row["evidence"][names[0]] if names else 0) for row in here]


def test_m16_it_is_bought_with_the_stop_beyond_the_low_and_sold_where_much_was_traded(tmp_path: Path) -> None:
    played, t0 = traded(tmp_path)
    (trip,) = played.round_trips
    assert (trip["side"], trip["exit_reason"], trip["exit_price"]) == ("long", "target", "145.45")
    assert [(one["role"], one["price"], one["stop_price"]) for one in played.orders] == [
        ("entry", "145.08", None),
        ("stop", None, "144.92"),
        ("target", "145.45", None),
    ]
    # Confirmed a second after it was back, sent at once, there after 250 ms.
    assert trip["entry_ns"] == pytest.approx(t0 + 19.25 * SECOND, abs=0.02 * SECOND)
    assert trip["entry_price"] == "145.02"
    assert trip["ticks"] == 43
    (signal,) = [one for one in played.signals if one["kind"] == "sweep_absorption"]
    assert (signal["id"], signal["outcome"]) == (trip["signal_id"], "approved")
    seen = signal["evidence"]
    assert (seen["level"], seen["pen"], seen["extreme"], seen["absorbed"]) == (14500, 7, 14493, 14493)
    assert seen["reclaim_s"] == pytest.approx(18, abs=0.01)
    assert {one["kind"]: one["outcome"] for one in played.signals}["sweep"] == "unused"


@pytest.mark.parametrize(
    ("twin", "kind", "reason"),
    [
        ({"back_s": 76.0}, "break_no_reclaim", 1),
        ({"size": 20, "taken": 40}, "sweep_weak", 4),
        ({"lowest": 14448}, "break_no_reclaim", 2),
    ],
    ids=["back after 76 seconds", "no burst", "52 ticks deep"],
)
def test_m16_its_controls_trade_nothing_and_the_journal_says_why(
    tmp_path: Path, twin: dict[str, Any], kind: str, reason: int
) -> None:
    played, _ = traded(tmp_path, **twin)
    assert (played.orders, played.blocked, played.round_trips) == ([], [], [])
    assert at_support(played, "reason") == [(kind, reason)]


def test_a_sweep_that_nobody_absorbed_is_no_trade(tmp_path: Path) -> None:
    played, _ = traded(tmp_path, taken=0)
    assert (played.orders, played.blocked) == ([], [])
    assert at_support(played, "pen") == [("sweep", 7), ("sweep_bare", 7)]


def test_m17_in_a_trend_makers_are_takers_and_it_is_refused(tmp_path: Path) -> None:
    played, _ = traded(tmp_path, trend=True)
    assert played.orders == []
    (blocked,) = played.blocked
    (reason,) = blocked["reasons"]
    assert reason["rule"] == "G11"
    assert reason["facts"]["value"] >= reason["facts"]["threshold"] == 0.6
    assert ("sweep_absorption", 7) in at_support(played, "pen")


def test_a_stop_that_is_too_far_for_the_market_is_refused_with_its_arithmetic(tmp_path: Path) -> None:
    """Twenty ticks below 145.00 is beyond one and a half usual minutes of that day."""
    played, _ = traded(tmp_path, lowest=14470)
    (blocked,) = played.blocked
    (reason,) = blocked["reasons"]
    assert reason["rule"] == "STOP_RANGE"
    assert reason["facts"]["risk_ticks"] == 39
    assert reason["facts"]["longest"] < 39
