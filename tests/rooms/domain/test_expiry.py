"""Last trading days, held against those that the exchanges published."""

from datetime import date

import pytest

from bot.domain.expiry import Expires, last_day_to_hold, last_trading_day


@pytest.mark.parametrize(
    ("contract", "expires", "day"),
    [
        ("ESH2024", "third-friday", date(2024, 3, 15)),
        ("ESZ2026", "third-friday", date(2026, 12, 18)),
        ("NQU26", "third-friday", date(2026, 9, 18)),
        ("CLF2024", "crude-oil", date(2023, 12, 19)),
        ("CLK2024", "crude-oil", date(2024, 4, 22)),
        ("CLN2022", "crude-oil", date(2022, 6, 21)),
        ("GCZ2023", "gold", date(2023, 12, 27)),
        ("GCG2024", "gold", date(2024, 2, 27)),
    ],
)
def test_the_last_trading_day_follows_from_the_contract(contract: str, expires: Expires, day: date) -> None:
    assert last_trading_day(contract, expires, date(2026, 1, 1)) == day


@pytest.mark.parametrize(
    ("near", "year"),
    [(date(2023, 12, 25), 2024), (date(2013, 10, 7), 2014), (date(2024, 3, 15), 2024), (date(2024, 6, 3), 2034)],
)
def test_a_year_of_one_digit_is_the_first_that_has_not_long_expired(near: date, year: int) -> None:
    found = last_trading_day("ESH4", "third-friday", near)
    assert found is not None
    assert found.year == year


@pytest.mark.parametrize(("contract", "expires"), [("ES", "third-friday"), ("SPY", ""), ("ESZ2026", ""), ("", "gold")])
def test_what_has_no_month_or_no_rule_does_not_expire(contract: str, expires: Expires) -> None:
    assert last_trading_day(contract, expires, date(2026, 1, 1)) is None


def test_gold_is_left_before_its_first_notice_and_the_others_by_their_last_day() -> None:
    near = date(2026, 12, 1)
    # First notice of February 2027 is Friday, 29 January.
    assert last_day_to_hold("GCG2027", "gold", near) == date(2027, 1, 28)
    assert last_day_to_hold("ESH2027", "third-friday", near) == date(2027, 3, 19)
    assert last_day_to_hold("SPY", "", near) is None
