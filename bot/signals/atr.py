"""Average range of the bars before this one, after Wilder: a plain mean of the first fourteen, then a slow average.

Source: Wilder 1978, with the bar's own range for the true range; specification of signals §5 (the bar itself is
excluded)."""

import numpy as np

from bot.kernel import Row, part

SPAN = 14
STATE = np.dtype([("n", "i8"), ("value", "f8")], align=True)


@part
def add(s: Row, ticks: int) -> None:
    """Take the range of a bar that has closed."""
    s.n += 1
    s.value += (ticks - s.value) / min(s.n, SPAN)
