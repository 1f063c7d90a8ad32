"""Times of executions, however a gateway writes them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from adapters.ib.stamps import seconds_of, zone_of

AT = int(datetime(2026, 11, 23, 20, 30, tzinfo=UTC).timestamp())
CHICAGO = timezone(timedelta(hours=-6))


@pytest.mark.parametrize(
    "text",
    [
        "20261123 15:30:00 US/Eastern",
        "20261123 20:30:00 UTC",
        "20261123-20:30:00",
        "20261123  14:30:00",
        "20261123 14:30:00",
        "20261123 14:30:00 CST",
        "20261123 14:30:00 Central Standard Time",
        "20261123 14:30:00 ../etc",
        str(AT),
    ],
)
def test_a_time_is_read_in_the_zone_that_it_names_or_the_gateways_own(text: str):
    assert seconds_of(text, CHICAGO) == AT


@pytest.mark.parametrize("text", ["", "yesterday", "20261123 14:30", "20261332 14:30:00"])
def test_what_is_no_time_is_refused(text: str):
    with pytest.raises(ValueError):  # noqa: PT011  # the library's words for a month that is none
        seconds_of(text, CHICAGO)


@pytest.mark.parametrize(
    ("greeting", "hours"),
    [
        ("20261123 14:30:02 CST", -6),
        ("20261123 20:29:58 UTC", 0),
        ("20261124 02:00:00 India Standard Time", 5.5),
        ("20231225 14:30:00 anything", 0),
        ("now", 0),
    ],
)
def test_the_gateways_own_zone_is_what_its_greetings_time_is_off(greeting: str, hours: float):
    assert zone_of(greeting, AT).utcoffset(None) == timedelta(hours=hours)
