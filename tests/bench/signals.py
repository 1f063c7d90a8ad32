"""The engine alone: all shipped detectors over rows in memory, beside reading those rows once; also row by row."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bot import sessions
from bot.config import instrument, load_instruments
from bot.domain.market import Days, Ticks
from bot.signals.engine import Engine, Wish, build
from tests.bench import tape
from tests.bench.limits import read_rate
from tests.bench.rows import Row, in_turns

ROWS, ONE_BY_ONE = 2_000_000, 50_000
ROUNDS = 5


def engine(days: Days) -> Engine:
    """The shipped detectors of ES with their defaults."""
    one = instrument("ES")
    return build(one, days, [Wish.default(one)])


def calendar(rows: Ticks) -> Days:
    """The sessions that the rows lie in."""
    one = instrument("ES")
    return sessions.days(
        one.calendar,
        zone=one.zone,
        regular_open=one.regular_open,
        regular_close=one.regular_close,
        first_ns=int(rows["ts"][0]),
        last_ns=int(rows["ts"][-1]),
        overrides=load_instruments()["ES"].hours,
    )


def rate(rows: Ticks, days: Days, batch: int) -> float:
    """Rows per second of scanning `rows` in batches."""
    watch = engine(days)
    began = time.perf_counter()
    for start in range(0, len(rows), batch):
        watch.scan(rows[start : start + batch])
    return len(rows) / (time.perf_counter() - began)


def measure() -> list[dict[str, Any]]:
    """Rows per second of the engine at batches of 65,536, 4,096 and one row, and its share of the read-once limit."""
    ticks = np.concatenate(list(tape.chunks(ROWS)))
    days, few = calendar(ticks), ticks[:ONE_BY_ONE].copy()
    rate(few, days, 4_096)
    contestants: dict[str, Callable[[], float]] = {
        "limit": lambda: read_rate(ticks),
        "65,536": lambda: rate(ticks, days, 65_536),
        "4,096": lambda: rate(ticks, days, 4_096),
        "1": lambda: rate(few, days, 1),
    }
    rates = in_turns(contestants, ROUNDS)
    limit = rates.pop("limit")
    return [
        Row(f"signals: batches of {name}", found / 1e6, "M rows/s", "reading them once", found / limit).as_json()
        for name, found in rates.items()
    ]
