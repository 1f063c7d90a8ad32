"""The rows that travel in bulk: TICK (what the market said), EVENT (what a scan saw), DAY (one exchange session)."""

import numpy as np
import numpy.typing as npt

Ticks = npt.NDArray[np.void]
"""A one-dimensional array of TICK rows."""
Events = npt.NDArray[np.void]
"""A one-dimensional array of EVENT rows."""
Days = npt.NDArray[np.void]
"""A one-dimensional array of DAY rows, ascending."""

PRINT, QUOTE, STATUS = 1, 2, 3
"""Kinds of a TICK row: a trade tick, a best-bid/offer tick, a market status (halt on/off in `flags`)."""

BUY, SELL, UNKNOWN = 1, -1, 0
"""Aggressor of a print, direction of an order, side of a signal (+1 long, −1 short)."""

ABSENT = int(np.iinfo(np.int32).min)
"""An absent price in ticks. Never 0 or −1: crude oil has traded below zero."""

# How the aggressor of a print was found (TICK.side_method).
SIDE_NONE, SIDE_TRUE, SIDE_QUOTE, SIDE_EMO, SIDE_LEE_READY, SIDE_TICK, SIDE_BULK, SIDE_DERIVED = range(8)
SIDE_METHODS = ("none", "true", "quote", "emo", "lee-ready", "tick", "bulk", "derived")

# TICK.flags
OFF_GRID = 1  # the print's price lies between two ticks; `price` is the tick below
QUARANTINED = 2  # counted, used for nothing (an off-grid futures print, a size of zero or less)
HALT = 4  # on a STATUS row: trading is halted from here on
RESUME = 8  # on a STATUS row: trading goes on from here
TS_REGRESSED = 16  # the stamp went backwards and was clamped to the newest one
OVERTAKEN = 32  # for over two seconds before this row another instrument ticked and this one did not (in memory only)

TICK = np.dtype(
    [
        ("ts", "i8"),  # ns UTC
        ("price", "i4"),  # ticks; ABSENT on a quote
        ("size", "i4"),  # contracts or shares; 0 on a quote
        ("bid", "i4"),  # ticks; on a print the one in force just before it, on a quote the new one; ABSENT = none
        ("ask", "i4"),
        ("bid_size", "i4"),  # 0 when unknown or absent
        ("ask_size", "i4"),
        ("instrument", "u2"),  # index into the run's instruments
        ("kind", "u1"),  # PRINT, QUOTE or STATUS
        ("side", "i1"),  # aggressor of a print: BUY, SELL or UNKNOWN
        ("side_method", "u1"),
        ("flags", "u1"),
    ],
    align=True,
)

EVIDENCE_MAX = 24
EVENT = np.dtype(
    [
        ("ts", "i8"),  # nominal time of confirmation, ns UTC
        ("known", "i8"),  # when it could be acted on, ns UTC
        ("row", "i8"),  # row of the scanned batch at or before which it became known
        ("before", "u1"),  # 1: known strictly before that row's stamp (a bar end without a row of its own)
        ("side", "i1"),  # +1 long, −1 short, 0 neither
        ("instrument", "u2"),
        ("kind", "u2"),  # index into the engine's `kinds`
        ("source", "u2"),  # index of the detector, in order of configuration
        ("price", "i4"),  # ticks
        ("timeframe", "i8"),  # ns of the bar it speaks of; 0 when none
        ("strength", "f8"),
        ("evidence", "f8", (EVIDENCE_MAX,)),  # named by the detector's EVIDENCE tuple
    ],
    align=True,
)

DAY = np.dtype(
    [
        ("open", "i8"),  # session open, ns UTC; bars anchor here
        ("close", "i8"),  # session close, ns UTC
        ("anchor", "i8"),  # regular-hours open: statistics reset here as well
        ("anchor_close", "i8"),  # regular-hours close
        ("date", "i4"),  # trading day as yyyymmdd: the date on which trading ends
    ],
    align=True,
)


def standing(ticks: Ticks, instrument: int, end: int) -> Ticks | None:
    """An instrument's newest row before `end` that tells bid and ask; None without one."""
    for index in range(end - 1, -1, -1):
        tick = ticks[index]
        if tick["instrument"] == instrument and tick["kind"] != STATUS and not tick["flags"] & QUARANTINED:
            return tick  # type: ignore[no-any-return]  # numpy types a row of a structured array as Any
    return None
