"""What all guards share: an EVENT when one goes on and one when it goes off. The gate vetoes entries in between.

A guard is a fold over rows like every detector; its thresholds have hysteresis. Number 4 is `G4` of the specification.
Source: specification of signals §11.
"""

import numpy as np

from bot.domain.market import Events
from bot.kernel import kernel
from bot.signals import event

EVIDENCE = ("number", "on", "value", "threshold")
ROW_EVENTS = 4
"""More than one row cannot give from one guard."""


@kernel
def edge(g: np.void, number: int, value: float, threshold: float, out: Events, found: int) -> np.void:
    """Switch the guard and describe it in `out[found]`; stamps and row are the caller's."""
    g.on = 1 - g.on
    e = out[found]
    event.head(e, g, g.kind, 0, 0, value)
    e.evidence[0], e.evidence[1], e.evidence[2], e.evidence[3] = number, g.on, value, threshold
    return e


@kernel
def stamp(e: np.void, due: int, ts: int, row: int) -> None:
    """It was due at `due`, and the row stamped `ts` is the first that could show it."""
    event.when(e, min(due, ts), min(due, ts), row, 1 if due < ts else 0)
