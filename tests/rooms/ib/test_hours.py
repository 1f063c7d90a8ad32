"""The hours that IB tells, in both of its forms."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from adapters.ib.hours import intervals


def at(text: str, zone: str = "America/Chicago") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 10**9


def test_an_interval_may_begin_the_evening_before_and_a_closed_day_is_empty() -> None:
    text = "20261126:1700-20261127:1215;20261128:CLOSED;20261129:1700-20261130:1600"
    noon = at("2026-11-28 12:00")
    assert intervals(text, "US/Central") == (
        (at("2026-11-26 17:00"), at("2026-11-27 12:15")),
        (noon, noon),
        (at("2026-11-29 17:00"), at("2026-11-30 16:00")),
    )


def test_the_older_form_has_several_stretches_a_day() -> None:
    assert intervals("20171127:0000-1615,1630-2400", "CST") == (
        (at("2017-11-27 00:00"), at("2017-11-27 16:15")),
        (at("2017-11-27 16:30"), at("2017-11-28 00:00")),
    )


def test_an_abbreviated_zone_still_knows_of_summer() -> None:
    ((begin, _),) = intervals("20260706:0930-20260706:1600", "EST5EDT")
    assert begin == at("2026-07-06 09:30", "America/New_York")


@pytest.mark.parametrize(
    ("text", "zone"),
    [("20261127:0930", "US/Central"), ("20261127:0930-20261127:0900", "US/Central"), ("20261127:CLOSED", "Mars")],
)
def test_what_is_no_hours_is_told(text: str, zone: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        intervals(text, zone)


def test_nothing_told_is_nothing_known() -> None:
    assert intervals("", "US/Central") == ()
