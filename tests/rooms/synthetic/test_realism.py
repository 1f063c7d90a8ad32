"""The market beside recorded ones: intensity, spread, sizes, bursts, ranges, clustering.

Figures in comments and bounds are published or measured statistics of recorded tapes: ES on Christmas evening 2023 (one
hour, 0.83 prints a second), a July night of 2024, and a minute of January 2022 in regular hours (33 a second); NQ on a
half day of 2025, GC of 2013, SPY of two days of 2013. Bounds are theirs, widened to what such different days span. A
synthetic market is calm: busier than a holiday evening, calmer than an opening.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

from adapters.synthetic.market import Simulator, no_plants
from adapters.synthetic.natures import nature_of, pace_of_day
from adapters.synthetic.state import SECOND
from bot.domain.market import BUY, Ticks
from tests.rooms.synthetic.markets import BEGIN, OPEN, prints, quotes, rows

HOURS = 3


@dataclass(frozen=True)
class Seen:
    """A null tape, its prints and quotes."""

    ticks: Ticks
    prints: Ticks
    quotes: Ticks
    hours: int = HOURS

    @property
    def minute(self) -> Any:
        """Minute of each print."""
        return (self.prints["ts"] - BEGIN) // (60 * SECOND)

    def of_minutes(self, what: Any) -> Any:
        """`what` of the prints of each minute."""
        return np.array([what(self.prints[self.minute == number]) for number in np.unique(self.minute)])

    def spread(self, ticks: int) -> float:
        """Share of quotes that are so many ticks wide."""
        return float((self.quotes["ask"] - self.quotes["bid"] == ticks).mean())

    @property
    def sharing(self) -> float:
        """Share of prints that have their stamp in common with a neighbour."""
        same = np.diff(self.prints["ts"]) == 0
        return float((np.append(same, False) | np.append(False, same)).mean())

    def most_in(self, ns: int) -> int:
        """Most prints in one of so many nanoseconds."""
        return int(np.bincount((self.prints["ts"] - BEGIN) // ns).max())


@cache
def seen(product: str, pace: int = 0, seed: int = 1, hours: int = HOURS) -> Seen:
    nature = nature_of(product)
    rhythm = np.full(hours * 3_600, pace, np.int64) if pace else pace_of_day(OPEN, hours * 3_600)
    simulator = Simulator(nature.row(), rhythm, no_plants(), begin=BEGIN, price=nature.start_ticks, seed=seed)
    ticks = rows(simulator)
    return Seen(ticks, prints(ticks), quotes(ticks), hours)


def test_intensity_lies_between_a_holiday_and_an_opening() -> None:
    es = seen("ES")
    assert 0.83 <= len(es.prints) / (es.hours * 3_600) <= 33.2
    assert 60_000 <= len(es.ticks) / es.hours <= 250_000
    # Christmas evening: 39 prints in a usual minute, 206 in the busiest of a hundred, 5.3 times as many.
    counts = es.of_minutes(len)
    assert 2.5 <= np.percentile(counts, 99) / np.median(counts) <= 9


def test_spread_is_one_tick_nearly_always() -> None:
    assert 0.919 <= seen("ES").spread(1) <= 0.99  # recorded: 91.9, 95.2, 96.7 %
    assert 0.005 <= seen("ES").spread(2) <= 0.076  # 7.6, 4.8, 3.2 %
    assert 0.885 <= seen("SPY").spread(1) <= 0.96  # 90.0, 88.5 %


def test_nq_is_two_ticks_wide_and_often_three_or_four() -> None:
    nq = seen("NQ")  # recorded: 3 ticks 52.6 %, 2 ticks 32.6, 4 ticks 10.8, 5 ticks 1.2
    assert 0.3 <= nq.spread(2) <= 0.75
    assert 0.15 <= nq.spread(3) <= 0.55
    assert 0.03 <= nq.spread(4) <= 0.15
    assert nq.spread(5) <= 0.06


@pytest.mark.parametrize(
    ("product", "median", "p99", "largest"),
    [
        ("ES", (1, 1), (6, 34), (33, 120)),  # 1/34/89, 1/14/18, 1/6/33
        ("NQ", (1, 1), (3, 8), (20, 80)),  # 1/3/43
        ("GC", (1, 1), (4, 10), (25, 100)),  # 1/5/100
        ("SPY", (100, 200), (1_000, 3_000), (3_000, 20_000)),  # 200/3000, crosses left out
    ],
)
def test_sizes_are_small_with_a_heavy_tail(
    product: str, median: tuple[int, int], p99: tuple[int, int], largest: tuple[int, int]
) -> None:
    sizes = seen(product).prints["size"]
    for (least, most), value in zip(
        (median, p99, largest), (np.median(sizes), np.percentile(sizes, 99), sizes.max()), strict=True
    ):
        assert least <= value <= most


def test_half_of_all_prints_are_at_the_ask_and_none_beyond_the_quote() -> None:
    for product in ("ES", "NQ", "SPY"):
        traded = seen(product).prints
        assert (traded["side"] == BUY).mean() == pytest.approx(0.51, abs=0.04)  # recorded: 50.1 to 55.0 % at the ask
        assert np.all((traded["price"] == traded["bid"]) | (traded["price"] == traded["ask"]))


def test_buyers_share_of_a_minute_varies_as_widely() -> None:
    def bought(traded: Ticks) -> float:
        return float(traded["size"][traded["side"] == BUY].sum() / traded["size"].sum())

    low, middle, high = np.percentile(seen("ES").of_minutes(bought), [5, 50, 95])
    assert 0.23 <= low <= 0.40  # 0.23, and 0.14 of AAPL
    assert 0.45 <= middle <= 0.55  # 0.52 and 0.47
    assert 0.60 <= high <= 0.81  # 0.81 and 0.85


def test_quotes_outnumber_prints_several_times() -> None:
    assert 5 <= len(seen("ES").quotes) / len(seen("ES").prints) <= 18.1  # 8.6 and 18.1
    assert 3 <= len(seen("AAPL").quotes) / len(seen("AAPL").prints) <= 9  # 3.1


@pytest.mark.parametrize(
    ("product", "least", "most"),
    [("ES", 0.03, 0.12), ("NQ", 0.35, 0.7), ("GC", 0.3, 0.5), ("AAPL", 0.35, 0.6), ("SPY", 0.4, 0.75)],
)
def test_an_order_is_many_prints_of_one_stamp(product: str, least: float, most: float) -> None:
    # Recorded: ES 7.1 %, NQ 66, GC 44, AAPL 48, SPY 68.
    assert least <= seen(product).sharing <= most


def test_prints_come_in_bursts() -> None:
    es = seen("ES")
    mean = len(es.prints) / (es.hours * 3_600)
    # The busiest second: 49 prints where there are 0.83 on average, 11 where 0.52, 256 where 33.
    assert 6 * mean <= es.most_in(SECOND) <= 60 * mean
    assert 8 <= es.most_in(SECOND // 10) <= 29  # 29 and 11
    assert np.diff(es.ticks["ts"]).max() <= 43.4 * SECOND


def test_a_minute_spans_six_to_ten_ticks_at_the_usual_pace() -> None:
    ranges = seen("ES", pace=1_000).of_minutes(lambda traded: np.ptp(traded["price"]))
    assert 6 <= np.median(ranges) <= 10
    assert np.percentile(ranges, 99) <= 30


@pytest.mark.parametrize(("product", "ticks"), [("NQ", 40), ("CL", 10), ("GC", 10), ("SPY", 10), ("TSLA", 30)])
def test_other_products_move_by_their_nominal_range_and_no_more_than_twice_as_much_or_little(
    product: str, ticks: int
) -> None:
    ranges = seen(product, pace=1_000).of_minutes(lambda traded: np.ptp(traded["price"]))
    assert ticks / 2 <= np.median(ranges) <= ticks * 2


def test_busy_minutes_follow_each_other() -> None:
    # |returns| of neighbouring minutes go together; pooled, since one day says little about it.
    linked = []
    for seed in range(1, 6):
        closes = seen("ES", 1_000, seed).of_minutes(lambda traded: int(traded["price"][-1]))
        moves = np.abs(np.diff(closes)).astype(float)
        linked += [np.corrcoef(moves[lag:], moves[:-lag])[0, 1] for lag in (1, 2)]
    assert 0.01 <= np.mean(linked) <= 0.35


def test_volume_at_one_price_is_that_of_recorded_tapes() -> None:
    # Per run at one last price, median / 90 / 99 %: 6 / 45 / 101 and 11 / 32 / 75.
    traded = seen("ES").prints
    starts = np.append(0, np.flatnonzero(np.diff(traded["price"])) + 1)
    median, most, extreme = np.percentile(np.add.reduceat(traded["size"], starts), [50, 90, 99])
    assert 3 <= median <= 11
    assert 15 <= most <= 45
    assert 35 <= extreme <= 101


def test_price_neither_runs_nor_clings() -> None:
    # Variance ratios of the mid, against one second. 1 is a random walk; a Hawkes market runs a little.
    ratios = {60: [], 600: []}
    for seed in (1, 2, 3):
        quoted = seen("ES", 1_000, seed).quotes
        at = np.searchsorted(quoted["ts"], BEGIN + np.arange(1, HOURS * 3_600) * SECOND, side="right") - 1
        mid = (quoted["bid"][at].astype(float) + quoted["ask"][at]) / 2
        for lag, found in ratios.items():
            found.append((mid[lag:] - mid[:-lag]).var() / lag / np.diff(mid).var())
    assert 0.8 <= np.mean(ratios[60]) <= 1.7
    assert 0.4 <= np.mean(ratios[600]) <= 2.2
