"""Each shipped strategy trades what it was made for, and beside it stands the twin that it must leave alone.

Goal: the journal tells entry, stop, target and end, or why there was none. Method: the shipped files on tapes that
differ in one thing each. Tesla's has a story of its own; the lesson's and the default strategy's are the lesson and the
demo, and this is the default's twin.
"""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.journal import lists
from tests.playing import Played, play
from tests.tapes import lesson
from tests.tapes.phases import WIDTH, phase, quarter, range_of
from tests.tapes.pressing import START, apple

QUARTERS = [("CL", "CLN2026", "09:00", 6800), ("GC", "GCQ2026", "08:30", 16800)]


def pressed(folder: Path, **told: Any) -> Played:
    return play(folder, apple(**told), "aapl-15m-imbalance.toml")


def left(played: Played) -> dict[str, float]:
    """What became of the pressure that came to nothing: the reason's number and the depth, of the last one."""
    rows = [row for row in played._list(lists.list_candidates) if row["kind"] == "pullback_void"]
    return {name: rows[-1]["evidence"][name] for name in ("reason", "depth", "depth_max")} if rows else {}


def test_m13_apple_is_bought_at_the_first_shallow_pull_back_of_a_quarter_of_an_hour_at_the_ask(tmp_path: Path) -> None:
    played = pressed(tmp_path)
    top = START + 15 * 8 + 2
    (trip,) = played.round_trips
    assert (trip["side"], trip["exit_reason"], trip["ticks"]) == ("long", "target", 60)
    entry, stop, target = played.orders
    close = top - 9 + 4
    assert (entry["price"], stop["stop_price"], target["price"]) == tuple(
        f"{price / 100:.2f}" for price in (close + 1, top - 9 - 1, close + 61)
    )
    (signal,) = [one for one in played.signals if one["kind"] == "imbalance_pullback"]
    assert signal["outcome"] == "approved"
    assert signal["evidence"]["grade"] >= 75
    assert signal["evidence"]["window"] == 900
    assert (signal["evidence"]["depth"], signal["evidence"]["pulled_to"]) == (9 + 1, top - 9)


def test_m13_at_seventy_percent_there_is_no_pressure(tmp_path: Path) -> None:
    played = pressed(tmp_path, bought=7)
    assert (played.orders, played.blocked) == ([], [])
    assert {"imbalance_15m", "imbalance_pullback"}.isdisjoint(one["kind"] for one in played.signals)


@pytest.mark.parametrize(
    ("twin", "reason"),
    [({"back": 40}, 1), ({"waits": 16}, 2)],
    ids=["a deep step back", "a quarter of an hour too late"],
)
def test_its_twins_are_left_alone_and_the_journal_says_why(tmp_path: Path, twin: dict[str, Any], reason: int) -> None:
    played = pressed(tmp_path, **twin)
    assert (played.orders, played.blocked) == ([], [])
    assert left(played)["reason"] == reason


def ranged(
    folder: Path, product: str, contract: str, start: str, low: int, *, back: bool = True, **told: Any
) -> Played:
    """A phase of oil or gold, then on its way up with or without coming back to the edge."""
    tape, high = phase(range_of(product, f"2026-05-27 {start}"), low=low, **told), low + WIDTH
    if back:
        quarter(tape, (high + 6, high + 4, high + 1, high + 3, high + 8, high + 12), 30, 60)
    for k in range(4):
        quarter(tape, tuple(high + 12 + 4 * k + step for step in (0, 1, 2, 3, 3, 4)), 30, 60)
    return play(folder, tape, f"{product.lower()}-15m.toml", contract=contract)


@pytest.mark.parametrize(("product", "contract", "start", "low"), QUARTERS)
def test_what_was_accumulated_is_bought_where_it_left_its_range(
    tmp_path: Path, product: str, contract: str, start: str, low: int
) -> None:
    played = ranged(tmp_path, product, contract, start, low)
    (trip,) = played.round_trips
    entry, stop, target = played.orders
    tick, high = range_of(product, "2026-05-27").tick, low + WIDTH
    at = [int(Decimal(text) / tick) for text in (entry["price"], stop["stop_price"], target["price"])]
    assert at == [high + 2, high - 6, high + WIDTH]
    assert (trip["side"], trip["exit_reason"], trip["ticks"]) == ("long", "target", WIDTH - 2)
    assert [one["outcome"] for one in played.signals if one["kind"] == "accumulation"] == ["approved"]


@pytest.mark.parametrize(("product", "contract", "start", "low"), QUARTERS)
def test_a_range_that_nobody_leant_against_is_left_alone(
    tmp_path: Path, product: str, contract: str, start: str, low: int
) -> None:
    played = ranged(tmp_path, product, contract, start, low, sold=60, bought=60)
    assert (played.orders, played.blocked) == ([], [])
    assert "accumulation" not in {one["kind"] for one in played.signals}


def test_a_market_that_never_comes_back_is_let_go(tmp_path: Path) -> None:
    played = ranged(tmp_path, *QUARTERS[0], back=False)
    assert played.round_trips == []
    assert {one["state"] for one in played.orders} == {"cancelled"}
    assert "ttl" in played.words_of(played.orders[0]["id"])


def test_a_close_far_beyond_the_range_is_not_run_after(tmp_path: Path) -> None:
    played = ranged(tmp_path, *QUARTERS[0], beyond=14)
    (blocked,) = played.blocked
    (reason,) = blocked["reasons"]
    assert (reason["rule"], reason["facts"]["beyond_ticks"], reason["facts"]["range_ticks"]) == ("TOO_FAR_GONE", 14, 20)
    assert played.orders == []


def test_what_the_lesson_calls_an_absorption_is_none_for_the_default_strategy(tmp_path: Path) -> None:
    """Half an hour of 360 rows has not shown what a level takes, so nothing can be more than that."""
    played = play(tmp_path, lesson(), "es-open-absorption.toml", contract="ESM2023")
    assert (played.signals, played.blocked, played.orders) == ([], [], [])
