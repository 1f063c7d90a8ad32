"""Engines with a hair trigger, lively little tapes for them, and scans that are cut anywhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.lib.recfunctions import repack_fields

from bot.config.params import SECOND_NS
from bot.domain.instrument import Instrument
from bot.domain.market import (
    ABSENT,
    DAY,
    HALT,
    OFF_GRID,
    PRINT,
    QUARANTINED,
    QUOTE,
    RESUME,
    SIDE_TRUE,
    STATUS,
    TICK,
    TS_REGRESSED,
    Days,
    Events,
    Ticks,
)
from bot.signals.engine import Engine, Wish, build
from tests.tapes import ns

ES = Instrument("ES", Decimal("0.25"), Decimal("12.50"))
BANDED = replace(ES, band_low=16780, band_high=16820, contract="ESM2026", expires="third-friday")
HOUR_NS = 3600 * SECOND_NS
TRIGGER_NS, CONTEXT_NS = 10 * SECOND_NS, 30 * SECOND_NS
HAIR: Mapping[str, Mapping[str, Any]] = {
    "absorption": {
        "z_min": 0.5,
        "volume_min": 12.0,
        "rho_min": 0.5,
        "age_min": "1s",
        "lift_ticks": 1,
        "tau": "5s",
        "cooldown": "3s",
        "quiet": "500ms",
        "warmup": 4,
        "share_min": 0.3,
    },
    "rejection": {
        "prints_min": 3,
        "atr_bars_min": 2,
        "effort_bars_min": 2,
        "effort_min": 0.6,
        "tail_atr_min": 0.3,
        "conviction_min": -3.0,
    },
    "imbalance": {
        "strong_percent": 65,
        "watch_percent": 55,
        "z_min": 0.2,
        "prints_min": 3,
        "volume_min": 0.1,
        "base_window": "2m",
        "base_after": "30s",
    },
    "absorption_rejection": {"before": "60s", "near_ticks": 8, "min_target_ticks": 1},
    "sweep": {
        "pen_min": 1,
        "pen_max": 3,
        "reclaim": "20s",
        "hold": "200ms",
        "burst_min": 1.2,
        "strength_min": 0.1,
        "rest": "1s",
        "shallow": 1.0,
        "prints_min": 2,
        "answer_min": 0.2,
        "near_ticks": 1,
        "cooldown": "2s",
        "warmup": "5s",
        "step": "5s",
        "window": "60s",
    },
    "inventory": {"q_min": 0.01, "tau": "20s", "look": "1s", "past": "2s", "cooldown": "1s", "confidence_min": 0.0},
    "exhaustion": {"td_max": 0.3, "relief_min": -0.5, "tail_volume_min": 0.0},
    "accumulation": {
        "shortest": "10s",
        "bars_min": 2,
        "width_atr": 4.0,
        "z_min": 0.2,
        "drift_max": 1.0,
        "tests_min": 1,
        "edge_share_min": 0.3,
    },
    "sweep_absorption": {"before": "10s", "after": "20s", "near_ticks": 6, "min_target_ticks": 1},
    "imbalance_pullback": {
        "grade_min": 0,
        "absorbed": True,
        "wait": "2m",
        "depth_min_ticks": 1,
        "depth_min_atr": 0.0,
        "depth_max_ticks": 16,
        "depth_max_atr": 0.0,
        "min_target_ticks": 1,
    },
    "guard_halt": {"silence": "8s", "gaps": 10.0, "release": "4s"},
    "guard_one_sided": {"whole": "2s"},
    "guard_spread": {"floor_ticks": 2, "times": 1.6, "held": "100ms", "release": "2s"},
    "guard_stuffing": {"quotes_min": 4, "times": 1.0, "prints_max": 0.4, "flicker_quotes_min": 2, "clean_seconds": 2},
    "guard_band": {"near_ticks": 15, "near_atr": 0.5, "release": "5s"},
    "guard_block": {"times": 4.0, "orders": 60, "seconds": 60, "orders_min": 8, "release": "3s"},
    "guard_roll": {"days_before": 23},
    "guard_feed": {"crossed": "200ms", "regressed_min": 1, "clean_seconds": 3, "gaps": 1.0},
    "guard_trend": {"window": "30s", "efficiency": 0.5, "calm_efficiency": 0.4, "move_atr": 1.0, "held": 2},
    "guard_volatility": {
        "ratio": 1.1,
        "calm_ratio": 1.0,
        "calm_seconds": 3,
        "move_atr": 2.0,
        "seconds_min": 20,
        "noise": 1.0,
    },
}
HAIR_WISH = Wish(TRIGGER_NS, CONTEXT_NS, HAIR)
SEED_WISH = Wish(TRIGGER_NS, CONTEXT_NS, {**HAIR, "inventory": {**HAIR["inventory"], "mm_model": "seed"}})
"""The same, but quotes that move apart are what makers do who hold too much: the lesson's model of them."""
HAIR_WISHES = (HAIR_WISH, SEED_WISH)


def weekdays(*dates: str) -> Days:
    """Globex sessions (18:00 to 17:00 New York) with regular hours from 09:30 to 16:00."""
    rows = []
    for date in dates:
        close = ns(f"{date} 17:00")
        regular = (ns(f"{date} 09:30"), ns(f"{date} 16:00"))
        rows.append((close - 23 * HOUR_NS, close, *regular, int(date.replace("-", ""))))
    return np.array(rows, DAY)


WEEK = weekdays("2026-05-26", "2026-05-27", "2026-05-28")
LESSON_DAYS = weekdays("2023-05-24", "2023-05-25", "2023-05-26")


def hair_engine(**room: int) -> Engine:
    """An engine that fires at everything; `room` is how much of its buffers it starts with."""
    return build(BANDED, WEEK, HAIR_WISHES, **room)


def lively(
    seed: int, rows: int = 600, start: str = "2026-05-27 09:29:30", *, sided: bool = True, faulty: bool = False
) -> Ticks:
    """A walk with everything that a tape can hold: bursts into one price, pauses, equal stamps, halts, empty sides.

    Where it is `faulty` so is the feed now and then: crossed books, stamps that went back.
    """
    chance = np.random.default_rng(seed)
    ticks, now, bid = np.zeros(rows, TICK), ns(start), 16800
    sizes, sellers, missing, wide = [9, 9], 0.5, 0, 1
    for row in ticks:
        now += int(chance.choice([0, 3, 40, 300, 2500], p=[0.15, 0.25, 0.3, 0.25, 0.05])) * 1_000_000
        if chance.random() < 0.01:
            now += int(chance.integers(5, 30)) * SECOND_NS
        if chance.random() < 0.03:
            sellers = float(chance.choice([0.1, 0.5, 0.9]))
        if chance.random() < 0.15:
            bid += int(chance.choice([-1, 1], p=[0.55, 0.45] if sellers > 0.5 else [0.45, 0.55]))
        if chance.random() < 0.3:
            sizes = [int(size) for size in chance.integers(1, 12, 2)]
        missing = 1 - missing if chance.random() < (0.01 if missing == 0 else 0.2) else missing
        wide = -1 if faulty and wide == 1 and chance.random() < 0.005 else wide
        wide = int(chance.integers(2, 5)) if chance.random() < 0.01 else 1 if chance.random() < 0.1 else wide
        row["ts"], row["price"] = now, ABSENT
        # Now and then makers step back on both sides for a while.
        apart = now // (8 * SECOND_NS) % 6 == 0
        row["bid"], row["ask"] = (ABSENT if missing else bid - apart), bid + wide + apart
        row["bid_size"], row["ask_size"] = (0 if missing else sizes[0]), sizes[1]
        row["flags"] = TS_REGRESSED if faulty and chance.random() < 0.005 else 0
        row["kind"] = chance.choice([PRINT, QUOTE, STATUS], p=[0.6, 0.395, 0.005])
        if row["kind"] == PRINT:
            _print(row, chance, bid, sellers, sided)
        elif row["kind"] == STATUS:
            row["flags"] |= HALT if chance.random() < 0.5 else RESUME
    return ticks


def _print(row: Any, chance: np.random.Generator, bid: int, sellers: float, sided: bool) -> None:
    side = -1 if chance.random() < sellers else 1
    row["price"] = bid + (side > 0) + int(chance.choice([0, 0, 0, 0, 1, -1]))
    row["size"] = int(chance.integers(1, 9))
    odd = chance.random()
    row["flags"] |= OFF_GRID if odd < 0.01 else QUARANTINED if odd < 0.02 else 0
    row["side"] = side if sided and row["flags"] & (OFF_GRID | QUARANTINED) == 0 and odd < 0.97 else 0
    row["side_method"] = SIDE_TRUE if sided else 0


def cuts(length: int, places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(start, stop) of the batches that cuts at `places` make; equal places make empty batches."""
    edges = [0, *sorted(min(place, length) for place in places), length]
    yield from pairwise(edges)


def scanned(engine: Any, ticks: Ticks, places: Sequence[int] = (), silent: Sequence[float] = ()) -> Events:
    """All events of a tape that is cut at `places`, with rows of the whole tape.

    `silent[k]` in [0, 1) says how much of the pause after the k-th batch the engine is told of before it sees the next.
    """
    found = []
    for number, (start, stop) in enumerate(cuts(len(ticks), places)):
        until = 0
        if number < len(silent) and 0 < stop < len(ticks):
            last, following = int(ticks["ts"][stop - 1]), int(ticks["ts"][stop])
            until = max(0, min(following - 1, last + int(silent[number] * (following - last))))
        events = engine.scan(ticks[start:stop], until)
        events["row"] += start
        found.append(events)
    return np.concatenate(found)


def raw(events: Events) -> bytes:
    """Every byte of the events but the padding between fields."""
    return repack_fields(events).tobytes()


def kinds(engine: Any, events: Events) -> list[str]:
    """The kind of every event by name."""
    return [engine.kinds[kind] for kind in events["kind"]]
