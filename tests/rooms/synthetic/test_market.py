"""The market without anything staged: honest rows, and statistics in the range of recorded ES tapes.

The ranges are those of the recorded files (Christmas evening 2023, July 2024, January 2022), widened to the next round
number: share of one-tick spreads 92 to 97 %, print sizes median 1 and 99th percentile 14 to 39, touch 13 to 24 lots,
9 to 18 quotes a print, 3 to 53 % of the minutes' volume at one price.
"""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from adapters.synthetic.chance import seeded
from adapters.synthetic.natures import NATURES, nature_of, pace_of_day
from adapters.synthetic.schedule import drawn
from adapters.synthetic.synth import write_tape
from bot.domain.market import ABSENT, BUY, PRINT, QUOTE, SELL, SIDE_TRUE, Ticks
from bot.errors import UsageError
from tests.rooms.synthetic.markets import OPEN, at, market, prints, quotes, rows

HOURS = 3


@pytest.fixture(scope="module")
def session() -> Ticks:
    return rows(market(minutes=60 * HOURS, seed=3))


def test_time_never_goes_back(session: Ticks) -> None:
    assert np.all(np.diff(session["ts"]) >= 0)
    assert session["ts"][0] == at(0)
    assert session["ts"][-1] < at(60 * HOURS)


def test_the_book_is_never_crossed_or_locked_and_never_empty(session: Ticks) -> None:
    assert np.all(session["ask"] > session["bid"])
    assert session["bid_size"].min() > 0
    assert session["ask_size"].min() > 0


def test_a_print_carries_the_quote_before_it_and_hits_one_side_of_it(session: Ticks) -> None:
    at_print = np.flatnonzero(session["kind"] == PRINT)
    before, hit = session[at_print - 1], session[at_print]
    for name in ("bid", "ask", "bid_size", "ask_size"):
        np.testing.assert_array_equal(hit[name], before[name])
    touched = np.where(hit["side"] == BUY, hit["ask"], hit["bid"])
    np.testing.assert_array_equal(hit["price"], touched)
    assert set(np.unique(hit["side"])) == {BUY, SELL}
    assert np.all(hit["side_method"] == SIDE_TRUE)


def test_a_print_takes_its_size_from_the_queue_that_it_hits(session: Ticks) -> None:
    at_print = np.flatnonzero(session["kind"] == PRINT)
    after, hit = session[at_print + 1], session[at_print]
    assert np.all(after["kind"] == QUOTE)
    bought = hit["side"] == BUY
    left = np.where(bought, hit["ask_size"], hit["bid_size"]) - hit["size"]
    shown = np.where(bought, after["ask_size"], after["bid_size"])
    stayed = np.where(bought, after["ask"] == hit["ask"], after["bid"] == hit["bid"])
    np.testing.assert_array_equal(shown[stayed], left[stayed])
    assert np.all(left[~stayed] == 0)


def test_a_quote_names_no_price_size_or_side(session: Ticks) -> None:
    quoted = quotes(session)
    assert np.all(quoted["price"] == ABSENT)
    assert not quoted["size"].any()
    assert not quoted["side"].any()


def test_spread_is_one_tick_at_least_95_times_of_100(session: Ticks) -> None:
    quoted = quotes(session)
    assert (quoted["ask"] - quoted["bid"] == 1).mean() >= 0.95


def test_sizes_are_heavy_tailed_like_recorded_ones(session: Ticks) -> None:
    sizes = prints(session)["size"]
    assert np.median(sizes) == 1
    assert 14 <= np.percentile(sizes, 99) <= 40
    assert sizes.max() >= 40
    assert 10 <= np.median(quotes(session)["bid_size"]) <= 30


def test_quotes_outnumber_prints_as_in_recorded_tapes(session: Ticks) -> None:
    assert 5 <= len(quotes(session)) / len(prints(session)) <= 20


def test_neither_side_is_preferred_but_orders_come_in_runs(session: Ticks) -> None:
    side = prints(session)["side"].astype(float)
    assert (side > 0).mean() == pytest.approx(0.5, abs=0.03)
    side -= side.mean()
    for lag in (1, 2, 5, 10):
        assert (side[lag:] * side[:-lag]).mean() / side.var() > 0.02


def test_orders_cluster_in_time(session: Ticks) -> None:
    # A Poisson stream's counts have variance = mean; excitement and mood make it several times that.
    counts = np.bincount((prints(session)["ts"] - at(0)) // 10_000_000_000)
    assert counts.var() > 3 * counts.mean()


def test_minutes_span_as_many_ticks_as_the_rules_expect_of_es(session: Ticks) -> None:
    traded = prints(session)
    minute = (traded["ts"] - at(0)) // 60_000_000_000
    spans = [np.ptp(traded["price"][minute == m]) for m in np.unique(minute)]
    assert 5 <= np.median(spans) <= 10
    assert np.percentile(spans, 99) <= 30


def test_price_is_close_to_a_random_walk(session: Ticks) -> None:
    quoted = quotes(session)
    seconds = np.searchsorted(quoted["ts"], at(0) + np.arange(1, HOURS * 3600) * 1_000_000_000, side="right") - 1
    mid = (quoted["bid"][seconds].astype(float) + quoted["ask"][seconds]) / 2
    ratio = (mid[60:] - mid[:-60]).var() / 60 / np.diff(mid).var()
    assert 0.7 <= ratio <= 1.7


def test_activity_follows_the_clock() -> None:
    pace = pace_of_day(OPEN, 6 * 3600)
    assert pace[0] > 2 * pace[1800] > 2 * pace[3 * 3600]
    early = pace_of_day(OPEN.replace(hour=7), 3600)
    assert early.max() * 2 < pace[:3600].min()
    opening, noon = rows(market(minutes=5)), rows(market(minutes=185))
    assert len(opening) > 2 * (noon["ts"] >= at(180)).sum()


def test_same_seed_same_rows_whatever_the_batch() -> None:
    one = rows(market(minutes=10, seed=5))
    np.testing.assert_array_equal(one, rows(market(minutes=10, seed=5), batch=97))
    assert not np.array_equal(one[:1_000], rows(market(minutes=10, seed=6))[:1_000])


def test_a_seed_is_the_same_tape_on_every_machine() -> None:
    plants = drawn(seeded(11), at(0), at(45))
    ticks = rows(market(minutes=45, seed=11, plants=plants))
    packed = b"".join(np.ascontiguousarray(ticks[name]).astype("<i8").tobytes() for name in ticks.dtype.names or ())
    assert hashlib.sha256(packed).hexdigest() == PINNED


@pytest.mark.parametrize("product", sorted(NATURES))
def test_every_product_has_a_two_sided_market_at_its_usual_spread(product: str) -> None:
    quoted = quotes(rows(market(product=product, minutes=10)))
    spread = quoted["ask"] - quoted["bid"]
    assert np.median(spread) == NATURES[product].wide
    assert spread.min() >= NATURES[product].wide


def test_an_unknown_product_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="ZB") as refused:
        nature_of("ZB")
    assert "ES" in refused.value.allowed


def test_nothing_of_a_library_s_chance_is_used() -> None:
    folder = Path(__file__).parents[3] / "adapters" / "synthetic"
    for source in folder.glob("*.py"):
        text = source.read_text()
        assert "np.random" not in text, source.name
        assert "import random" not in text, source.name


def test_a_whole_day_is_one_market_through_the_night(tmp_path: Path) -> None:
    facts = write_tape(tmp_path / "day.parquet", product="GC", hours=24)
    assert facts.last_ns > at(24 * 60) - 60_000_000_000


PINNED = "17149e514d39e0fe7dd906b45e1cbabfbff777ea95de7f5c0e4fc8737a18d306"
