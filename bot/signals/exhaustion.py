"""Exhaustion: sellers really were at the low of a bar, and then there were none left.

Definition (long; mirrored by side), at the close of a bar with a tail (a rejection, full or minor)
    td ≤ −.2 (sold in the tail's outer half) and relief ≥ 0 (who came after the last print at the low bought), and
    either low_cell ≤ .35 (little of it was sold at the very low: they ran dry) or an absorption, by lift or early, of
    the same side within the bar and within one tick of the low (they were taken); and the tail's outer half holds at
    least 3 % of the bar's volume. Never tradable alone.
Source
    Specification of signals §5 ("sellers exhausted"), practitioner lore; the 3 % are a guess of ours.
Evidence
    EVIDENCE, in order. Prices and lengths are ticks; `absorbed` is the level of the absorption, NaN without one; `dry`
    is 1 where low_cell alone was enough.
"""

import numpy as np
from pydantic import Field

from bot.config import Params as Base
from bot.config.params import MINUTE_NS
from bot.domain.market import Events, Ticks
from bot.kernel import Row, part
from bot.signals import event
from bot.signals.args import args_dtype, first

EVIDENCE = (
    "extreme", "td", "relief", "low_cell", "dry", "absorbed", "tail", "range", "tail_volume", "effort", "full",
    "atr_ticks", "volume", "prints",
)  # fmt: skip


class Params(Base):
    """When sellers are exhausted."""

    td_max: float = -0.2
    relief_min: float = 0.0
    low_cell_max: float = Field(0.35, ge=0, le=1)
    near_ticks: int = Field(1, ge=0)
    """How far an absorption may be from the extreme."""
    tail_volume_min: float = Field(0.03, ge=0, le=1)

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = MINUTE_NS) -> "Params":
        """The same for every product: all is measured in the bar's own terms."""
        return cls()


ARGS = args_dtype(Params)
KEPT = 16
SEEN = np.dtype([("ts", "i8"), ("side", "i8"), ("level", "i8")], align=True)
STATE = np.dtype(
    [
        ("args", ARGS),
        ("source", "i8"),
        ("kind", "i8"),
        ("timeframe", "i8"),
        ("absorption", "i8"),  # source of the absorptions that it listens to, and the first of their two kinds
        ("absorption_kind", "i8"),
        ("rejection", "i8"),  # source of the candles
        ("count", "i8"),
        ("seen", SEEN, (KEPT,)),
    ],
    align=True,
)


def fresh(params: Params, source: int, kind: int, timeframe: int) -> Ticks:
    """One STATE without memory; its ears are set by the engine."""
    return first(STATE, params, source, kind, timeframe)


@part
def hear(x: Row, heard: Row) -> None:
    """Remember an absorption."""
    s = x.seen[x.count % KEPT]
    x.count += 1
    s.ts, s.side, s.level = heard.ts, heard.side, heard.price


@part
def absorbed(x: Row, candle: Row, start: int) -> float:
    """The level of the newest absorption at the candle's extreme since `start`; NaN without one."""
    for k in range(min(x.count, KEPT)):
        s = x.seen[(x.count - 1 - k) % KEPT]
        near = abs(s.level - candle.price) <= x.args.near_ticks
        if s.side == candle.side and start <= s.ts <= candle.ts and near:
            return float(s.level)
    return np.nan


@part
def judge(x: Row, candle: Row, bar: Row, out: Events, found: int) -> int:
    """A candle closed with its bar: write the EVENT if it was exhaustion; return how many events there are now."""
    args, w = x.args, candle.evidence
    level = absorbed(x, candle, bar.start)
    dry = w[9] <= args.low_cell_max
    if w[7] > args.td_max or w[6] < args.relief_min or w[8] < args.tail_volume_min or not (dry or level == level):
        return found
    e = out[found]
    event.when(e, candle.ts, candle.known, candle.row, candle.before)
    event.head(e, x.source, x.kind, x.timeframe, candle.side, candle.price, -w[7])
    v = e.evidence
    v[0], v[1], v[2], v[3], v[4], v[5] = candle.price, w[7], w[6], w[9], 1.0 if dry else 0.0, level
    v[6], v[7], v[8], v[9], v[10], v[11], v[12], v[13] = w[1], w[2], w[8], w[5], w[14], w[11], w[15], w[17]
    return found + 1


class Exhaustion:
    """Sellers, or buyers, who ran dry at a bar's extreme. Reads events and closed bars."""

    kind = "exhaustion"
    kinds = ("exhaustion",)
    EVIDENCE = EVIDENCE
    Params = Params
