"""Sessions around every awkward date: clock changes, Thanksgiving, Good Friday, half days, Sundays, years long past."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from bot import resources, sessions
from bot.domain.market import Days
from bot.errors import ConfigError
from bot.sessions import day_at, days, in_session

NEW_YORK = ZoneInfo("America/New_York")
ES = "CME Globex Equity"


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()) * 10**9


def clock(stamp: int) -> str:
    return f"{datetime.fromtimestamp(stamp // 10**9, UTC).astimezone(NEW_YORK):%a %m-%d %H:%M}"


def asked(first: str, last: str | None = None, calendar: str = ES, **more: object) -> Days:
    hours = {"zone": "America/New_York", "regular_open": "09:30", "regular_close": "16:00", **more}
    return days(calendar, first_ns=ns(first), last_ns=ns(last or first), **hours)  # type: ignore[arg-type]


def on(found: Days, date: int) -> dict[str, str]:
    (row,) = found[found["date"] == date]
    return {name: clock(row[name]) for name in ("open", "close", "anchor", "anchor_close")}


@pytest.mark.parametrize(
    ("calendar", "date", "expected"),
    [
        (ES, 20261123, ("Sun 11-22 18:00", "Mon 11-23 17:00", "Mon 11-23 09:30", "Mon 11-23 16:00")),
        (ES, 20261126, ("Wed 11-25 18:00", "Thu 11-26 13:00", "Thu 11-26 09:30", "Thu 11-26 13:00")),  # Thanksgiving
        (ES, 20261127, ("Thu 11-26 18:00", "Fri 11-27 13:15", "Fri 11-27 09:30", "Fri 11-27 13:15")),
        (
            ES,
            20260403,
            ("Thu 04-02 18:00", "Fri 04-03 09:15", "Fri 04-03 09:15", "Fri 04-03 09:15"),
        ),  # Good Friday
        (ES, 20130102, ("Tue 01-01 18:00", "Wed 01-02 17:00", "Wed 01-02 09:30", "Wed 01-02 16:00")),
        ("NYSE", 20131129, ("Fri 11-29 04:00", "Fri 11-29 17:00", "Fri 11-29 09:30", "Fri 11-29 13:00")),
        ("NYSE", 20120621, ("Thu 06-21 04:00", "Thu 06-21 20:00", "Thu 06-21 09:30", "Thu 06-21 16:00")),
        ("XNYS", 20261224, ("Thu 12-24 09:30", "Thu 12-24 13:00", "Thu 12-24 09:30", "Thu 12-24 13:00")),
    ],
)
def test_hours_of_a_day(calendar: str, date: int, expected: tuple[str, ...]) -> None:
    text = str(date)
    found = asked(f"{text[:4]}-{text[4:6]}-{text[6:]} 10:00", calendar=calendar)
    assert tuple(on(found, date).values()) == expected


def test_good_friday_without_news_is_closed_for_crude() -> None:
    found = asked("2026-04-03 10:00", calendar="CMEGlobex_Crude")
    assert 20260403 not in found["date"]
    assert not in_session(found, ns("2026-04-03 10:00"))


def test_a_clock_change_keeps_new_york_hours() -> None:
    found = asked("2026-10-29 10:00", "2026-11-04 10:00")
    hours = (found["close"] - found["open"]) / 3.6e12
    assert set(hours.tolist()) == {23.0}  # the Sunday evening after the change opens at 18:00 again
    assert on(found, 20261030)["anchor"] == "Fri 10-30 09:30"
    assert on(found, 20261102)["anchor"] == "Mon 11-02 09:30"
    assert (
        found[found["date"] == 20261102]["anchor"][0] - found[found["date"] == 20261030]["anchor"][0]
        == 73 * 36 * 10**11
    )


def test_what_was_asked_is_covered_with_a_session_on_each_side() -> None:
    for first, last in (("2026-11-22 17:59", "2026-11-22 18:00"), ("2012-12-31 10:00", "2013-01-02 10:00")):
        found = asked(first, last)
        assert found["close"][0] <= ns(first) or found["close"][1] <= ns(first) or found["open"][1] <= ns(first)
        assert found["open"][-1] > ns(last)
        assert day_at(found, ns(first)) >= 1


def test_five_years_ascend_and_never_overlap() -> None:
    for calendar in (ES, "CMEGlobex_Gold", "NYSE"):
        found = asked("2011-06-01 10:00", "2016-06-01 10:00", calendar)
        assert np.all(found["open"] < found["close"])
        assert np.all(found["close"][:-1] <= found["open"][1:])
        assert np.all(np.diff(found["date"]) > 0)
        assert np.all((found["open"] <= found["anchor"]) & (found["anchor"] <= found["anchor_close"]))
        assert np.all(found["anchor_close"] <= found["close"])
        assert len(found) > 1250


@pytest.mark.parametrize(
    ("at", "inside", "date"),
    [
        ("2026-11-24 16:59:59", True, 20261124),
        ("2026-11-24 17:00:00", False, 20261124),
        ("2026-11-24 18:00:00", True, 20261125),
        ("2026-11-28 12:00:00", False, 20261127),
    ],
)
def test_a_session_is_half_open(at: str, inside: bool, date: int) -> None:
    found = asked("2026-11-23 10:00", "2026-11-30 10:00")
    assert in_session(found, ns(at)) is inside
    assert found[day_at(found, ns(at))]["date"] == date


def test_before_the_first_session_there_is_no_day() -> None:
    assert day_at(asked("2026-11-24 10:00"), ns("2026-01-01 00:00")) == -1
    assert not in_session(asked("2026-11-24 10:00"), ns("2026-01-01 00:00"))


def test_an_override_of_a_range_moves_ordinary_closes_only() -> None:
    table = {"from": "2012-11-19", "until": "2015-09-18", "close": "17:15"}
    found = asked("2013-11-20 10:00", "2013-12-03 10:00", overrides=[table])
    assert on(found, 20131120)["close"] == "Wed 11-20 17:15"
    assert on(found, 20131128)["close"] == "Thu 11-28 11:30"
    assert on(found, 20131129)["close"] == "Fri 11-29 13:15"


def test_an_override_of_one_day_sets_that_day() -> None:
    table = {"from": "2026-12-24", "until": "2026-12-24", "close": "13:00"}
    found = asked("2026-12-23 10:00", "2026-12-28 10:00", overrides=[table])
    assert on(found, 20261224)["close"] == on(found, 20261224)["anchor_close"] == "Thu 12-24 13:00"


def test_an_override_can_add_a_session_that_the_library_lacks() -> None:
    table = {"from": "2026-04-03", "until": "2026-04-03", "open": "18:00", "close": "09:15"}
    found = asked("2026-04-02 10:00", "2026-04-06 10:00", calendar="CMEGlobex_Gold", overrides=[table])
    assert on(found, 20260403)["open"] == "Thu 04-02 18:00"


def test_the_order_of_overrides_changes_nothing() -> None:
    # a session on Sunday that the library lacks, which begins when Monday's would, and Monday's after it
    added = {"from": "2026-01-04", "until": "2026-01-04", "open": "18:00", "close": "19:01"}
    moved = {"from": "2026-01-05", "until": "2026-01-05", "open": "19:02", "close": "17:00"}
    one, other = (
        asked("2026-01-04 18:30", "2026-01-04 20:00", overrides=tables) for tables in ((added, moved), (moved, added))
    )
    assert one.tolist() == other.tolist()
    assert (on(one, 20260104)["close"], on(one, 20260105)["open"]) == ("Sun 01-04 19:01", "Sun 01-04 19:02")


@pytest.mark.parametrize(
    "table",
    [
        {"from": "2026-12-24", "until": "2026-12-23", "close": "13:00"},
        {"from": "2026-12-24", "until": "2026-12-24"},
        {"from": "2026-12-24", "until": "2026-12-24", "close": "1300"},
        {"until": "2026-12-24", "close": "13:00"},
        {"from": "2026-12-24", "until": "2026-12-24", "closes": "13:00"},
    ],
)
def test_an_override_that_says_nothing_clear_is_refused(table: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="hours override"):
        asked("2026-12-23 10:00", overrides=[table])


def test_an_unknown_calendar_is_refused_with_near_names() -> None:
    with pytest.raises(ConfigError) as caught:
        asked("2026-11-24 10:00", calendar="CMEGlobex_Crud")
    assert "CMEGlobex_Crude" in caught.value.allowed


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ConfigError, match="US-Eastern"):
        asked("2026-11-24 10:00", zone="US-Eastern")


def test_a_damaged_cache_is_written_anew(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(resources, "cache_folder", lambda: tmp_path)
    sessions._year.cache_clear()
    expected = asked("2026-11-24 10:00")
    path = sessions._cache_path(ES, 2026)
    path.write_text(path.read_text()[:100])
    sessions._year.cache_clear()
    assert np.array_equal(asked("2026-11-24 10:00"), expected)
    assert len(json.loads(path.read_text())) > 250
    sessions._year.cache_clear()


def test_the_warm_path_imports_neither_pandas_nor_the_library() -> None:
    asked("2026-11-24 10:00")
    code = (
        "import sys; from bot.sessions import days; "
        "days('CME Globex Equity', zone='America/New_York', regular_open='09:30', regular_close='16:00',"
        f" first_ns={ns('2026-11-24 10:00')}, last_ns={ns('2026-11-24 10:00')}); "
        "print([name for name in ('pandas', 'pandas_market_calendars', 'numba', 'pyarrow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
