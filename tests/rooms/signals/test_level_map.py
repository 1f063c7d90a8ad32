"""The stop-cluster map: what a price is worth as a level, by hand; and that no level is known before its time."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.market import DAY, Days, Ticks
from bot.kernel import kernel
from bot.signals import level_map
from bot.signals.level_map import CLOSE, DAY_LOW, MAJOR, MINOR, NIGHT, NOWHERE, OPENING, PRIOR, SWING, WINDOW

MINUTE, HOUR = 60_000_000_000, 3_600_000_000_000
NOW = 500_000 * HOUR


@kernel
def strength_of(maps: Ticks, k: int, x: int, ts: int) -> float:
    return level_map.strength(maps[0], k, x, ts)


@kernel
def minute(maps: Ticks, low: int, high: int, ts: int) -> None:
    """A minute that ends at `ts` went from `low` to `high`."""
    m = maps[0]
    if low <= high:
        m.sides[0].low, m.sides[1].low, m.last = low, 0 - high, low
    level_map.second(m, ts)


@kernel
def begin_day(maps: Ticks, days: Days, regular: bool) -> None:
    if regular:
        level_map.regular_hours(maps[0], days[0], days[0].anchor)
    else:
        level_map.new_session(maps[0], days[0].open)


def empty(minor: int = 20, major: int = 100) -> Ticks:
    maps = np.zeros(1, level_map.STATE)
    level_map.prepare(maps, MINUTE, MINUTE, 30 * MINUTE)
    maps["minor"], maps["major"] = minor, major
    return maps


def known(*levels: tuple[int, int, float, int]) -> Ticks:
    """A map with levels (kind, price, age in hours, touches) on the long side."""
    maps = empty()
    for slot, (kind, price, age, touches) in enumerate(levels):
        row = maps["sides"][0, 0]["touched" if kind in (MINOR, MAJOR) else "levels"][slot]
        row["price"], row["kind"], row["born"], row["touches"] = price, kind, NOW - int(age * HOUR), touches
    return maps


# 16810 lies midway between a major round number and a minor one, ten ticks off each: (0.7 + 0.3) · e^−5.
MIDWAY = 0.0067379
AT_MINOR = 0.3 * math.exp(-10)
HAND = [
    # levels, where, S
    ([], 16810, MIDWAY),
    ([], 16820, 0.3 + AT_MINOR),
    ([], 16800, 0.7 + AT_MINOR),
    ([], 16802, 0.7 * 0.3678794 + 0.3 * math.exp(-9)),
    ([(MAJOR, 16800, 0.0, 2)], 16800, 0.7 * 1.5 + AT_MINOR),
    ([(PRIOR, 16810, 0.0, 0)], 16810, 1.0 + MIDWAY),
    ([(PRIOR, 16810, 6.0, 0)], 16810, 0.3678794 + MIDWAY),
    ([(NIGHT, 16810, 3.0, 1)], 16812, 0.8 * 0.3678794 * 0.6065307 * 1.25 + 0.3 * math.exp(-4) + 0.7 * math.exp(-6)),
    ([(SWING, 16810, 0.0, 9)], 16810, 0.7 * 2.0 + MIDWAY),
    (
        [(DAY_LOW, 16810, 0.0, 0), (SWING, 16810, 0.0, 0), (OPENING, 16812, 0.0, 0)],
        16810,
        1.0 + 0.7 + 0.6 * 0.3678794 + MIDWAY,
    ),
    ([(WINDOW, 16811, 12.0, 3), (CLOSE, 16809, 0.0, 0)], 16810, 0.6065307 * (0.6 * 0.1353353 * 1.75 + 0.5) + MIDWAY),
]


@pytest.mark.parametrize(("levels", "x", "s"), HAND)
def test_m15_the_strength_of_a_price_is_what_the_hand_computes(
    levels: list[tuple[int, int, float, int]], x: int, s: float
) -> None:
    assert strength_of(known(*levels), 0, x, NOW) == pytest.approx(s, rel=1e-5)


def test_m15_no_swing_is_known_before_the_fifth_bar_after_it_has_closed() -> None:
    maps = empty()
    minute(maps, 1, 0, NOW)
    for k, low in enumerate([9, 8, 7, 6, 5, 3, 5, 6, 7, 8, 9, 9], 1):
        minute(maps, 16800 + low, 16815, NOW + k * MINUTE)
        # The sixth bar is the low one.
        assert (SWING in kinds_of(maps)) == (k >= 6 + 5), k


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=12, max_size=40))
def test_m15_the_swings_known_at_any_cut_are_those_of_the_bars_before_it(lows: list[int]) -> None:
    maps, seen = empty(), set()
    minute(maps, 1, 0, NOW)
    for k, low in enumerate(lows):
        minute(maps, 16800 + low, 16815, NOW + (k + 1) * MINUTE)
        past = lows[: k + 1]
        middle = k - 5
        if middle >= 5 and all(past[middle] < past[j] for j in range(middle - 5, middle + 6) if j != middle):
            seen.add(16800 + past[middle])
        seen = {price for price in seen if price <= 16800 + low}
        assert {int(level["price"]) for level in levels_of(maps) if level["kind"] == SWING} == seen


def test_yesterdays_extremes_the_night_and_the_opening_become_levels_when_they_are_over() -> None:
    maps = empty()
    days = np.array([(NOW, NOW + 23 * HOUR, NOW + 15 * HOUR, NOW + 22 * HOUR, 20260527)], DAY)
    begin_day(maps, days, False)
    minute(maps, 1, 0, NOW)
    minute(maps, 16791, 16805, NOW + MINUTE)
    begin_day(maps, days, True)
    assert kinds_of(maps) == {NIGHT: 16791}
    minute(maps, 1, 0, NOW + 15 * HOUR)
    for k in range(1, 7):
        minute(maps, 16803 - k, 16810 + k, NOW + 15 * HOUR + k * MINUTE)
        assert (OPENING in kinds_of(maps)) == (k >= 5)
    assert kinds_of(maps)[OPENING] == 16798
    assert kinds_of(maps)[DAY_LOW] == 16797
    assert kinds_of(maps, 1)[DAY_LOW] == -16816
    begin_day(maps, days, False)
    assert kinds_of(maps)[PRIOR] == 16797
    assert kinds_of(maps)[CLOSE] == 16797
    assert kinds_of(maps, 1)[PRIOR] == -16816
    assert not {DAY_LOW, NIGHT, OPENING} & set(kinds_of(maps))


def test_minutes_in_a_row_at_a_level_are_one_touch() -> None:
    maps = empty()
    minute(maps, 1, 0, NOW)
    for k, low in enumerate([10, 14, 11, 10, 15, 10, 14], 1):
        minute(maps, 16800 + low, 16830, NOW + k * MINUTE)
    [day] = [level for level in levels_of(maps) if level["kind"] == DAY_LOW]
    # By the third and the fourth, and again by the sixth.
    assert (day["price"], day["touches"], day["born"]) == (16810, 2, NOW + MINUTE)
    assert day["last_touch"] == NOW + 6 * MINUTE
    minute(maps, 16809, 16830, NOW + 8 * MINUTE)
    [day] = [level for level in levels_of(maps) if level["kind"] == DAY_LOW]
    assert (day["price"], day["touches"], day["born"]) == (16809, 0, NOW + 8 * MINUTE)


def levels_of(maps: Ticks, k: int = 0) -> Any:
    levels = maps["sides"][0, k]["levels"]
    return levels[levels["price"] != NOWHERE]


def kinds_of(maps: Ticks, k: int = 0) -> dict[int, int]:
    return {int(level["kind"]): int(level["price"]) for level in levels_of(maps, k)}
