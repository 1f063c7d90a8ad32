"""What stood alone: how often, how long, how much, and what the market did to it meanwhile."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from bot.review.legs import Open, leg_risk

SECOND = 10**9
MIDDLES = {0: 100, 2 * SECOND: 104, 3 * SECOND: 103, 5 * SECOND: 90}


def middle(ts: int) -> Fraction | None:
    return Fraction(MIDDLES[ts]) if ts in MIDDLES else None


def told(*rows: tuple[int, int]) -> list[Open]:
    return [Open(ts * SECOND, Fraction(units)) for ts, units in rows]


def test_a_leg_gains_and_loses_with_the_market_while_it_stands_alone() -> None:
    """Two long over +4 ticks, one long over −1: seven ticks; then nothing, whatever the market does."""
    found = leg_risk(told((0, 2), (2, 1), (3, 0), (5, 0)), middle, Decimal("12.50"))
    assert found == {"legs": 1, "seconds": 3.0, "most": 2, "open": 0, "money": "87.50"}


def test_what_still_stands_alone_at_the_end_is_said_and_a_middle_that_nobody_knows_moves_nothing() -> None:
    found = leg_risk(told((0, -1), (1, 0), (2, -1)), middle, Decimal("12.50"))
    assert found == {"legs": 2, "seconds": 1.0, "most": 1, "open": -1, "money": "0.00"}


def test_nothing_is_nothing() -> None:
    assert leg_risk([], middle, Decimal(1)) == {"legs": 0, "seconds": 0.0, "most": 0, "open": 0, "money": "0.00"}


@given(units=st.lists(st.integers(-3, 3), max_size=6), more=st.integers(0, 4))
def test_saying_the_same_again_changes_nothing(units: list[int], more: int) -> None:
    rows = told(*enumerate(units))
    again = [*rows]
    if len(rows) > 1:
        at = more % (len(rows) - 1)
        again.insert(at + 1, Open(rows[at].ts + SECOND // 2, rows[at].units))

    def rising(ts: int) -> Fraction:
        return Fraction(ts, SECOND) ** 2

    assert leg_risk(again, rising, Decimal("12.50")) == leg_risk(rows, rising, Decimal("12.50"))
