"""What is staged happens on the tape, by orders only, where and when its label says."""

import numpy as np
import pytest

from adapters.synthetic.chance import seeded
from adapters.synthetic.schedule import drawn, joined, plant
from adapters.synthetic.state import (
    ABSORPTION,
    BID,
    CONFLUENCE,
    DISORDER,
    DONE,
    DRIFT,
    IMBALANCE,
    LOCK,
    NEWS,
    ONE_SIDED,
    REJECTION,
    RUN,
    SECOND,
    STUFFING,
    States,
)
from bot.domain.market import ABSENT, BUY, SELL, Ticks
from tests.rooms.synthetic.markets import at, market, prints, quotes, rows

LONG, SHORT = 1, -1
SEEDS = range(1, 9)


def staged(kind: int, side: int, grade: int, *, seed: int = 1, start: float = 15) -> tuple[Ticks, States]:
    """The tape of one plant 15 minutes after the opening, from its start to its end; and the plant as played."""
    simulator = market(minutes=25, seed=seed, plants=plant(kind, side, grade, at(start)))
    ticks = rows(simulator)
    played = simulator.plants[0]
    assert played["phase"] == DONE
    return ticks[(ticks["ts"] >= played["start"]) & (ticks["ts"] < played["until"])], played


def between(ticks: Ticks, start: int, end: int) -> Ticks:
    return ticks[(ticks["ts"] >= start) & (ticks["ts"] < end)]


def usual_volume_of_a_tick(seed: int) -> float:
    """Volume that a tick of progress costs without anything staged."""
    traded = prints(rows(market(minutes=15, seed=seed)))
    return traded["size"].sum() / np.abs(np.diff(traded["price"])).sum()


@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize("kind", [ABSORPTION, CONFLUENCE])
def test_an_absorber_takes_many_times_the_usual_volume_and_the_level_holds(kind: int, side: int) -> None:
    for seed in SEEDS:
        ticks, played = staged(kind, side, 3, seed=seed)
        held = prints(between(ticks, played["first"], played["last"]))
        beyond = (held["price"] - played["price"]) * side
        assert beyond.min() >= 0, f"seed {seed}: a print beyond the absorber"
        attackers = held[(beyond == 0) & (held["side"] == -side)]
        assert attackers["size"].sum() >= 8 * usual_volume_of_a_tick(seed)
        assert beyond.max() >= 3, f"seed {seed}: nobody lifted it"


def test_stronger_absorption_takes_more() -> None:
    def taken(grade: int) -> float:
        volumes = []
        for seed in SEEDS:
            ticks, played = staged(ABSORPTION, LONG, grade, seed=seed)
            traded = prints(ticks)
            volumes.append(traded["size"][(traded["price"] == played["price"]) & (traded["side"] == SELL)].sum())
        return float(np.mean(volumes))

    assert taken(1) < taken(2) < taken(3)


@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize("kind", [REJECTION, CONFLUENCE])
def test_a_rejection_leaves_a_tail_in_its_minute(kind: int, side: int) -> None:
    tails = []
    for seed in SEEDS:
        ticks, _ = staged(kind, side, 3, seed=seed)
        price = prints(ticks)["price"] * side
        span = price.max() - price.min()
        tails.append((min(price[0], price[-1]) - price.min()) / span)
    assert np.mean(tails) >= 0.5
    assert min(tails) >= 0.25


def test_a_retest_stops_short_of_the_level_before_it() -> None:
    near = 0
    for seed in SEEDS:
        first, second = plant(ABSORPTION, LONG, 2, at(15)), plant(CONFLUENCE, LONG, 2, at(17), retest=1)
        simulator = market(minutes=25, seed=seed, plants=joined([first, second]))
        rows(simulator)
        near += abs(int(simulator.plants["price"][1] - simulator.plants["price"][0]) - 1) <= 1
    assert near >= len(SEEDS) // 2  # as often price has run away in between


@pytest.mark.parametrize(("grade", "share"), [(1, 0.805), (2, 0.83), (3, 0.86)])
@pytest.mark.parametrize("side", [LONG, SHORT])
def test_an_imbalance_has_its_share_of_a_five_minute_bar(side: int, grade: int, share: float) -> None:
    ticks, played = staged(IMBALANCE, side, grade)
    assert played["until"] - played["start"] == 300 * SECOND
    traded = prints(ticks)
    dominant = BUY if side > 0 else SELL
    assert traded["size"][traded["side"] == dominant].sum() / traded["size"].sum() == pytest.approx(share, abs=0.02)


def test_stuffing_is_hundreds_of_undone_quotes_a_second_and_hardly_a_print() -> None:
    ticks, played = staged(STUFFING, LONG, 1)
    seconds = (played["until"] - played["start"]) / SECOND
    assert len(quotes(ticks)) / seconds >= 800
    assert len(prints(ticks)) / len(quotes(ticks)) < 0.02


@pytest.mark.parametrize(("side", "missing"), [(LONG, "ask"), (SHORT, "bid")])
def test_a_limit_lock_trades_at_one_price_with_one_side_absent(side: int, missing: str) -> None:
    ticks, played = staged(LOCK, side, 1)
    ticks = between(ticks, played["first"] + 1, played["until"])
    assert np.all(ticks[missing] == ABSENT)
    assert not ticks[f"{missing}_size"].any()
    assert set(prints(ticks)["price"]) == {played["price"]}


def test_the_missing_side_comes_back() -> None:
    simulator = market(minutes=25, plants=plant(ONE_SIDED, LONG, 1, at(15)))
    ticks = rows(simulator)
    gone = ticks[ticks["ask"] == ABSENT]
    assert len(gone)
    assert np.ptp(gone["ts"]) < 3 * SECOND
    assert np.all(ticks["bid"] != ABSENT)


def test_news_widens_the_spread_and_runs_one_way() -> None:
    ticks, played = staged(NEWS, LONG, 3)
    quoted = quotes(ticks)
    assert np.median(quoted["ask"] - quoted["bid"]) >= 3
    assert prints(ticks)["price"][-1] - played["price"] >= 5


def test_a_drift_moves_price_and_is_not_labelled() -> None:
    simulator = market(minutes=25, plants=plant(DRIFT, LONG, 3, at(15), 60 * SECOND))
    ticks = rows(simulator)
    moved = np.diff(ticks["bid"][np.searchsorted(ticks["ts"], [at(15), at(16)])])[0]
    assert moved > 0


def test_after_the_last_plant_the_market_is_as_before() -> None:
    played = market(minutes=60, plants=plant(NEWS, LONG, 3, at(10)))
    ticks = between(rows(played), at(15), at(60))
    quoted = quotes(ticks)
    assert (quoted["ask"] - quoted["bid"] == 1).mean() >= 0.95
    assert np.all(quoted["bid"] != ABSENT)


def test_a_schedule_never_stages_two_at_once_and_ends_before_the_tape() -> None:
    for seed in range(20):
        rows_ = drawn(seeded(seed), at(0), at(390))
        assert np.all(rows_["start"][1:] >= rows_["until"][:-1])
        assert rows_["until"][-1] < at(390)
        assert rows_["start"][0] >= at(8)
        bars = rows_[np.isin(rows_["kind"], [REJECTION, CONFLUENCE])]
        assert not ((bars["start"] - at(0)) % (60 * SECOND)).any()


def test_a_session_stages_every_kind_side_and_grade() -> None:
    rows_ = np.concatenate([drawn(seeded(seed), at(0), at(390)) for seed in range(4)])
    # Ranges are for products whose bars are long; a trend comes on one tape in three.
    assert set(rows_["kind"]) >= {kind for kind in range(ABSORPTION, DISORDER + 1) if kind not in (DRIFT, RUN)}
    assert set(rows_["side"]) == {LONG, SHORT}
    assert set(rows_["grade"]) == {1, 2, 3}


def test_overlapping_plants_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        joined([plant(CONFLUENCE, LONG, 1, at(1)), plant(ABSORPTION, LONG, 1, at(1.5))])


def test_bid_is_side_zero() -> None:
    assert BID == 0
