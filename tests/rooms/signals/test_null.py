"""A market that is nothing but noise: few signals, no confluence, guards at rest."""

from collections import Counter

import numpy as np

from bot.config.params import SECOND_NS
from bot.domain.market import ABSENT, PRINT, QUOTE, SIDE_TRUE, TICK, Ticks
from bot.signals.engine import Wish, build
from tests.rooms.signals.scanning import ES, WEEK, scanned
from tests.tapes import ns

HOURS = 6


def noise(seed: int, hours: int = HOURS, per_second: int = 6) -> Ticks:
    """Quotes that queue up and are eaten by orders of either side with equal chances."""
    chance = np.random.default_rng(seed)
    count = hours * 3600 * per_second
    ticks = np.zeros(count, TICK)
    gaps = chance.exponential(SECOND_NS / per_second, count).astype(np.int64) + 1
    ticks["ts"] = ns("2026-05-27 09:35") + np.cumsum(gaps)
    kinds, sides = chance.random(count) < 0.4, chance.random(count) < 0.5
    sizes, moves = chance.geometric(0.25, count), chance.integers(-6, 7, count)
    bid, book = 16800, [60, 60]
    for k in range(count):
        row, up = ticks[k], int(sides[k])
        row["bid"], row["ask"], row["bid_size"], row["ask_size"], row["price"] = bid, bid + 1, *book, ABSENT
        row["kind"] = QUOTE
        if kinds[k]:
            size = min(int(sizes[k]), book[up])
            row["kind"], row["price"], row["size"] = PRINT, bid + up, size
            row["side"], row["side_method"] = 2 * up - 1, SIDE_TRUE
            book[up] -= size
        else:
            book[up] = max(1, book[up] + int(moves[k]))
            row["bid_size"], row["ask_size"] = book
        if book[up] <= 0:
            bid += 2 * up - 1
            book = [int(chance.integers(30, 90)) for _ in range(2)]
    return ticks


def test_noise_gives_few_signals_and_no_setup() -> None:
    found: Counter[str] = Counter()
    on = 0
    for seed in (1, 2):
        engine = build(ES, WEEK, [Wish()])
        ticks = noise(seed)
        events = scanned(engine, ticks)
        found.update(engine.kinds[kind] for kind in events["kind"])
        since: dict[float, int] = {}
        for event in events[events["kind"] == 1]:
            numbers = engine.evidence(event)
            if numbers["on"]:
                since[numbers["number"]] = int(event["known"])
            else:
                on += int(event["known"]) - since.pop(numbers["number"])
    hours = 2 * HOURS
    assert found["bar"] > 0
    assert found["absorption_rejection"] == 0, found
    assert found["absorption"] <= 0.5 * hours, found
    assert found["rejection"] <= 2.5 * hours, found
    assert found["sweep"] <= 2 * hours, found
    assert found["imbalance"] + found["imbalance_watch"] + found["imbalance_15m"] == 0, found
    assert on <= 0.02 * hours * 3600 * SECOND_NS
