"""§5: full and minor rejection candles."""

from collections.abc import Sequence

import numpy as np

from bot.domain.market import Ticks
from tests.reference.bars import Bar
from tests.reference.seen import Seen

ATR_BARS, EFFORT_BARS, PRINTS_MIN = 14, 30, 20


def rejections(bars: Sequence[Bar]) -> list[Seen]:
    """Candles of kind `rejection` (full) or `rejection_minor`; strength is tail over ATR."""
    found: list[Seen] = []
    atr = 0.0
    for number, bar in enumerate(bars):
        if number >= ATR_BARS and len(bar.prints) >= PRINTS_MIN and bar.high > bar.low and not bar.first:
            effort = bar.volume / float(np.median([one.volume for one in bars[max(0, number - EFFORT_BARS) : number]]))
            found.extend(seen for side in (1, -1) if (seen := _judged(bar, side, atr, effort)))
        atr += (bar.high - bar.low - atr) / min(number + 1, ATR_BARS)
    return found


def _judged(bar: Bar, side: int, atr: float, effort: float) -> Seen | None:
    low, high = (bar.low, bar.high) if side > 0 else (-bar.high, -bar.low)
    opened, close = side * bar.open, side * bar.close
    length, tail = high - low, min(opened, close) - low
    share, clv = tail / length, (close - low) / length
    full = (
        tail >= max(2, 0.8 * atr)
        and share >= 0.33
        and clv >= 0.55
        and effort >= 1.2
        and _relief(bar.prints, side, side * low) >= -0.1
    )
    minor = tail >= 2 and share >= 0.50 and clv >= 0.60
    if not (full or minor) or not _traded_within(bar.prints, side, low, tail):
        return None
    kind = "rejection" if full else "rejection_minor"
    return Seen(kind, side, bar.end, bar.known, side * low, tail / atr)


def _relief(prints: Ticks, side: int, extreme: int) -> float:
    """Who is left after the last print at the extreme."""
    after = prints[np.flatnonzero(prints["price"] == extreme)[-1] + 1 :]
    mine, theirs = (int(after["size"][after["side"] == s].sum()) for s in (side, -side))
    return (mine - theirs) / (mine + theirs) if mine + theirs else 0.0


def _traded_within(prints: Ticks, side: int, low: int, tail: int) -> bool:
    """No gap tail: something printed between the extreme and the body."""
    depth = side * prints["price"].astype(int) - low
    return tail < 2 or bool(((depth > 0) & (depth < tail)).any())
