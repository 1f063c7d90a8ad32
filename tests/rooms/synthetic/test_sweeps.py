"""Stops beyond a level are run, and price comes back: or it does not, and the tape says so.

Goal: a planted sweep is a burst through a level that everybody sees, reclaimed in time; a planted break is the same up
to there and never comes back. Method: one plant a tape, eight seeds, the tape itself as the witness.
"""

import numpy as np
import pytest

from adapters.synthetic.labels import labels_of
from adapters.synthetic.natures import NATURES
from adapters.synthetic.schedule import plant
from adapters.synthetic.state import BREAK, BROKEN, PLAYED, SECOND, SWEEP, States
from bot.domain.market import Ticks
from tests.rooms.synthetic.markets import at, market, prints, rows

LONG, SHORT = 1, -1
SEEDS = range(1, 9)
RECLAIM_S = 75


def played(kind: int, side: int, grade: int, seed: int, product: str = "ES") -> tuple[Ticks, States]:
    """The prints of a tape with one plant, and the plant as played."""
    simulator = market(product=product, minutes=40, seed=seed, plants=plant(kind, side, grade, at(20)))
    return prints(rows(simulator)), simulator.plants


def inside(traded: Ticks, start: int, end: int) -> Ticks:
    return traded[(traded["ts"] >= start) & (traded["ts"] <= end)]


def lots_a_second(traded: Ticks, aggressor: int, seconds: int) -> float:
    return float(traded["size"][traded["side"] == aggressor].sum()) / seconds


@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize("product", ["ES", "NQ", "CL"])
def test_a_sweep_breaks_its_level_and_takes_it_back_in_time(product: str, side: int) -> None:
    again = 0
    for seed in SEEDS:
        traded, plants = played(SWEEP, side, 2, seed, product)
        p = plants[0]
        if p["came"] != PLAYED:
            continue
        during = inside(traded, p["first"], p["last"])
        assert ((during["price"] - p["price"]) * side).min() <= -2, f"seed {seed}: it hardly broke"
        assert p["last"] - p["first"] <= RECLAIM_S * SECOND
        after = inside(traded, p["last"], p["last"] + SECOND)
        again += bool(((after["price"] - p["price"]) * side < 0).any())
    assert again <= 1


@pytest.mark.parametrize("kind", [SWEEP, BREAK])
def test_nearly_every_plant_comes_off(kind: int) -> None:
    came = [int(played(kind, LONG if seed % 2 else SHORT, 1 + seed % 3, seed)[1]["came"][0]) for seed in SEEDS]
    assert came.count(PLAYED if kind == SWEEP else BROKEN) >= len(SEEDS) - 1


def test_stronger_sweeps_go_further() -> None:
    def depth(grade: int) -> float:
        depths = []
        for seed in SEEDS:
            traded, plants = played(SWEEP, LONG, grade, seed)
            during = inside(traded, plants["first"][0], plants["last"][0])
            depths.append(int(plants["price"][0]) - int(during["price"].min()))
        return float(np.mean(depths))

    assert 2 <= depth(1) < depth(2) < depth(3) <= 14


def test_stops_make_the_breach_a_burst() -> None:
    times = []
    for seed in SEEDS:
        traded, plants = played(SWEEP, LONG, 3, seed)
        first = int(plants["first"][0])
        breach = lots_a_second(inside(traded, first - SECOND, first + SECOND), -1, 2)
        times.append(breach / lots_a_second(inside(traded, first - 300 * SECOND, first - SECOND), -1, 299))
    assert np.median(times) >= 4


def test_the_level_is_one_that_everybody_sees() -> None:
    for seed in SEEDS:
        traded, plants = played(SWEEP, LONG, 2, seed)
        price, start = int(plants["price"][0]), int(plants["start"][0])
        before = inside(traded, start - 30 * 60 * SECOND, start)
        # The low that the market remembers is a bid's; its last print may stand a tick above it.
        assert price % NATURES["ES"].round == 0 or abs(price - int(before["price"].min())) <= 1


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_a_real_break_does_not_come_back(side: int) -> None:
    for seed in SEEDS:
        traded, plants = played(BREAK, side, 2, seed)
        p = plants[0]
        if p["came"] != BROKEN:
            continue
        later = inside(traded, p["first"] + 10 * SECOND, p["first"] + RECLAIM_S * SECOND)
        assert ((later["price"] - p["price"]) * side).min() > 0, f"seed {seed}: the level was reclaimed"


def test_labels_say_what_happened() -> None:
    for kind, name, note in ((SWEEP, "sweep_long", "mid"), (BREAK, "null", "break_no_reclaim")):
        _, plants = played(kind, LONG, 2, 1)
        (label,) = labels_of(plants, NATURES["ES"].tick)
        assert (label.kind, label.note) == (name, note)
        assert (label.t_start, label.t_end) == (plants["first"][0], plants["last"][0])


def test_what_is_meant_as_one_and_ends_as_the_other_is_labelled_as_it_ended() -> None:
    _, plants = played(SWEEP, LONG, 2, 1)
    plants["came"] = BROKEN
    (label,) = labels_of(plants, NATURES["ES"].tick)
    assert (label.kind, label.note) == ("null", "break_no_reclaim")
    plants["kind"], plants["came"] = BREAK, PLAYED  # a break upwards that was taken back: what a sweep for shorts is
    assert [label.kind for label in labels_of(plants, NATURES["ES"].tick)] == ["sweep_short"]
    plants["came"] = 0
    assert labels_of(plants, NATURES["ES"].tick) == []
