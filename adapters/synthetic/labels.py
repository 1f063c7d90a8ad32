"""The truth about a synthetic tape: what was planted, where and when, as the labels that `score` reads."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from adapters.synthetic.kinds import DECOY_NAMES
from adapters.synthetic.state import (
    ABSORPTION,
    ACCUMULATION,
    BREAK,
    BROKEN,
    CONFLUENCE,
    DONE,
    IMBALANCE,
    PLAYED,
    REJECTION,
    SWEEP,
    States,
)
from bot.tape.labels import Label

STRENGTHS = {1: ("weak", 0.33), 2: ("mid", 0.67), 3: ("strong", 1.0)}


def labels_of(plants: States, tick: Decimal) -> list[Label]:
    """Labels of everything that was played to its end, by start; a confluence is also an absorption and a rejection."""
    rows = [label for plant in plants if plant["phase"] == DONE for label in _of(plant, tick)]
    return sorted(rows, key=lambda label: (label.t_start, label.kind))


def _of(plant: Any, tick: Decimal) -> Iterator[Label]:
    kind, start, until = int(plant["kind"]), int(plant["start"]), int(plant["until"])
    first, last = int(plant["first"]), int(plant["last"])
    price = float(int(plant["price"]) * tick)
    word, strength = STRENGTHS[int(plant["grade"])]
    side = "long" if plant["side"] > 0 else "short"
    if kind in (SWEEP, BREAK) and plant["came"] == PLAYED:
        # What runs the stops under a level is a sweep for longs, whichever way it was meant.
        favoured = side if kind == SWEEP else "short" if plant["side"] > 0 else "long"
        yield Label(f"sweep_{favoured}", first, last, price, strength, word)
    if kind in (SWEEP, BREAK) and plant["came"] == BROKEN:
        yield Label("null", first, last, price, strength, "break_no_reclaim")
    elif kind in DECOY_NAMES and kind != BREAK:
        yield Label("null", first, last, price, strength, DECOY_NAMES[kind])
    if kind == ACCUMULATION and plant["came"] == PLAYED:
        yield Label(f"accumulation_{side}", first, last, price, strength, word)
    if kind in (ABSORPTION, CONFLUENCE):
        yield Label(f"absorption_{side}", first, last, price, strength, word)
    if kind in (REJECTION, CONFLUENCE):
        yield Label(f"rejection_{side}", start, until, price, strength, word)
    if kind == CONFLUENCE:
        yield Label(f"absorption_rejection_{side}", start, until, price, strength, word)
    if kind == IMBALANCE:
        yield Label(f"imbalance_{side}", start, until, price, strength, word)
