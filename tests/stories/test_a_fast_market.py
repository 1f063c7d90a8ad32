"""M09: news breaks what makers control. A market turns fast: guards see it within seconds, and nothing is entered.

Method: forty minutes of an ordinary synthetic market, then a planted shock of forty seconds; a drill that would enter
every few seconds is what tries its luck.
"""

from pathlib import Path

import numpy as np
import pytest

from adapters.synthetic.natures import nature_of
from adapters.synthetic.schedule import plant
from adapters.synthetic.state import NEWS
from bot.config import instrument
from bot.config.params import SECOND_NS
from bot.domain.market import Ticks
from bot.sessions import days_of
from bot.signals.engine import Wish, build
from bot.tape import TapeWriter
from tests.laws.markets import DRILL
from tests.playing import play, strategy
from tests.rooms.synthetic.markets import at, market, rows

SEEDS = range(1, 7)
MINUTE, LASTS_S = 40, 40
ES = instrument("ES")


def fast(seed: int) -> Ticks:
    """An ordinary market, and news at its fortieth minute."""
    return rows(market(minutes=MINUTE + 5, seed=seed, plants=plant(NEWS, 1 if seed % 2 else -1, 3, at(MINUTE))))


def flagged(ticks: Ticks, number: int) -> float:
    """Seconds from the news to the guard; infinite where it never went on."""
    engine = build(ES, days_of(ES, int(ticks["ts"][0]), int(ticks["ts"][-1])), [Wish()])
    events = engine.scan(ticks)
    told = ((int(e["known"]), engine.evidence(e)) for e in events if engine.kinds[e["kind"]] == "guard")
    on = [known for known, seen in told if seen["number"] == number and seen["on"] and known >= at(MINUTE)]
    return (on[0] - at(MINUTE)) / SECOND_NS if on else np.inf


def test_m09_the_spread_tells_within_three_seconds_and_the_volatility_mostly_within_forty() -> None:
    """The spread's guard is the quick one. The other confirms: of twelve tapes nine within 41 s, one never."""
    tapes = [fast(seed) for seed in range(1, 13)]
    assert max(flagged(ticks, 5) for ticks in tapes) <= 3
    assert np.median([flagged(ticks, 1) for ticks in tapes]) <= 40


@pytest.mark.parametrize("seed", SEEDS)
def test_m09_nothing_is_approved_in_a_fast_market(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "fast.parquet"
    with TapeWriter(path, instrument="ES", contract="ESZ2026", tick=nature_of("ES").tick, source="a test") as tape:
        tape.append(fast(seed))
    played = play(tmp_path, path, strategy(tmp_path, DRILL.replace('"1s"', '"5s"')))
    sent = np.array([order["created_ns"] for order in played.orders if order["role"] == "entry"])
    since = at(MINUTE) + 3 * SECOND_NS
    assert not ((sent >= since) & (sent < at(MINUTE) + LASTS_S * SECOND_NS)).any()
    assert "G5" in played.rules
    assert (sent < at(MINUTE)).sum() > 5
