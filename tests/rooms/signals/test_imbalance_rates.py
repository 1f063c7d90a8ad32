"""How often an imbalance that is there is seen, and how often one is seen that is none: M13 on markets by chance.

The lesson's "75 to 80 % at the ask over 15 minutes", on AAPL: prints come three in a second, and who causes one takes
after who caused the last, so that a thousand prints are worth about half as many. Nothing of the synthetic market is
used; the quote stands still, for an imbalance is a matter of sides alone.
"""

import numpy as np
import pytest

from bot.config import instrument
from bot.config.params import MINUTE_NS, SECOND_NS
from bot.domain.market import ABSENT, PRINT, SIDE_TRUE, TICK, Events, Ticks
from bot.sessions import days_of
from bot.signals.engine import Engine, Wish, build
from tests.tapes import ns

AAPL = instrument("AAPL")
DAY, HOURS = "2026-05-27", 6.5
OPEN_NS = ns(f"{DAY} 09:30")
A_SECOND, ALIKE = 3.0, 0.35
"""Prints in a second; chance that a print is of its predecessor's side whatever the share."""
PLANTED, MINUTES = 0.78, 15


def flow(seed: int, plants: list[tuple[int, int]] | None = None, base: float = 0.5) -> Ticks:
    """One day of prints. In each of `plants` (ns, side) and the quarter of an hour after it .78 are of that side."""
    chance = np.random.default_rng(seed)
    n = chance.poisson(A_SECOND * HOURS * 3600)
    ticks = np.zeros(n, TICK)
    ticks["ts"] = OPEN_NS + np.sort(chance.integers(0, round(HOURS * 3600 * SECOND_NS), n))
    bought = np.full(n, base)
    for start, side in plants or []:
        inside = (ticks["ts"] >= start) & (ticks["ts"] < start + MINUTES * MINUTE_NS)
        bought[inside] = PLANTED if side > 0 else 1 - PLANTED
    fresh = chance.random(n) >= ALIKE
    fresh[0] = True
    own = np.where(chance.random(n) < bought, 1, -1)
    ticks["side"] = own[np.maximum.accumulate(np.where(fresh, np.arange(n), 0))]
    ticks["size"], ticks["kind"], ticks["side_method"] = chance.geometric(0.5, n) * 100, PRINT, SIDE_TRUE
    ticks["bid"], ticks["ask"], ticks["bid_size"], ticks["ask_size"] = 18000, 18001, 800, 800
    ticks["price"] = np.where(ticks["side"] > 0, 18001, 18000)
    assert (ticks["price"] != ABSENT).all()
    return ticks


def seen(ticks: Ticks) -> tuple[Engine, Events]:
    """Everything that says imbalance."""
    engine = build(AAPL, days_of(AAPL, int(ticks["ts"][0]), int(ticks["ts"][-1])), [Wish.default(AAPL)])
    events = engine.scan(ticks)
    return engine, events[[engine.kinds[kind].startswith("imbalance") for kind in events["kind"]]]


def test_m13_of_planted_quarters_of_an_hour_with_78_percent_nine_in_ten_are_seen() -> None:
    hits = planted = 0
    for seed in range(20):
        chance = np.random.default_rng(1_000 + seed)
        starts = [OPEN_NS + int((75 + 100 * k + chance.uniform(0, 60)) * 60) * SECOND_NS for k in range(3)]
        plants = [(start, int(chance.choice((1, -1)))) for start in starts]
        engine, events = seen(flow(seed, plants))
        found = events[events["kind"] == engine.kinds.index("imbalance_15m")]
        for start, side in plants:
            until = start + (MINUTES + 2) * MINUTE_NS
            hits += bool(((found["side"] == side) & (found["ts"] >= start) & (found["ts"] <= until)).any())
            planted += 1
    assert planted == 60
    assert hits >= 0.9 * planted, f"{hits} of {planted}"


@pytest.mark.parametrize("base", [0.5, 0.7])
def test_m13_a_market_that_always_buys_seven_in_ten_gives_hardly_any(base: float) -> None:
    """At most one in ten hours, of either length, over 65 hours."""
    false = 0
    for seed in range(10):
        engine, events = seen(flow(100 + seed, base=base))
        counted = [engine.kinds.index(kind) for kind in ("imbalance", "imbalance_15m")]
        false += int(np.isin(events["kind"], counted).sum())
    assert false <= 0.1 * 10 * HOURS, f"{false} in {10 * HOURS} hours"
