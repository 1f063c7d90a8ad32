"""What all guards share: an EVENT when one goes on and one when it goes off. The gate vetoes entries in between.

A guard is a fold over rows like every detector; its thresholds have hysteresis. Number 4 is `G4` of the specification.
Source: specification of signals §11.
"""

import numpy as np

from bot.kernel import Row, part
from bot.signals import event

EVIDENCE = ("number", "on", "value", "threshold")
NAME = np.dtype([("number", "i8"), ("source", "i8"), ("kind", "i8")], align=True)


@part
def tell(e: Row, name: Row, on: int, value: float, threshold: float, due: int, ts: int, row: int) -> None:
    """Write the EVENT of a guard that went on or off: due at `due`, shown first by the row stamped `ts`."""
    event.when(e, min(due, ts), min(due, ts), row, 1 if due < ts else 0)
    event.head(e, name.source, name.kind, 0, 0, 0, value)
    e.evidence[0], e.evidence[1], e.evidence[2], e.evidence[3] = name.number, on, value, threshold
