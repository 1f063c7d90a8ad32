"""A seedable market for measuring: as many rows as wanted, ES-like, the same for every engine.

5,000,000 rows a session of 23 hours: 65 % quotes, 35 % prints, strictly rising stamps, a price that walks by ticks, and
aggressors that lean on the low or the high of the minute, so that tails with absorption occur about once in ten bars.
It imitates nothing beyond that: no conclusion about a market can be drawn from it.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from bot.domain.market import TICK, Ticks
from bot.kernel import kernel
from bot.tape import TapeFacts, TapeWriter

ROWS_A_SESSION = 5_000_000
# Sunday to Thursday evenings of a week without holiday or clock change; a session opens at 18:00 New York.
FIRST_OPEN_NS = 1_771_801_200_000_000_000  # 2026-02-22 18:00 New York
DAY_NS = 86_400_000_000_000
MEAN_GAP_NS = 1_376 * 60_000_000_000 // ROWS_A_SESSION
CHUNK = 1_000_000

STATE = np.dtype(
    [
        ("seed", "u8"),
        ("ts", "i8"),
        ("minute", "i8"),
        ("bid", "i4"),
        ("low", "i4"),
        ("high", "i4"),
        ("bs", "i4"),
        ("as_", "i4"),
    ]
)


@kernel
def fill(rows: Any, states: Any, gap: Any) -> None:
    """Write the next rows of the walk into `rows` (TICK)."""
    s = states[0]
    for i in range(rows.shape[0]):
        # xorshift64: one draw a row, its bits serve every question.
        x = np.uint64(s.seed)
        x ^= x << np.uint64(13)
        x ^= x >> np.uint64(7)
        x ^= x << np.uint64(17)
        s.seed = x
        s.ts += 1 + (np.int64(x & np.uint64(0xFFFFF)) * 2 * gap >> 20)
        minute = s.ts // 60_000_000_000
        if minute != s.minute:
            s.minute, s.low, s.high = minute, s.bid, s.bid + 1
        row = rows[i]
        row.ts = s.ts
        row.instrument = 0
        row.flags = 0
        row.bid, row.ask, row.bid_size, row.ask_size = s.bid, s.bid + 1, s.bs, s.as_
        is_print = np.int64((x >> np.uint64(20)) & np.uint64(1023)) < 358
        u = np.int64((x >> np.uint64(30)) & np.uint64(1023))
        size = 1 + np.int64((x >> np.uint64(40)) & np.uint64(7)) * np.int64((x >> np.uint64(43)) & np.uint64(3))
        if is_print:
            # At the minute's low sellers come, at its high buyers; in between either.
            sells = 672 if s.bid == s.low else 352 if s.bid + 1 == s.high else 512
            row.kind = 1
            row.side = -1 if u < sells else 1
            row.side_method = 1
            row.price = s.bid if u < sells else s.bid + 1
            row.size = size
        else:
            row.kind = 2
            row.side = 0
            row.side_method = 0
            row.price = -2147483648
            row.size = 0
            if u < 16:
                s.bid += 1 if u < 8 else -1
                s.low, s.high = min(s.low, s.bid), max(s.high, s.bid + 1)
            s.bs, s.as_ = 20 + size * 3, 20 + np.int64((x >> np.uint64(46)) & np.uint64(63))
            row.bid, row.ask, row.bid_size, row.ask_size = s.bid, s.bid + 1, s.bs, s.as_


def chunks(rows: int, seed: int = 1, chunk: int = CHUNK) -> Iterator[Ticks]:
    """`rows` rows in pieces; every 5,000,000 the next session begins."""
    states = np.zeros(1, STATE)
    states["seed"], states["bid"] = seed * 0x9E3779B97F4A7C15 % 2**64 or 1, 20_000
    states["bs"] = states["as_"] = 20
    for session, start in enumerate(range(0, rows, ROWS_A_SESSION)):
        states["ts"] = FIRST_OPEN_NS + session * DAY_NS
        end = min(rows, start + ROWS_A_SESSION)
        for first in range(start, end, chunk):
            piece: Ticks = np.zeros(min(chunk, end - first), TICK)
            fill(piece, states, MEAN_GAP_NS)
            yield piece


def write(path: Path, rows: int, seed: int = 1) -> TapeFacts:
    """The same rows as a tape at `path`."""
    with TapeWriter(
        path, instrument="ES", contract="ESH2026", tick=Decimal("0.25"), source=f"bench seed {seed}", resolution_ns=1
    ) as tape:
        for piece in chunks(rows, seed):
            tape.append(piece)
    return tape.facts


def load(path: Path) -> Ticks:
    """Rows of a .npy file. Its format forgets that rows are aligned, and a kernel would be compiled anew for that."""
    rows: Ticks = np.load(path).view(TICK)
    return rows
