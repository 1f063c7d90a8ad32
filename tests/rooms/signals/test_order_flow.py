"""Order-flow imbalance: by hand, against prices that follow it, and what must not count."""

import numpy as np
import pytest

from bot.config.params import SECOND_NS as SECOND
from bot.domain.market import PRINT, QUOTE, SIDE_TRUE, TICK, Ticks
from bot.signals.engine import Wish, build
from tests.rooms.signals.scanning import ES, WEEK
from tests.tapes import Tape, mirrored, ns

START = "2026-05-27 10:00"
# bid, ask, their sizes, and what the quote adds to the bid's side less what it adds to the ask's.
TABLE = [
    (16800, 16801, 50, 40, 0),  # the first has nothing to be compared with
    (16800, 16801, 60, 40, 10),  # bid grows
    (16800, 16801, 60, 55, -15),  # ask grows
    (16800, 16801, 45, 55, -15),  # bid shrinks
    (16800, 16801, 45, 30, 25),  # ask shrinks
    (16801, 16802, 20, 70, 20 + 30),  # up: a new bid, and the ask that was is gone
    (16801, 16802, 20, 70, 0),  # said again
    (16801, 16803, 20, 90, 70),  # the ask steps back
    (16801, 16802, 20, 35, -35),  # and is undercut again
    (16800, 16801, 80, 25, -20 - 25),  # down
    (16799, 16801, 66, 25, -80),  # the bid steps back
    (16800, 16801, 15, 20, 15 + 5),  # a better bid, a smaller ask
]


def quotes(rows: list[tuple[int, int, int, int]], step_ns: int = 100_000_000, start: str = START) -> Ticks:
    ticks = np.zeros(len(rows), TICK)
    ticks["ts"], ticks["kind"] = ns(start) + step_ns * np.arange(len(rows)), QUOTE
    ticks["price"] = np.iinfo(np.int32).min
    for k, name in enumerate(("bid", "ask", "bid_size", "ask_size")):
        ticks[name] = [row[k] for row in rows]
    return ticks


def bars(ticks: Ticks, seconds: int = 10, **silent: int) -> list[dict[str, float]]:
    engine = build(ES, WEEK, [Wish(seconds * SECOND, None)])
    events = engine.scan(ticks, silent.get("until", int(ticks["ts"][-1]) + 60 * SECOND))
    return [
        dict(engine.evidence(e))
        for e in events
        if engine.kinds[e["kind"]] == "bar" and e["timeframe"] == seconds * SECOND
    ]


def test_m10_order_flow_imbalance_is_that_of_a_table_of_twelve_quotes() -> None:
    ticks = quotes([row[:4] for row in TABLE])
    bar = bars(ticks)[0]
    assert bar["ofi"] == sum(row[4] for row in TABLE) == -15
    assert bar["depth"] == pytest.approx(np.mean([(row[2] + row[3]) / 2 for row in TABLE[1:]]))
    for k in range(1, len(TABLE)):
        assert bars(ticks[: k + 1])[0]["ofi"] == sum(row[4] for row in TABLE[: k + 1]), f"quote {k}"


def linear_impact(minutes: int, depth: int = 60, seed: int = 3) -> Ticks:
    """A market in which only order flow moves the price: each tick of it takes `depth` contracts.

    Four times a second somebody adds to the bid and takes from the ask, or the reverse, and the touch follows the sum.
    Both sides trade alike, but in the last five minutes nearly everybody buys, that somebody reads the figures.
    """
    chance = np.random.default_rng(seed)
    flow = np.cumsum(chance.integers(-12, 13, minutes * 240))
    step, inside = np.divmod(flow, depth)
    told = quotes(
        [(16800 + k, 16801 + k, 1 + q, 1 + depth - q) for k, q in zip(step, inside, strict=True)], SECOND // 4
    )
    prints = told[::2].copy()
    buys = np.where(np.arange(len(prints)) < (minutes - 5) * 120, np.arange(len(prints)) % 2, chance.random() < 2)
    prints["kind"], prints["size"], prints["side"], prints["side_method"] = PRINT, 2, 2 * buys - 1, SIDE_TRUE
    prints["price"] = np.where(prints["side"] > 0, prints["ask"], prints["bid"])
    prints["ts"] += 1_000_000
    both = np.concatenate((told, prints))
    return both[np.argsort(both["ts"], kind="stable")]


def flow_figures(ticks: Ticks) -> dict[str, float]:
    """The evidence of the tape's last imbalance."""
    engine = build(ES, WEEK, [Wish()])
    events = engine.scan(ticks, int(ticks["ts"][-1]) + SECOND)
    [event] = [e for e in events if engine.kinds[e["kind"]] == "imbalance"]
    return dict(engine.evidence(event))


def test_m10_a_market_that_moves_with_its_order_flow_has_a_slope_above_zero() -> None:
    """A quote of u is an OFI of 2u, a mean side of the touch is half a tick's depth: a slope of about a quarter."""
    seen = flow_figures(linear_impact(55))
    assert seen["beta"] == pytest.approx(0.25, rel=0.25)
    assert seen["r2"] > 0.7


def test_a_market_that_moves_by_chance_has_none() -> None:
    ticks = linear_impact(55)
    chance = np.random.default_rng(5)
    quoted = ticks["kind"] == QUOTE
    for name in ("bid_size", "ask_size"):
        ticks[name][quoted] = chance.integers(1, 60, int(quoted.sum()))
    move = ticks["bid"] - 16800
    for name in ("bid", "ask", "price"):
        ticks[name] -= np.where(ticks[name] > 0, move, 0).astype(np.int32)
    seen = flow_figures(ticks)
    assert np.isnan(seen["beta"]) or abs(seen["beta"]) < 0.01


def test_a_mirrored_book_has_the_opposite_flow() -> None:
    ticks = quotes([row[:4] for row in TABLE])
    assert bars(mirrored(ticks, 16800))[0]["ofi"] == 15


def test_a_longer_bar_holds_the_flow_of_the_bars_in_it() -> None:
    ticks = linear_impact(12)
    minutes, fives = bars(ticks, 60), bars(ticks, 300)
    for k, five in enumerate(fives[:2]):
        assert five["ofi"] == sum(minute["ofi"] for minute in minutes[5 * k : 5 * k + 5])


def test_a_book_with_one_side_counts_nothing_until_it_is_whole_again() -> None:
    told = Tape(start=START).quote("4200.00", "4200.25", 10, 10).quote("4200.00", None, 10)
    told.quote("4200.25", "4200.50", 90, 90).quote("4200.25", "4200.50", 95, 90)
    assert bars(told.rows())[0]["ofi"] == 5


def test_quotes_that_stuff_the_book_count_nothing() -> None:
    """Two hundred quotes in a second without a print are stuffing: what the touch shows from then on is no flow."""
    told = Tape(start=START).quote("4200.00", "4200.25", 10, 10)
    for k in range(300):
        told.quote("4200.00", "4200.25", 11 + k, 10)
    assert bars(told.rows())[0]["ofi"] == pytest.approx(200, abs=2)
