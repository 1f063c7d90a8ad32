"""Absorption and rejection together: sellers hit a level that did not give, and the bar left it behind as a tail.

Definition (long; mirrored by side)
    At a bar's close with a rejection (full or minor): the newest unused absorption of the same side confirmed no
    earlier than 120 s before the bar began and before it closed, whose level is within max(4, ATR/2) ticks of the bar's
    extreme. Each absorption is used once. The event stands at the absorption's level and carries what an entry needs:
    the low of the bid cluster (`cluster.py`), the next liquidity zone (`zones.py`), the ATR, and the last context bar's
    imbalance.
Source
    Specification of signals §6, the lesson's entry. In 130 hours of synthetic noise it never fired; no more is known.
Evidence
    EVIDENCE, in order. Prices and lengths are ticks, age seconds; `zone` is NaN when there is none; `imbalance_with` is
    +1 when the context bar's stronger side is the signal's, −1 when it is the other, 0 when there was no context bar.
"""

import numpy as np
from pydantic import Field

from bot.config import Params as Base
from bot.config.params import MINUTE_NS, SECOND_NS, Duration
from bot.domain.market import ABSENT, Days, Events, Ticks
from bot.kernel import Row, part
from bot.signals import absorption as absorbing
from bot.signals import event, zones
from bot.signals.args import args_dtype, first
from bot.signals.cluster import cluster_low
from bot.signals.footprint import HALT_IN, LOCKED

EVIDENCE = (
    "z", "share", "rho", "volume", "level", "age", "tail", "range", "clv", "effort", "relief", "td", "low_cell",
    "atr_ticks", "full", "exhausted", "cluster_low", "cluster_volume", "zone", "imbalance_with", "imbalance_share",
    "imbalance_z", "imbalance_grade", "extreme",
)  # fmt: skip


class Params(Base):
    """How near in time and price the two have to be, and what a target has to keep clear of."""

    before: Duration = 30 * SECOND_NS
    near_ticks: int = 4
    near_atr: float = 0.5
    entry_offset_ticks: int = 1
    """The target is measured from this far beyond the level."""
    min_target_ticks: int = Field(4, ge=1)
    smooth_profile: bool = True

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = MINUTE_NS) -> "Params":
        """The same for every product; slower bars look further back."""
        return cls(before=timeframe_ns // 2)


ARGS = args_dtype(Params)
KEPT = 16
SEEN = np.dtype(
    [
        ("ts", "i8"),
        ("side", "i8"),  # 0 = used or none
        ("level", "i8"),
        ("z", "f8"),
        ("share", "f8"),
        ("rho", "f8"),
        ("volume", "f8"),
        ("age", "f8"),
    ],
    align=True,
)
STATE = np.dtype(
    [
        ("args", ARGS),
        ("source", "i8"),
        ("kind", "i8"),
        ("timeframe", "i8"),
        ("absorption", "i8"),  # source of the absorptions that it listens to, and their kind
        ("absorption_kind", "i8"),
        ("rejection", "i8"),  # source of the candles
        ("imbalance", "i8"),  # index of the context's STATE, −1 without
        ("count", "i8"),
        ("seen", SEEN, (KEPT,)),
        ("profile", zones.STATE),
    ],
    align=True,
)


def fresh(params: Params, source: int, kind: int, timeframe: int) -> Ticks:
    """One STATE without memory; its three ears are set by the engine."""
    state = first(STATE, params, source, kind, timeframe)
    state["profile"]["low"], state["profile"]["high"] = 1, 0
    return state


@part
def hear(c: Row, heard: Row) -> None:
    """Remember an absorption."""
    s = c.seen[c.count % KEPT]
    c.count += 1
    v = heard.evidence
    s.ts, s.side, s.level = heard.ts, heard.side, heard.price
    s.z, s.share, s.rho = v[absorbing.Z_AT], v[absorbing.SHARE_AT], v[absorbing.RHO_AT]
    s.volume, s.age = v[absorbing.VOLUME_AT], v[absorbing.AGE_AT]


@part
def match(c: Row, candle: Row, bar: Row) -> int:
    """Index of the newest unused absorption that fits the candle; −1 when there is none."""
    near = max(float(c.args.near_ticks), c.args.near_atr * candle.evidence[11])
    for k in range(min(c.count, KEPT)):
        i = (c.count - 1 - k) % KEPT
        s = c.seen[i]
        if (
            s.side == candle.side
            and bar.start - c.args.before <= s.ts <= bar.end
            and abs(s.level - candle.price) <= near
        ):
            return int(i)
    return -1


@part
def join(c: Row, candle: Row, contexts: Ticks, bars: Ticks, last: int, cells: Ticks, out: Events, found: int) -> int:
    """A candle closed with bar `last`: write the confluence if an absorption fits; return how many events there are."""
    i = match(c, candle, bars[last])
    if i < 0:
        return found
    s = c.seen[i]
    side, level = candle.side, s.level
    s.side = 0
    e = out[found]
    event.when(e, candle.ts, candle.known, candle.row, candle.before)
    event.head(e, c.source, c.kind, c.timeframe, side, level, s.z)
    low, largest = cluster_low(bars, last, cells, side, level)
    start = level + side * c.args.entry_offset_ticks
    zone = zones.next_zone(c.profile, side, start, c.args.min_target_ticks, c.args.smooth_profile > 0)
    v, w = e.evidence, candle.evidence
    v[0], v[1], v[2], v[3], v[4], v[5] = s.z, s.share, s.rho, s.volume, level, s.age
    v[6], v[7], v[8], v[9], v[10], v[11] = w[1], w[2], w[4], w[5], w[6], w[7]
    v[12], v[13], v[14], v[15] = w[9], w[11], w[14], w[13]
    if w[7] <= -0.2 and w[6] >= 0.0 and abs(level - candle.price) <= 1:
        v[15] = 1.0
    v[16], v[17], v[18] = low, largest, np.nan if zone == ABSENT else zone
    if c.imbalance >= 0:
        context = contexts[c.imbalance]
        v[19], v[20], v[21], v[22] = context.side * side, context.share, context.z, context.grade
    v[23] = candle.price
    return found + 1


@part
def close(c: Row, days: Days, bar: Row, cells: Ticks) -> None:
    """A bar of the timeframe closed: it belongs to the profile, and a halt in it undoes what was absorbed before."""
    zones.begin(c.profile, days, bar.start)
    zones.add(c.profile, bar, cells)
    if bar.flags & (HALT_IN | LOCKED):
        for k in range(KEPT):
            c.seen[k].side = 0


class AbsorptionRejection:
    """Absorption and rejection together. Reads events and closed bars."""

    kind = "absorption_rejection"
    kinds = ("absorption_rejection",)
    EVIDENCE = EVIDENCE
    Params = Params
