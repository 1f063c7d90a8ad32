"""Accumulation: for hours sellers keep hitting and price stays; then it leaves upwards. And a range that is nobody's.

Goal: the range, the delta against price, the edge that holds and the break are on the tape, for longs and shorts.
Method: one plant a tape of CL or GC, read in fifteen-minute bars.
"""

import numpy as np
import pytest

from adapters.synthetic.labels import labels_of
from adapters.synthetic.natures import NATURES
from adapters.synthetic.schedule import plant
from adapters.synthetic.state import ACCUMULATION, PLAYED, RANGE, SECOND, States
from bot.domain.market import Ticks
from tests.rooms.synthetic.markets import at, market, prints, rows

LONG, SHORT = 1, -1
QUARTER = 15 * 60 * SECOND
SIDES = [("CL", LONG), ("CL", SHORT), ("GC", LONG), ("GC", SHORT)]


def played(kind: int, side: int, grade: int = 2, seed: int = 1, product: str = "CL") -> tuple[Ticks, States]:
    """The prints of a tape with one range, and the plant as played."""
    simulator = market(product=product, minutes=220, seed=seed, plants=plant(kind, side, grade, at(40)))
    return prints(rows(simulator)), simulator.plants


def against(traded: Ticks, side: int) -> float:
    """Share of the volume that was traded against `side`."""
    return float(traded["size"][traded["side"] == -side].sum() / traded["size"].sum())


def ranged(traded: Ticks, p: np.void) -> Ticks:
    """Prints from the range's start until a quarter of an hour before its end."""
    return traded[(traded["ts"] >= p["first"]) & (traded["ts"] < p["last"] - QUARTER)]


@pytest.mark.parametrize(("product", "side"), SIDES)
def test_price_stays_while_most_is_traded_against_it(product: str, side: int) -> None:
    for seed in (1, 2):
        traded, plants = played(ACCUMULATION, side, seed=seed, product=product)
        p = plants[0]
        assert p["came"] == PLAYED
        inside = ranged(traded, p)
        assert p["last"] - p["first"] >= 5 * QUARTER
        assert against(inside, side) >= 0.54
        beyond = (inside["price"] - p["price"]) * side
        assert beyond.min() >= 0, "the edge was defended"
        assert np.ptp(inside["price"]) <= 1.6 * abs(int(p["aim"]) - int(p["price"]))
        touching = np.diff((beyond <= 1).astype(int)) == 1
        assert touching.sum() >= 3, "it was tested again and again"


@pytest.mark.parametrize(("product", "side"), SIDES)
def test_it_leaves_on_the_other_side_and_stays_out_for_a_bar(product: str, side: int) -> None:
    traded, plants = played(ACCUMULATION, side, product=product)
    p = plants[0]
    after = traded[(traded["ts"] > p["last"] + 120 * SECOND) & (traded["ts"] < p["last"] + QUARTER)]
    assert ((after["price"] - p["aim"]) * side).min() > 0


def test_a_stronger_one_meets_more() -> None:
    shares = []
    for grade in (1, 2, 3):
        found = [played(ACCUMULATION, LONG, grade, seed) for seed in (1, 2)]
        shares.append(np.mean([against(ranged(traded, plants[0]), LONG) for traded, plants in found]))
    assert shares[0] < shares[1] < shares[2]


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_a_range_of_nobody_s_has_neither_delta_nor_break(side: int) -> None:
    for seed in (1, 2):
        traded, plants = played(RANGE, side, seed=seed)
        p = plants[0]
        inside = ranged(traded, p)
        assert against(inside, side) == pytest.approx(0.5, abs=0.03)
        assert np.ptp(inside["price"]) <= 1.8 * abs(int(p["aim"]) - int(p["price"]))
        end = traded[traded["ts"] <= p["last"]]["price"][-1]
        assert abs(2 * int(end) - int(p["aim"]) - int(p["price"])) <= 1.5 * abs(int(p["aim"]) - int(p["price"]))


def test_labels_reach_from_the_start_of_the_range_to_the_break() -> None:
    _, plants = played(ACCUMULATION, SHORT)
    (label,) = labels_of(plants, NATURES["CL"].tick)
    assert (label.kind, label.note, label.strength) == ("accumulation_short", "mid", 0.67)
    assert (label.t_start, label.t_end) == (plants["first"][0], plants["last"][0])
    plants["came"] = 0
    assert labels_of(plants, NATURES["CL"].tick) == [], "a range that was not left is no accumulation"
    _, plants = played(RANGE, LONG)
    (label,) = labels_of(plants, NATURES["CL"].tick)
    assert (label.kind, label.note) == ("null", "range_no_break")
