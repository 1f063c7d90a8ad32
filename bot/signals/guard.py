"""What all guards share: an EVENT when one goes on and one when it goes off. The gate vetoes entries in between.

A guard is a fold over rows like every detector; its thresholds have hysteresis. Number 4 is `G4` of the specification.
`direction` is 0 but for the guard that vetoes one side only: +1 a market that runs up, where selling is vetoed.
Source: specification of signals §11.
"""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from bot.config import Params as Base
from bot.domain.market import Events, Ticks
from bot.kernel import Row, part
from bot.signals import event
from bot.signals.args import args_dtype, args_row

EVIDENCE = ("number", "on", "value", "threshold", "direction")
NAME = np.dtype([("number", "i8"), ("source", "i8"), ("kind", "i8")], align=True)


class GuardParams(Base):
    """Thresholds of a guard, the same for every product unless it says otherwise."""

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = 0) -> Self:
        """The starting values of a product."""
        return cls()


def state(params: type[Base], *fields: tuple[str, npt.DTypeLike] | tuple[str, npt.DTypeLike, Any]) -> Any:
    """The dtype of a guard's memory: its parameters, its name, whether it is on, and `fields` of its own."""
    return np.dtype([("args", args_dtype(params)), ("name", NAME), ("on", "i8"), *fields], align=True)


def first(dtype: Any, params: Base, number: int, source: int, kind: int, **values: Any) -> Ticks:
    """One row of a guard's memory: nothing is known but `values`."""
    row = np.zeros(1, dtype)
    row["args"] = args_row(params, dtype["args"])
    row["name"] = (number, source, kind)
    for name, value in values.items():
        row[name] = value
    return row


@part
def tell(e: Row, name: Row, on: int, value: float, threshold: float, due: int, ts: int, row: int) -> None:
    """Write the EVENT of a guard that went on or off: due at `due`, shown first by the row stamped `ts`."""
    event.when(e, min(due, ts), min(due, ts), row, 1 if due < ts else 0)
    event.head(e, name.source, name.kind, 0, 0, 0, value)
    e.evidence[0], e.evidence[1], e.evidence[2], e.evidence[3] = name.number, on, value, threshold


@part
def switch(g: Row, value: float, threshold: float, due: int, ts: int, row: int, out: Events, found: int) -> int:
    """Go on, or off; return how many events there are. Times as in `tell`."""
    g.on = 1 - g.on
    tell(out[found], g.name, g.on, value, threshold, due, ts, row)
    return found + 1
