"""Where the target and the stop of a confluence come from: zones of the profile, the cluster under the level."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from bot.domain.market import ABSENT, EVENT
from bot.kernel import kernel
from bot.signals import cluster, zones
from bot.signals.footprint import BAR, CELL
from tests.rooms.signals.scanning import LESSON_DAYS, WEEK
from tests.tapes import ns

MINUTE_NS = 60_000_000_000


@kernel
def add(days: Any, states: Any, bars: Any, cells: Any) -> None:
    for k in range(bars.shape[0]):
        zones.begin(states[0], days, bars[k].start)
        zones.add(states[0], bars[k], cells)


@kernel
def zone(states: Any, side: int, start: int, least: int, smooth: bool) -> int:
    return zones.next_zone(states[0], side, start, least, smooth)


@kernel
def low_of(bars: Any, cells: Any, side: int, level: int) -> tuple[int, int]:
    return cluster.cluster_low(bars, bars.shape[0] - 1, cells, side, level)


@dataclass
class History:
    """Closed bars, told as price → (bought, sold)."""

    bars: list[Any] = field(default_factory=list)
    cells: list[Any] = field(default_factory=list)

    def bar(self, start: str, traded: dict[int, tuple[int, int]]) -> "History":
        one = np.zeros(1, BAR)
        one["timeframe"], one["start"] = MINUTE_NS, ns(start)
        one["end"] = one["start"] + MINUTE_NS
        one["open"] = one["close"] = one["low"] = min(traded)
        one["high"], one["cells_from"] = max(traded), len(self.cells)
        for price in sorted(traded):
            cell = np.zeros(1, CELL)
            cell["price"], cell["buy"], cell["sell"] = price, *traded[price]
            self.cells.append(cell)
        one["cells_to"] = len(self.cells)
        self.bars.append(one)
        return self

    def arrays(self) -> tuple[Any, Any]:
        return np.concatenate(self.bars), np.concatenate(self.cells)


def next_zone(
    history: History, side: int, start: int, least: int = 4, *, smooth: bool = False, days: Any = WEEK
) -> int:
    states = np.zeros(1, zones.STATE)
    states["low"], states["high"] = 1, 0
    add(days, states, *history.arrays())
    return zone(states, side, start, least, smooth)


def profile(volumes: dict[int, int], start: str = "2026-05-27 10:00") -> History:
    return History().bar(start, {price: (volume, 0) for price, volume in volumes.items()})


def test_m28_f9_the_lessons_profile_has_its_next_zone_at_4202() -> None:
    volumes = {16799: 105, 16800: 250, 16801: 494, 16802: 300, 16803: 265, 16804: 20, 16805: 20, 16806: 20}
    lesson = profile({**volumes, 16807: 220, 16808: 400}, "2023-05-25 09:40")
    assert next_zone(lesson, 1, 16802, days=LESSON_DAYS) == 16808


@pytest.mark.parametrize(
    ("why", "volumes", "found"),
    [
        ("a peak", {1: 10, 5: 10, 6: 90, 7: 10, 12: 10}, 6),
        ("too near", {1: 10, 2: 10, 3: 90, 4: 10}, ABSENT),
        ("not much more than the rest", {1: 50, 5: 50, 6: 60, 7: 50, 12: 50}, ABSENT),
        ("a shoulder of a larger one", {5: 10, 6: 55, 7: 60, 8: 100, 9: 20, 20: 1}, 8),
        ("a bump on a slope stands out too little", {0: 1, 4: 1, 8: 80, 9: 75, 12: 78, 13: 75, 20: 400, 26: 1}, 20),
        ("the first of two", {0: 1, 6: 90, 7: 1, 12: 80, 13: 1}, 6),
    ],
)
def test_a_zone_is(why: str, volumes: dict[int, int], found: int) -> None:
    assert next_zone(profile({16800 + p: v for p, v in volumes.items()}), 1, 16800) == (
        found if found == ABSENT else 16800 + found
    ), why


def test_downwards_it_is_the_mirror() -> None:
    volumes = {1: 10, 5: 10, 6: 90, 7: 10, 12: 10}
    assert next_zone(profile({16800 - p: v for p, v in volumes.items()}), -1, 16800) == 16794


def test_smoothing_moves_a_zone_to_the_middle_of_a_hill() -> None:
    hill = {16800: 1, 16806: 60, 16807: 61, 16808: 61, 16809: 61, 16810: 60, 16820: 1, 16830: 1, 16840: 1}
    assert next_zone(profile(hill), 1, 16800) == 16807
    assert next_zone(profile(hill), 1, 16800, smooth=True) == 16808


def test_the_regular_hours_before_count_by_half() -> None:
    history = profile({16800: 10, 16806: 90, 16812: 10}, "2026-05-27 10:00")
    history.bar("2026-05-27 18:00", {16800: (10, 0), 16808: (60, 0), 16812: (10, 0)})
    assert next_zone(history, 1, 16800) == 16808
    history.bar("2026-05-27 18:01", {16800: (0, 1)})
    assert next_zone(history, 1, 16800, least=9) == ABSENT
    older = profile({16800: 10, 16806: 900, 16812: 10}, "2026-05-26 10:00")
    older.bar("2026-05-26 18:00", {16800: (1, 0)}).bar("2026-05-27 10:00", {16800: (1, 0)})
    older.bar("2026-05-27 18:00", {16800: (10, 0), 16812: (10, 0)})
    assert next_zone(older, 1, 16800) == ABSENT


def test_without_a_profile_there_is_no_zone() -> None:
    states = np.zeros(1, zones.STATE)
    states["low"], states["high"] = 1, 0
    assert zone(states, 1, 16800, 4, False) == ABSENT


def test_m27_f8_the_lessons_cluster_ends_above_the_level_that_took_too_little() -> None:
    history = History()
    history.bar("2023-05-25 09:36", {16799: (0, 50), 16801: (200, 0)})
    history.bar("2023-05-25 09:38", {16800: (0, 50), 16801: (0, 50)})
    history.bar("2023-05-25 09:39", {16800: (0, 50), 16803: (100, 0)})
    history.bar("2023-05-25 09:40", {16801: (0, 244), 16802: (60, 40)})
    assert low_of(*history.arrays(), 1, 16801) == (16800, 294)


def test_a_cluster_has_no_holes_and_no_memory_beyond_six_minutes() -> None:
    history = History().bar("2026-05-27 10:00", {16800: (0, 500)})
    history.bar("2026-05-27 10:06", {16798: (0, 90), 16799: (0, 1), 16800: (0, 60), 16801: (0, 100)})
    assert low_of(*history.arrays(), 1, 16801) == (16800, 100)
    history.bar("2026-05-27 10:04", {16799: (0, 80)})
    history.bars.sort(key=lambda bar: int(bar["start"][0]))
    assert low_of(*history.arrays(), 1, 16801) == (16798, 100)


def test_a_cluster_above_a_short_is_the_mirror() -> None:
    history = History().bar("2026-05-27 10:06", {16802: (90, 0), 16801: (60, 0), 16800: (100, 0), 16803: (20, 0)})
    assert low_of(*history.arrays(), -1, 16800) == (16802, 100)


def test_evidence_has_room() -> None:
    assert EVENT["evidence"].shape == (24,)
