"""Dealing a batch of several instruments out: the rows of each behind one another, in their order.

One pass over the rows however many instruments there are; a selection per instrument would read all rows for each.
"""

import numpy as np
import numpy.typing as npt

from bot.domain.market import Ticks
from bot.kernel import kernel

Numbers = npt.NDArray[np.int64]


@kernel
def deal(ticks: Ticks, firsts: Numbers, numbers: Numbers, dealt: Ticks) -> None:
    """Fill `dealt` with the rows by instrument, `numbers` with which row of the batch each was.

    `firsts`, one longer than there are instruments, tells where each instrument's rows begin; the last entry is the
    end of all. Rows of an instrument that there is none of would be out of bounds: the caller knows how many there are.
    """
    firsts[:] = 0
    for i in range(ticks.shape[0]):
        firsts[ticks[i].instrument + 1] += 1
    for k in range(1, firsts.shape[0]):
        firsts[k] += firsts[k - 1]
    for i in range(ticks.shape[0]):
        k = ticks[i].instrument
        at = firsts[k]
        dealt[at] = ticks[i]
        numbers[at] = i
        firsts[k] = at + 1
    for k in range(firsts.shape[0] - 1, 0, -1):
        firsts[k] = firsts[k - 1]
    firsts[0] = 0
