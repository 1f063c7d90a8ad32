"""Which contract a short name means on a tape that begins then."""

import pytest

from bot.tape.naming import full_contract
from tests.tapes import ns


@pytest.mark.parametrize(
    ("name", "day", "means"),
    [
        ("ESH4", "2023-12-25", "ESH2024"),
        ("ESH4", "2014-03-03", "ESH2014"),
        ("ESZ6", "2026-12-01", "ESZ2026"),
        ("CLF7", "2026-12-01", "CLF2027"),
        ("ESU26", "2026-08-03", "ESU2026"),
        ("ESU26", "2026-11-10", "ESU2026"),  # recorded after its end: a slip, and no contract of the next century
        ("ESZ99", "1999-11-10", "ESZ1999"),
        ("ESH00", "1999-12-10", "ESH2000"),
        ("ESH2024", "2026-11-10", "ESH2024"),
        ("SPY", "2026-11-10", "SPY"),
    ],
)
def test_the_year_of_a_short_name_is_the_nearest_that_can_be_meant(name: str, day: str, means: str) -> None:
    assert full_contract(name, ns(f"{day} 10:00")) == means
