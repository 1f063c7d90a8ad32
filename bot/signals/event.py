"""Writing an EVENT row: every field is set, for the rows of a buffer are used again."""

from bot.domain.market import EVIDENCE_MAX
from bot.kernel import Row, part


@part
def head(e: Row, source: int, kind: int, timeframe: int, side: int, price: int, strength: float) -> None:
    """Who says what, and no evidence yet. The instrument is the engine's."""
    e.kind, e.source, e.timeframe = kind, source, timeframe
    e.side, e.price, e.strength, e.instrument = side, price, strength, 0
    for k in range(EVIDENCE_MAX):
        e.evidence[k] = 0.0


@part
def now(e: Row, ts: int, row: int) -> None:
    """It happened at a row, and is known with it."""
    e.ts, e.known, e.row, e.before = ts, ts, row, 0


@part
def when(e: Row, ts: int, known: int, row: int, before: int) -> None:
    """When it happened, and when and at which row it became known."""
    e.ts, e.known, e.row, e.before = ts, known, row, before
