"""M17: a level that is really broken is rarely called a sweep, on either market."""

import numpy as np
import pytest

from adapters.synthetic.labels import labels_of
from adapters.synthetic.natures import NATURES
from adapters.synthetic.schedule import joined, plant
from adapters.synthetic.state import BREAK, SWEEP
from bot.config import instrument
from bot.domain.market import Ticks
from bot.sessions import days
from bot.signals.engine import Wish, build
from bot.tape.labels import Label
from tests.rooms.synthetic.markets import at, market, rows
from tests.second_market.state import BREAK as OTHER_BREAK
from tests.second_market.state import PLANT
from tests.second_market.state import SWEEP as OTHER_SWEEP
from tests.second_market.tape import SecondMarket

SECOND = 1_000_000_000
MINUTES, EVERY = 360, 12
TICK = float(NATURES["ES"].tick)


def staged(number: int) -> tuple[int, int, int]:
    """(whether a break, side, grade) of the number-th plant: two breaks to each sweep."""
    return int(number % 3 != 2), 1 - 2 * (number % 2), 1 + number // 2 % 3


def first() -> tuple[Ticks, list[Label]]:
    wanted = enumerate(range(15, MINUTES - 10, EVERY))
    plants = [plant(BREAK if staged(n)[0] else SWEEP, *staged(n)[1:], at(minute)) for n, minute in wanted]
    simulator = market(minutes=MINUTES, seed=17, plants=joined(plants))
    return rows(simulator), labels_of(simulator.plants, NATURES["ES"].tick)


def second() -> tuple[Ticks, list[Label]]:
    simulator = SecondMarket("ES", 17, MINUTES / 60)
    minutes = range(15, MINUTES - 10, EVERY)
    plants = np.zeros(len(minutes), PLANT)
    for n, minute in enumerate(minutes):
        broken, side, grade = staged(n)
        row = plants[n]
        row["kind"], row["side"], row["grade"] = OTHER_BREAK if broken else OTHER_SWEEP, side, grade
        row["start"] = simulator.begin + minute * 60 * SECOND
        row["until"], row["mode"] = row["start"] + 300 * SECOND, n * 0.37 % 1.0
    simulator.plants = plants
    return np.concatenate([ticks.copy() for ticks in simulator.batches()]), simulator.labels()


@pytest.fixture(scope="module", params=[first, second])
def outcome(request: pytest.FixtureRequest) -> tuple[list[bool], list[bool]]:
    """For each break and for each sweep, whether a sweep was said of it."""
    ticks, labels = request.param()
    es = instrument("ES")
    sessions = days(
        es.calendar, zone=es.zone, regular_open=es.regular_open, regular_close=es.regular_close,
        first_ns=int(ticks["ts"][0]), last_ns=int(ticks["ts"][-1]),
    )  # fmt: skip
    engine = build(es, sessions, [Wish()])
    events = engine.scan(ticks)
    found = events[events["kind"] == engine.kinds.index("sweep")]

    def told(label: Label) -> bool:
        near = np.abs(found["price"] - label.price / TICK) <= 4
        late = (found["ts"] >= label.t_start) & (found["ts"] <= label.t_end + 60 * SECOND)
        mine = found["side"] == (-1 if label.kind.endswith("short") else 1)
        return bool(np.any(near & late & (mine | label.decoy)))

    return [told(one) for one in labels if one.note == "break_no_reclaim"], [
        told(one) for one in labels if one.what == "sweep"
    ]


def test_m17_of_planted_breaks_at_most_a_fifth_are_called_sweeps(outcome: tuple[list[bool], list[bool]]) -> None:
    breaks, _ = outcome
    assert len(breaks) >= 10
    assert sum(breaks) <= 0.2 * len(breaks)


def test_m17_while_sweeps_between_them_are_seen(outcome: tuple[list[bool], list[bool]]) -> None:
    _, sweeps = outcome
    assert len(sweeps) >= 4
    assert sum(sweeps) >= 0.6 * len(sweeps)
