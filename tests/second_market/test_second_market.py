"""The second market is what it says: the same for a seed, whole in its sums, with plants that stand in the tape."""

import numpy as np
import pytest

from bot.domain.market import ABSENT, BUY, HALT, PRINT, QUOTE, RESUME, SELL, SIDE_NONE, STATUS, Ticks
from bot.tape import open_tape
from bot.tape.labels import Label, labels_path, read_labels
from tests.second_market.natures import NATURES
from tests.second_market.tape import SECOND, SecondMarket, broker_like, write_tape

MINUTE = 60 * SECOND
LABELLED = ("absorption", "rejection", "absorption_rejection", "sweep", "imbalance")


def rows(market: SecondMarket, batch: int = 65_536) -> Ticks:
    return np.concatenate([ticks.copy() for ticks in market.batches(batch)])


@pytest.fixture(scope="module")
def day() -> tuple[SecondMarket, Ticks]:
    market = SecondMarket("ES", 1, 6.5)
    return market, rows(market)


def inside(ticks: Ticks, label: Label, kind: int = PRINT) -> Ticks:
    return ticks[(ticks["ts"] >= label.t_start) & (ticks["ts"] <= label.t_end) & (ticks["kind"] == kind)]


def labelled(market: SecondMarket, what: str) -> list[Label]:
    found = [label for label in market.labels() if (label.note if label.decoy else label.what) == what]
    assert found, f"this day has no {what}"
    return found


def test_a_seed_is_one_tape_however_it_is_cut_and_another_seed_another():
    whole, cut, other = (rows(SecondMarket("ES", seed, 0.2), n) for seed, n in ((3, 65_536), (3, 777), (4, 65_536)))
    assert np.array_equal(whole, cut)
    assert not np.array_equal(whole, other)


def test_every_print_hits_the_touch_that_it_carries_and_all_of_them_add_up(day):
    market, ticks = day
    prints, clean = ticks[ticks["kind"] == PRINT], np.ones(len(ticks), bool)
    for label in labelled(market, "feed_disorder"):
        clean &= (ticks["ts"] < label.t_start) | (ticks["ts"] > label.t_end)
    sold, bought = (ticks[clean & (ticks["kind"] == PRINT) & (ticks["side"] == side)] for side in (SELL, BUY))
    assert (sold["price"] == sold["bid"]).all()
    assert (bought["price"] == bought["ask"]).all()
    assert prints["size"].min() > 0
    assert prints["size"].sum() == market.market["printed"][0]
    quotes = ticks[clean & (ticks["kind"] == QUOTE) & (ticks["bid"] != ABSENT) & (ticks["ask"] != ABSENT)]
    assert (quotes["bid"] < quotes["ask"]).all()
    assert (np.diff(ticks["ts"]) >= 0).all()


def test_a_strict_null_has_nothing_planted():
    market = SecondMarket("ES", 2, 0.5, null=True)
    rows(market)
    assert market.labels() == []


def test_an_absorber_takes_many_times_what_a_tick_costs_and_holds(day):
    market, ticks = day
    for label in labelled(market, "absorption"):
        mine, price = inside(ticks, label), label.price / float(market.nature.tick)
        hit = mine[(mine["price"] == price) & (mine["side"] == -label.side)]
        assert hit["size"].sum() >= 5 * market.market["cost"][0]
        from_the_hold = mine[mine["ts"] >= hit["ts"][hit["size"].cumsum() > hit["size"].sum() / 4][0]]
        assert (label.side * from_the_hold["price"].astype(int) >= label.side * price).all()
        assert (label.side * (mine["price"][-50:].astype(int) - price)).max() >= 2


def test_a_rejection_leaves_its_tail_within_one_bar(day):
    market, ticks = day
    for label in labelled(market, "rejection"):
        mine = label.side * inside(ticks, label)["price"].astype(int)
        assert label.t_start // MINUTE == label.t_end // MINUTE
        assert mine[0] - mine.min() >= 2
        assert mine[-1] - mine.min() >= 0.5 * (mine[0] - mine.min())


def test_a_sweep_goes_beyond_its_level_and_comes_back(day):
    market, ticks = day
    for label in labelled(market, "sweep"):
        mine = label.side * inside(ticks, label)["price"].astype(int)
        beyond = label.side * round(label.price / float(market.nature.tick)) - mine
        assert beyond.max() >= 2
        assert label.t_end - label.t_start <= 66 * SECOND
        assert beyond[-1] <= 0


def test_a_one_sided_window_is_one_sided(day):
    market, ticks = day
    for label in labelled(market, "imbalance"):
        mine = inside(ticks, label)
        share = mine["size"][mine["side"] == label.side].sum() / mine["size"].sum()
        assert 0.77 <= share <= 0.90


def test_decoys_are_what_they_are_called(day):
    market, ticks = day
    for label in labelled(market, "quote_stuffing"):
        assert len(inside(ticks, label, QUOTE)) >= 400 * (label.t_end - label.t_start) / SECOND
    for label in labelled(market, "one_sided"):
        assert ABSENT in inside(ticks, label, QUOTE)["bid"] or ABSENT in inside(ticks, label, QUOTE)["ask"]
    for label in labelled(market, "block_print"):
        assert inside(ticks, label)["size"].max() >= 40 * ticks["size"][ticks["kind"] == PRINT].mean()
    for label in labelled(market, "halt"):
        flags = inside(ticks, label, STATUS)["flags"].tolist()
        assert flags == [HALT, RESUME]
        assert not len(inside(ticks, label)[1:])
    for label in labelled(market, "break_no_reclaim"):
        last = inside(ticks, label)["price"][-1]
        assert abs(last - round(label.price / float(market.nature.tick))) >= 2


def test_a_day_of_buyers_has_their_share():
    market = SecondMarket("ES", 5, 3.0, share=0.7)
    ticks = rows(market)
    prints = ticks[ticks["kind"] == PRINT]
    assert 0.67 <= prints["size"][prints["side"] == BUY].sum() / prints["size"].sum() <= 0.73


@pytest.mark.parametrize(
    ("product", "low", "high"),
    [("ES", 6, 12), ("NQ", 20, 50), ("CL", 4, 13), ("GC", 6, 15), ("SPY", 6, 15), ("AAPL", 7, 18), ("TSLA", 18, 40)],
)
def test_a_minute_spans_as_many_ticks_as_the_product_is_said_to(product, low, high):
    market = SecondMarket(product, 2, 1.0, null=True)
    prints = rows(market)
    prints = prints[prints["kind"] == PRINT]
    minutes = prints["ts"] // MINUTE
    starts = np.flatnonzero(np.diff(minutes, prepend=0))
    ranges = np.maximum.reduceat(prints["price"], starts) - np.minimum.reduceat(prints["price"], starts)
    assert low <= np.median(ranges) <= high
    assert set(NATURES) == {"ES", "NQ", "CL", "GC", "SPY", "AAPL", "TSLA"}


def test_a_broker_blurs_times_and_sides_and_loses_nothing(day):
    _, ticks = day
    blurred = broker_like(ticks, seed=1)
    prints = blurred[blurred["kind"] == PRINT]
    assert (blurred["ts"] % SECOND == 0).all()
    assert set(prints["side"].tolist()) == {0}
    assert set(prints["side_method"].tolist()) == {SIDE_NONE}
    assert prints["size"].tolist() == ticks["size"][ticks["kind"] == PRINT].tolist()
    late = (prints["price"] != prints["bid"]) & (prints["price"] != prints["ask"])
    assert 0.005 < late.mean() < 0.3


def test_a_tape_and_its_labels_are_written(tmp_path):
    facts = write_tape(tmp_path / "es.parquet", product="ES", seed=7, hours=1.0)
    with open_tape(tmp_path / "es.parquet") as tape:
        assert tape.facts == facts
    labels = read_labels(labels_path(tmp_path / "es.parquet"))
    assert labels
    assert all(facts.first_ns <= label.t_start < label.t_end <= facts.last_ns + MINUTE for label in labels)
    assert facts.side_known
