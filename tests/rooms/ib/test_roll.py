"""Which contract is traded on which day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ib.roll import Candidate, Expired, choose

Z6 = Candidate("ESZ2026", date(2026, 12, 18))
H7 = Candidate("ESH2027", date(2027, 3, 19))
M7 = Candidate("ESM2027", date(2027, 6, 17))  # the third Friday is a holiday: the date is the broker's
LISTED = (H7, Z6, M7)


def on(day: str, rule: str = "8d", **more: object) -> str:
    return choose(LISTED, rule, date.fromisoformat(day), **more).candidate.contract  # type: ignore[arg-type]


def notes(day: str, rule: str = "8d", **more: object) -> tuple[str, ...]:
    return choose(LISTED, rule, date.fromisoformat(day), **more).notes  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "contract"),
    [("2026-12-09", "ESZ2026"), ("2026-12-10", "ESH2027"), ("2027-03-10", "ESH2027"), ("2027-03-11", "ESM2027")],
)
def test_eight_days_before_the_last_trading_day_the_next_contract_is_traded(day: str, contract: str) -> None:
    assert on(day) == contract


def test_the_roll_is_announced_three_days_ahead() -> None:
    assert notes("2026-12-06") == ()
    assert notes("2026-12-07") == ("ESZ2026 rolls in 3 days: from 2026-12-10 on no entry is sent in it",)
    assert "in 1 day:" in notes("2026-12-09")[0]


def test_the_more_active_of_the_nearest_two_is_traded() -> None:
    assert on("2026-12-12", "volume", volumes={"ESZ2026": 2_000, "ESH2027": 1_000}) == "ESZ2026"
    assert on("2026-12-08", "volume", volumes={"ESZ2026": 284_376, "ESH2027": 2_261_640}) == "ESH2027"


def test_the_last_two_days_belong_to_the_next_contract_whatever_is_traded() -> None:
    assert on("2026-12-16", "volume", volumes={"ESZ2026": 9, "ESH2027": 1}) == "ESH2027"


def test_without_volumes_days_stand_in_and_it_is_told() -> None:
    assert on("2026-12-10", "volume") == "ESH2027"
    assert "stands in" in notes("2026-12-01", "volume")[0]


def test_a_date_is_the_first_day_of_the_next_contract() -> None:
    assert on("2026-12-13", "2026-12-14") == "ESZ2026"
    assert on("2026-12-14", "2026-12-14") == "ESH2027"


def test_a_date_of_a_contract_long_gone_counts_for_nothing() -> None:
    assert on("2026-11-20", "2026-09-10") == "ESZ2026"
    assert "belongs to none" in notes("2026-11-20", "2026-09-10")[0]
    assert on("2026-12-10", "2026-09-10") == "ESH2027"


def test_what_is_held_is_kept_while_it_trades() -> None:
    chosen = choose(LISTED, "8d", date(2026, 12, 15), held="ESZ2026")
    assert chosen.candidate is Z6
    assert chosen.rolls == date(2026, 12, 10)
    assert "should have been left on 2026-12-10" in chosen.notes[0]


def test_what_is_held_and_trades_no_more_is_refused_in_words() -> None:
    with pytest.raises(Expired, match="ESZ2026, which stopped trading on 2026-12-18"):
        choose(LISTED, "8d", date(2026, 12, 19), held="ESZ2026")
    with pytest.raises(Expired, match="ESU2026, which is not among"):
        choose(LISTED, "8d", date(2026, 12, 1), held="ESU2026")


def test_nothing_listed_is_refused() -> None:
    with pytest.raises(Expired, match="no contract is listed"):
        choose((), "8d", date(2026, 12, 1))
    with pytest.raises(Expired, match="ESZ2026 stopped trading"):
        choose((Z6,), "8d", date(2026, 12, 19))


@given(st.integers(0, 200), st.sampled_from(["0d", "2d", "8d", "31d", "volume", "2026-12-11", "2027-03-12"]))
def test_a_day_later_is_never_an_earlier_contract(days: int, rule: str) -> None:
    today = date(2026, 11, 1) + timedelta(days)
    first, second = (choose(LISTED, rule, day).candidate for day in (today, today + timedelta(1)))
    assert first.last <= second.last
    assert first.last >= today
