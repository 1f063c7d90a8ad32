"""The rows that the second market works on. Side of the book k: 0 = bid, 1 = ask; rates a second, prices ticks."""

from typing import Any

import numpy as np

from bot.kernel import hot

Rows = np.ndarray[Any, Any]
BID, ASK = 0, 1
(ABSORPTION, REJECTION, CONFLUENCE, IMBALANCE, SWEEP, BREAK, LOCK, STUFFING, NEWS, ONE_SIDED, HALTED, BLOCK, TREND,
 DISORDER) = range(14)  # fmt: skip
WAITING, APPROACH, HOLD, LIFT, DONE, DROPPED = range(6)

NATURE = np.dtype(
    [
        ("takes", "f8"),  # market orders a second and side, without excitation
        ("makes", "f8"),  # limit orders a second and side at the usual depth
        ("fades", "f8"),  # share of the nearest levels that is cancelled each second
        ("mean", "f8"),  # mean size of a limit order, lots
        ("tail", "f8"),  # Pareto exponent of a market order's size
        ("largest", "i8"),  # lots
        ("lot", "i8"),
        ("wide", "i8"),  # usual spread
        ("reach", "f8"),  # mean distance behind the touch at which a limit order is put
        ("pieces", "f8"),  # chance that a fill prints in pieces
        ("grid", "i8"),  # round numbers
        ("least", "f8"),  # units that the weakest absorber takes at least
        ("bar", "f8"),  # seconds of the bar that shapes are made for
        ("share", "f8"),  # buyers' share of market orders the whole day
    ],
    align=True,
)
MARKET = np.dtype(
    [
        ("ts", "i8"),
        ("begin", "i8"),
        ("end", "i8"),
        ("rows", "i8"),
        ("origin", "i8"),  # price of book[0]
        ("touch", "i8", (2,)),
        ("heat", "f8", (2, 2)),  # excited market orders on side k, fast and slow kernel
        ("busy", "f8"),  # slow activity, log
        ("lean", "f8"),  # slow preference for buying
        ("gone", "i8"),  # side whose touch gave way last
        ("balance", "f8"),  # how much more sellers show, where buyers prevail the whole day
        ("start", "i8"),  # first bid
        ("next_second", "i8"),
        ("next_look", "i8"),
        ("seconds", "i8"),
        ("push", "f8", (2,)),  # metaorders' child orders that hit side k
        ("heavy", "f8"),  # factor on their size
        ("thin", "f8", (2,)),  # factor on everybody else's
        ("makers", "f8", (2,)),
        ("stand", "i8"),  # side that has a hidden reserve, −1 none
        ("stand_price", "i8"),
        ("stand_show", "i8"),
        ("stand_slow", "i8"),  # 1: a person shows it again, not the exchange
        ("absent", "i8"),
        ("crossed", "i8"),
        ("halted", "i8"),
        ("flicker", "f8"),
        ("extra_wide", "i8"),
        ("used", "f8", (2,)),
        ("cost", "f8"),  # mean volume per tick of progress, units
        ("high", "i8"),
        ("low", "i8"),
        ("bar_end", "i8"),
        ("range", "f8"),  # mean range of a bar, ticks
        ("minute_end", "i8"),
        ("minute_high", "i8"),
        ("minute_low", "i8"),
        ("minutes", "i8"),
        ("highs", "i8", (30,)),
        ("lows", "i8", (30,)),
        ("plant", "i8"),
        ("buying", "f8"),
        ("selling", "f8"),
        ("last_print", "i8"),  # its price
        ("printed", "i8"),  # units, all prints
    ],
    align=True,
)
PLANT = np.dtype(
    [
        ("kind", "i8"),
        ("side", "i8"),  # +1 long
        ("grade", "i8"),  # 1 weak, 2 mid, 3 strong
        ("mode", "f8"),  # a number in [0, 1) that varies the play
        ("start", "i8"),
        ("until", "i8"),
        ("phase", "i8"),
        ("phase_at", "i8"),
        ("first", "i8"),
        ("last", "i8"),
        ("price", "i8"),
        ("from_price", "i8"),
        ("aim", "i8"),
        ("goal", "f8"),
        ("got", "f8"),
        ("bought", "f8"),
        ("sold", "f8"),
    ],
    align=True,
)


@hot
def toward(k: int) -> int:
    """−1 for the bid, +1 for the ask: the direction in which a side gives way."""
    return 2 * k - 1
