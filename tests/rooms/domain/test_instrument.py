"""Prices meet the tick grid here and nowhere else: exactly, or rounded towards protection."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.instrument import Instrument, OffGrid

ES = Instrument("ES", Decimal("0.25"), Decimal("12.50"))
CL = Instrument("CL", Decimal("0.01"), Decimal("10"))
PRICES = st.decimals("-100", "100", places=4)
SIDES = st.sampled_from([1, -1])


@given(ticks=st.integers(-100_000, 100_000), one=st.sampled_from([ES, CL]))
def test_a_price_on_the_grid_comes_back_as_it_was(ticks: int, one: Instrument) -> None:
    assert one.to_ticks(one.to_price(ticks)) == ticks
    assert one.to_ticks(one.text(ticks)) == ticks


def test_a_price_off_the_grid_is_refused_with_its_two_neighbours() -> None:
    with pytest.raises(OffGrid) as refused:
        ES.to_ticks("4200.30")
    assert refused.value.allowed == "4200.25 or 4200.50"


def test_oil_has_traded_below_zero() -> None:
    assert CL.to_ticks("-37.63") == -3763


@given(price=PRICES, side=SIDES)
def test_a_stop_is_rounded_towards_protection_and_by_less_than_a_tick(price: Decimal, side: int) -> None:
    moved = side * (ES.to_price(ES.stop_ticks(side, price)) - price)
    assert 0 <= moved < ES.tick


@given(price=PRICES, side=SIDES)
def test_an_entry_never_pays_more_and_a_target_is_never_harder_to_reach(price: Decimal, side: int) -> None:
    assert 0 <= side * (price - ES.to_price(ES.entry_ticks(side, price))) < ES.tick
    assert 0 <= side * (price - ES.to_price(ES.target_ticks(side, price))) < ES.tick


def test_money_is_ticks_times_their_value() -> None:
    assert ES.money(6, 2) == Decimal("150.00")
