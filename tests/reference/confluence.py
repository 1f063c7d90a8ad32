"""§6: an absorption and a rejection candle of one side."""

from collections.abc import Sequence

from tests.reference.bars import SECOND, Bar
from tests.reference.rejection import ATR_BARS
from tests.reference.seen import Seen

BEFORE_NS = 120 * SECOND


def confluences(absorbed: Sequence[Seen], candles: Sequence[Seen], bars: Sequence[Bar]) -> list[Seen]:
    """One per absorption, at the close of the bar that rejects; the price is the absorbed level."""
    by_end = {bar.end: bar for bar in bars}
    atr_at, atr = {}, 0.0
    for number, bar in enumerate(bars):
        atr_at[bar.end] = atr
        atr += (bar.high - bar.low - atr) / min(number + 1, ATR_BARS)
    found: list[Seen] = []
    used: set[int] = set()
    for candle in candles:
        bar, near = by_end[candle.ts], max(4.0, 0.5 * atr_at[candle.ts])
        fitting = [
            number
            for number, one in enumerate(absorbed)
            if number not in used
            and one.side == candle.side
            and bar.start - BEFORE_NS <= one.ts <= bar.end
            and abs(one.price - candle.price) <= near
        ]
        if fitting:
            newest = fitting[-1]
            used.add(newest)
            found.append(candle._replace(kind="absorption_rejection", price=absorbed[newest].price))
    return found
