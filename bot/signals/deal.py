"""Dealing a batch of several instruments out: the rows of each behind one another, in their order.

One pass over the rows however many instruments there are; a selection per instrument would read all rows for each.
Only here can be seen that a row comes late: it is marked OVERTAKEN when its instrument had shown nothing for more than
two seconds, and another one ticked after those two seconds and before the last half second and this one of the clock.
That all markets pause and one is the first to go on is no fault of a feed. (G10; `guard_feed.py` judges it.)
"""

import numpy as np
import numpy.typing as npt

from bot.domain.market import OVERTAKEN, Ticks
from bot.kernel import Row, kernel, part

Numbers = npt.NDArray[np.int64]

STALE_NS, AHEAD_NS = 2_000_000_000, 500_000_000
_NEVER = np.iinfo(np.int64).max - STALE_NS
MARKS = np.dtype(
    [
        ("last", "i8"),  # stamp of the newest row of all
        ("end", "i8"),  # of the half second that it lies in
        ("before", "i8"),  # the last stamp before that half second …
        ("earlier", "i8"),  # … and before the half second before it
        ("newest", "i8"),  # of one instrument: its newest stamp
    ],
    align=True,
)


def marks(instruments: int) -> Ticks:
    """What has to be known of earlier batches: a row of all instruments, then one row each."""
    rows = np.zeros(instruments + 1, MARKS)
    rows["newest"] = _NEVER
    return rows


@part
def tick_on(m: Row, ts: int) -> None:
    """A row of any instrument, of a later half second than the one before."""
    m.earlier = m.before if ts < m.end + AHEAD_NS else m.last
    m.before = m.last
    m.end = (ts // AHEAD_NS + 1) * AHEAD_NS


@kernel
def deal(ticks: Ticks, marks: Ticks, firsts: Numbers, numbers: Numbers, dealt: Ticks) -> None:
    """Fill `dealt` with the rows by instrument, `numbers` with which row of the batch each was.

    `firsts`, one longer than there are instruments, tells where each instrument's rows begin; the last entry is the
    end of all. Rows of an instrument that there is none of would be out of bounds: the caller knows how many there are.
    """
    firsts[:] = 0
    for i in range(ticks.shape[0]):
        firsts[ticks[i].instrument + 1] += 1
    for k in range(1, firsts.shape[0]):
        firsts[k] += firsts[k - 1]
    m = marks[0]
    for i in range(ticks.shape[0]):
        k, ts = ticks[i].instrument, ticks[i].ts
        at = firsts[k]
        dealt[at] = ticks[i]
        numbers[at] = i
        firsts[k] = at + 1
        if ts >= m.end:
            tick_on(m, ts)
        if m.earlier > marks[k + 1].newest + STALE_NS:
            dealt[at].flags |= OVERTAKEN
        m.last = marks[k + 1].newest = ts
    for k in range(firsts.shape[0] - 1, 0, -1):
        firsts[k] = firsts[k - 1]
    firsts[0] = 0
