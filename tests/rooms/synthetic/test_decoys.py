"""Decoys are what they are called: a halt is silence, a block is one print, a disordered feed lies, a trend runs."""

import numpy as np
import pytest

from adapters.synthetic.kinds import DECOYS
from adapters.synthetic.labels import labels_of
from adapters.synthetic.natures import NATURES
from adapters.synthetic.schedule import plant
from adapters.synthetic.state import BLOCK, DISORDER, HALTED, RUN, SECOND, States
from bot.domain.market import ABSENT, BUY, HALT, PRINT, QUOTE, RESUME, SELL, STATUS, TS_REGRESSED, Ticks
from tests.rooms.synthetic.markets import at, market, prints, quotes, rows

LONG, SHORT = 1, -1
SEEDS = range(1, 5)


def staged(kind: int, side: int = LONG, grade: int = 2, seed: int = 1, minutes: int = 40) -> tuple[Ticks, States]:
    """A tape with one decoy a quarter of an hour after the opening, and the decoy as played."""
    simulator = market(minutes=minutes, seed=seed, plants=plant(kind, side, grade, at(15)))
    return rows(simulator), simulator.plants


@pytest.mark.parametrize(("grade", "seconds"), [(1, 90), (2, 150), (3, 240)])
def test_a_halt_is_silence_between_two_words_of_the_exchange(grade: int, seconds: int) -> None:
    ticks, plants = staged(HALTED, grade=grade)
    said = ticks[ticks["kind"] == STATUS]
    assert list(said["flags"]) == [HALT, RESUME]
    assert said["ts"][1] - said["ts"][0] == pytest.approx(seconds * SECOND, abs=6 * SECOND)
    assert not ((ticks["ts"] > said["ts"][0]) & (ticks["ts"] < said["ts"][1])).any()
    assert said["ts"][0] == plants["first"][0]
    assert len(prints(ticks[ticks["ts"] > said["ts"][1]])) > 100


def test_after_a_halt_price_is_somewhere_near() -> None:
    jumps = []
    for seed in range(1, 15):
        ticks, _ = staged(HALTED, seed=seed, minutes=20)
        halt = int(np.flatnonzero(ticks["kind"] == STATUS)[0])
        jumps.append(int(ticks["bid"][halt + 2]) - int(ticks["bid"][halt]))
    assert 0 < np.max(np.abs(jumps)) <= 20
    assert min(jumps) < 0 < max(jumps)


@pytest.mark.parametrize(("side", "aggressor"), [(LONG, BUY), (SHORT, SELL)])
def test_a_block_is_one_print_of_fifty_usual_orders_that_leaves_the_queue_alone(side: int, aggressor: int) -> None:
    for seed in SEEDS:
        ticks, plants = staged(BLOCK, side, seed=seed)
        (block,) = np.flatnonzero((ticks["kind"] == PRINT) & (ticks["size"] >= 150))
        others = prints(np.delete(ticks, block))["size"]
        assert ticks["size"][block] >= 20 * np.median(others)
        assert ticks["size"][block] > others.max()
        assert (ticks["side"][block], ticks["price"][block]) == (aggressor, plants["price"][0])
        after = ticks[block + 1]
        assert after["kind"] == QUOTE
        assert (after["bid"], after["bid_size"]) == (ticks["bid"][block], ticks["bid_size"][block])


def test_a_feed_in_disorder_has_late_stamps_a_crossed_book_and_a_print_from_nowhere() -> None:
    ticks, plants = staged(DISORDER)
    bad = ticks[(ticks["ts"] >= plants["first"][0]) & (ticks["ts"] <= plants["last"][0])]
    late = bad["flags"] == TS_REGRESSED
    assert 0.05 <= late.mean() <= 0.3
    assert np.all(np.diff(ticks["ts"]) >= 0), "a late stamp is clamped to the newest one"
    crossed = bad[(bad["bid"] > bad["ask"]) & (bad["bid"] != ABSENT)]
    assert np.ptp(crossed["ts"]) > SECOND
    traded = prints(bad)
    beyond = np.maximum(traded["price"] - traded["ask"], traded["bid"] - traded["price"])
    assert (beyond >= 40).sum() == 1
    calm = ticks[ticks["ts"] > plants["last"][0]]
    assert not calm["flags"].any()
    assert np.all(calm["ask"] > calm["bid"])


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_a_trend_goes_far_and_loses_little_of_its_way(side: int) -> None:
    for seed in SEEDS:
        ticks, plants = staged(RUN, side, seed=seed, minutes=65)
        traded = prints(ticks)
        minute = (traded["ts"] - plants["first"][0]) // (60 * SECOND)
        inside = [traded["price"][minute == number].astype(int) for number in range(40)]
        close = np.array([prices[-1] for prices in inside])
        moved = (close[30:] - close[:-30]) * side
        efficiency = moved / np.array([np.abs(np.diff(close[i : i + 31])).sum() for i in range(len(moved))])
        assert efficiency.min() >= 0.6
        # A minute's range within the run holds its share of the way, so the usual one is what it is counted in.
        before = traded[traded["ts"] < plants["first"][0]]
        usual = np.mean([np.ptp(before["price"][(before["ts"] - at(0)) // (60 * SECOND) == n]) for n in range(15)])
        assert moved.min() >= 6 * usual


def test_every_decoy_is_labelled_null_with_its_name() -> None:
    for name, kind in DECOYS.items():
        played = plant(kind, LONG, 2, at(15))
        played["phase"], played["first"], played["last"] = 5, at(15), at(16)
        played["came"] = 2
        (label,) = labels_of(played, NATURES["ES"].tick)
        assert (label.kind, label.note) == ("null", name)


def test_quotes_are_all_that_a_halt_leaves_out() -> None:
    ticks, _ = staged(HALTED)
    assert set(np.unique(ticks["kind"])) == {PRINT, QUOTE, STATUS}
    assert np.all(quotes(ticks)["price"] == ABSENT)
