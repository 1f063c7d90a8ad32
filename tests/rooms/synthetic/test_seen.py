"""What the detectors see of a synthetic session: what was planted, and next to nothing where nothing was."""

import numpy as np
import pytest

from adapters.synthetic.chance import seeded
from adapters.synthetic.labels import labels_of
from adapters.synthetic.natures import NATURES
from adapters.synthetic.schedule import drawn
from adapters.synthetic.state import States
from bot.config import instrument
from bot.domain.market import Events, Ticks
from bot.sessions import days
from bot.signals.engine import Engine, Wish, build
from bot.tape.labels import Label
from tests.rooms.synthetic.markets import at, market, rows

MINUTES = 390
PLANTED, NULL = 45, 42


def seen(ticks: Ticks) -> tuple[Engine, Events]:
    es = instrument("ES")
    sessions = days(
        es.calendar,
        zone=es.zone,
        regular_open=es.regular_open,
        regular_close=es.regular_close,
        first_ns=int(ticks["ts"][0]),
        last_ns=int(ticks["ts"][-1]),
    )
    engine = build(es, sessions, [Wish()])
    return engine, engine.scan(ticks)


def of_kind(engine: Engine, events: Events, kind: str) -> Events:
    return events[events["kind"] == engine.kinds.index(kind)]


@pytest.fixture(scope="module")
def planted() -> tuple[Engine, Events, list[Label]]:
    plants: States = drawn(seeded(PLANTED), at(0), at(MINUTES))
    simulator = market(minutes=MINUTES, seed=PLANTED, plants=plants)
    engine, events = seen(rows(simulator))
    return engine, events, labels_of(simulator.plants, NATURES["ES"].tick)


@pytest.mark.parametrize(("kind", "recall"), [("absorption", 0.6), ("rejection", 0.5), ("imbalance", 0.6)])
def test_most_of_what_was_planted_is_seen(
    planted: tuple[Engine, Events, list[Label]], kind: str, recall: float
) -> None:
    engine, events, labels = planted
    found = of_kind(engine, events, kind)
    staged = [label for label in labels if label.kind in (f"{kind}_long", f"{kind}_short")]
    assert len(staged) >= 3
    hits = 0
    for label in staged:
        side = 1 if label.kind.endswith("long") else -1
        fits = (found["ts"] >= label.t_start) & (found["ts"] <= label.t_end + 75_000_000_000) & (found["side"] == side)
        hits += bool(np.any(fits))
    assert hits >= recall * len(staged)


def test_noise_alone_makes_no_setup() -> None:
    engine, events = seen(rows(market(minutes=MINUTES, seed=NULL)))
    assert len(of_kind(engine, events, "absorption")) <= 1
    assert len(of_kind(engine, events, "absorption_rejection")) == 0
    assert len(of_kind(engine, events, "imbalance")) == 0
    assert len(of_kind(engine, events, "bar")) >= MINUTES
