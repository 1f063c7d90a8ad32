"""Law 9: at every row of the journal the fills add up to the position; at a tape's end to nothing."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.order import FillReport, Order
from bot.journal import Writer
from tests.laws.markets import drill, market
from tests.playing import Played, play

FILLED: list[int] = []


def faults(played: Played) -> list[str]:
    """What does not add up in a journal."""
    found, position, by_bracket = [], 0, defaultdict(int)
    of_order = {order["id"]: order["bracket_id"] for order in played.orders}
    for fill in played.fills:
        signed = fill["quantity"] if fill["side"] == "buy" else -fill["quantity"]
        position += signed
        by_bracket[of_order[fill["order_id"]]] += signed
        if abs(position) > 1:
            found.append(f"position {position} after {fill['exec_id']}")
    found += [f"bracket {name} ends with {units}" for name, units in by_bracket.items() if units]
    ticks = sum(trip["ticks"] * trip["quantity"] for trip in played.round_trips)
    if ticks != played.outcome.net_ticks:
        found.append(f"round trips make {ticks} ticks, the run says {played.outcome.net_ticks}")
    if len({fill["exec_id"] for fill in played.fills}) != len(played.fills):
        found.append("an execution is there twice")
    return found


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_fills_add_up_to_the_position_and_to_nothing_at_the_end(tmp_path: Path, seed: int) -> None:
    played = play(tmp_path, market(seed), drill(tmp_path))
    assert faults(played) == []
    FILLED.append(len(played.fills))


def test_what_was_tried_filled_a_lot() -> None:
    assert sum(FILLED) > 4 * len(FILLED), "markets in which nothing fills prove nothing"


def test_the_law_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: a journal that writes every stop with one unit more than was told."""
    write = Writer.fill

    def one_more(self: Writer, fill_id: str, fill: FillReport, order: Order, contract: str) -> None:
        write(self, fill_id, replace(fill, quantity=fill.quantity + (order.role == "stop")), order, contract)

    monkeypatch.setattr(Writer, "fill", one_more)
    assert any(faults(play(tmp_path, market(seed), drill(tmp_path))) for seed in range(5))
