"""Calendar and broker on an exchange's hours: the narrower holds, a difference is a sentence, a person beats both."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.config import instrument
from bot.domain.market import Days
from bot.sessions import narrowed, trading_days

NEW_YORK = ZoneInfo("America/New_York")
ES = instrument("ESZ2026")
FRIDAY = 20261127
"""After Thanksgiving: the calendar closes ES at 13:15, and others have said 13:00."""


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()) * 10**9


def span(begin: str, end: str) -> tuple[int, int]:
    return ns(begin), ns(end)


def week(**more: object) -> tuple[Days, list[str]]:
    return trading_days(ES, ns("2026-11-24 10:00"), ns("2026-12-01 10:00"), **more)  # type: ignore[arg-type]


def on(rows: Days, date: int) -> dict[str, str]:
    (row,) = rows[rows["date"] == date]
    at = {
        name: datetime.fromtimestamp(row[name] // 10**9, NEW_YORK) for name in rows.dtype.names or () if name != "date"
    }
    return {name: f"{stamp:%d %H:%M}" for name, stamp in at.items()}


def test_a_broker_who_says_nothing_changes_nothing() -> None:
    rows, told = week()
    assert on(rows, FRIDAY) == {
        "open": "26 18:00",
        "close": "27 13:15",
        "anchor": "27 09:30",
        "anchor_close": "27 13:15",
    }
    assert told == []


def test_the_brokers_earlier_close_ends_the_session() -> None:
    rows, told = week(liquid=[span("2026-11-27 09:30", "2026-11-27 13:00")])
    assert on(rows, FRIDAY) == {
        "open": "26 18:00",
        "close": "27 13:00",
        "anchor": "27 09:30",
        "anchor_close": "27 13:00",
    }
    assert told[0] == ("2026-11-27: ES's session closes at 13:15 by the calendar, at 13:00 by the broker; 13:00 holds")


def test_the_calendars_earlier_close_holds_too_and_is_told() -> None:
    rows, told = week(trading=[span("2026-11-26 18:00", "2026-11-27 14:00")])
    assert on(rows, FRIDAY)["close"] == "27 13:15"
    assert told == ["2026-11-27: ES's session closes at 13:15 by the calendar, at 14:00 by the broker; 13:15 holds"]


def test_the_usual_liquid_hours_leave_the_night_open() -> None:
    usual = [span("2026-11-24 09:30", "2026-11-24 16:00")]
    night = [span("2026-11-23 18:00", "2026-11-24 17:00")]
    assert week(liquid=usual, trading=night)[1] == []
    assert on(week(liquid=usual)[0], 20261124)["close"] == "24 17:00"


def test_a_day_closed_by_the_broker_is_no_day() -> None:
    rows, told = week(liquid=[(ns("2026-11-27 12:00"), ns("2026-11-27 12:00"))])
    assert FRIDAY not in rows["date"]
    assert told == ["2026-11-27: the calendar trades ES, the broker does not; it stays closed"]


def test_a_day_that_only_the_broker_trades_stays_closed_and_is_told() -> None:
    rows, told = week(trading=[span("2026-11-28 18:00", "2026-11-28 20:00")])
    assert 20261128 not in rows["date"]
    assert told == ["2026-11-28: the broker trades ES, the calendar does not; it stays closed"]


def test_a_person_beats_both() -> None:
    override = {"from": "2026-11-27", "until": "2026-11-27", "close": "13:10"}
    rows, told = week(told=[override], liquid=[span("2026-11-27 09:30", "2026-11-27 13:00")])
    assert on(rows, FRIDAY)["close"] == "27 13:10"
    assert told == []
    rows, told = week(told=[{"from": "2026-11-26", "until": "2026-11-27", "closed": True}])
    assert not {20261126, FRIDAY} & set(rows["date"].tolist())


minutes = st.integers(0, 48 * 60)


@given(st.lists(st.tuples(minutes, minutes), max_size=4), st.lists(st.tuples(minutes, minutes), max_size=4))
def test_nothing_is_ever_wider_than_the_calendar(liquid: list[tuple[int, int]], trading: list[tuple[int, int]]) -> None:
    def spans(told: list[tuple[int, int]]) -> list[tuple[int, int]]:
        midnight = datetime.fromisoformat("2026-11-26").replace(tzinfo=NEW_YORK)
        at = [sorted((midnight + timedelta(minutes=one)).timestamp() for one in two) for two in told]
        return [(int(begin) * 10**9, int(end) * 10**9) for begin, end in at]

    calendar = week()[0]
    rows, _ = narrowed(calendar, ES, liquid=spans(liquid), trading=spans(trading))
    for row in rows:
        (whole,) = calendar[calendar["date"] == row["date"]]
        assert whole["open"] <= row["open"] <= row["anchor"] <= row["anchor_close"] <= row["close"] <= whole["close"]
    assert np.isin(rows["date"], calendar["date"]).all()
