"""Imbalance: far more was bought at the ask than sold at the bid over a window of time, or the reverse.

Definition, on a closed bar (clock windows, half-open; `rolling.py` asks the same of windows in between)
    A, B = volume bought, sold; share = A / (A + B) of the stronger side. base = the same side's share over the 120
    minutes before, same day, clamped to [.40, .60], and .50 while the day has given less than 30 minutes.
    n = (Σq)² / Σq² / D, D = clustering of signs (`clustering.py`; 4 until its window is full).
    z = (share − base) / √(base·(1 − base)/n).
    Fires when share ≥ threshold (whole numbers: 100·A ≥ 80·(A + B)), z ≥ 4, at least 100 prints, and volume at least
    half of the median window's (at this time of day over 20 days, else of the day so far); never with more than a fifth
    of the volume of unknown side. imbalance = strong (80 %) in windows under 15 minutes, imbalance_watch = 75 % there,
    imbalance_15m = 75 % in longer ones.
    Once a window and side: a bar is silent when a window in between has spoken since it began.
    ofi is the order-flow imbalance of best bid and offer in the window (`order_flow.py`), positive with the side.
    Direction is not implied: reading +1 pushed (progress ≥ .5 ATR), −1 absorbed (progress ≤ .2 ATR), 0 neither.
Source
    Specification of signals §3.1, after the lesson's "80 % at the ask from 9:35 to 9:40". Thresholds are guesses.
Evidence
    EVIDENCE, in order.
"""

import math

import numpy as np
from pydantic import Field

from bot.config import Params as Base
from bot.config.params import MINUTE_NS, Duration
from bot.domain.market import ABSENT, Days, Events, Ticks
from bot.kernel import Row, part
from bot.signals import atr, event, order_flow
from bot.signals.args import args_dtype, first
from bot.signals.epochs import epoch
from bot.signals.footprint import HALT_IN, LOCKED
from bot.signals.median import median

EVIDENCE = (
    "share", "z", "grade", "base", "n", "clustering", "with", "against", "unknown", "prints", "volume_median",
    "progress", "reading", "range", "confidence", "rolling",
    "ofi", "ofi_z", "beta", "r2",
)  # fmt: skip
DAY_NS = 1440 * MINUTE_NS
SLOW_NS = 15 * MINUTE_NS


class Params(Base):
    """Thresholds; shares are whole percents, for the lesson sits exactly on one."""

    strong_percent: int = Field(80, ge=50, le=100)
    watch_percent: int = Field(75, ge=50, le=100)
    z_min: float = 4.0
    prints_min: int = 100
    volume_min: float = 0.5
    """Of the median window's volume."""
    unknown_max: float = 0.2
    confidence_min: float = 0.8
    deflator_start: float = 4.0
    base_rate: float = 0.0
    """Above 0: this base rate instead of the measured one."""
    base_window: Duration = 120 * MINUTE_NS
    base_after: Duration = 30 * MINUTE_NS
    rolling: bool = True
    """Whether windows that end between two bars are weighed too, every five seconds."""

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = 5 * MINUTE_NS) -> "Params":
        """The same for every product; a whole day needs 65 % only."""
        return cls(watch_percent=65) if timeframe_ns >= DAY_NS else cls()


ARGS = args_dtype(Params)
PAST = 512  # windows of one day that are remembered
SLOTS, SEASONS = 300, 20
WINDOW = np.dtype([("start", "i8"), ("buy", "i8"), ("sell", "i8")], align=True)
STATE = np.dtype(
    [
        ("args", ARGS),
        ("source", "i8"),
        ("kind", "i8"),  # imbalance; then watch, then 15m
        ("timeframe", "i8"),
        ("epoch", "i8"),
        ("windows", "i8"),  # of this day
        ("past", WINDOW, (PAST,)),
        ("volumes", "f8", (PAST,)),
        ("ranked", "f8", (PAST,)),
        ("seasons", "i8", (SLOTS,)),
        ("season", "f8", (SLOTS, SEASONS)),
        ("atr", atr.STATE),
        ("said", "i8", (2,)),  # when a window in between fired last (0 long, 1 short)
        ("side", "i8"),  # of the last window, for the confluence
        ("share", "f8"),
        ("z", "f8"),
        ("grade", "i8"),
    ],
    align=True,
)

CARRIED = (("seasons",), ("season",))
"""What it has learnt by time of day, which holds in another contract too: fields of STATE."""


def fresh(params: Params, source: int, kind: int, timeframe: int) -> Ticks:
    """One STATE without memory."""
    return first(STATE, params, source, kind, timeframe)


@part
def base_rate(a: Row, bar: Row) -> float:
    """The buyers' share that was usual before this window."""
    args = a.args
    if args.base_rate > 0.0:
        return float(args.base_rate)
    kept = min(a.windows, PAST)
    buy = sell = 0
    first = bar.start
    for k in range(kept):
        w = a.past[(a.windows - 1 - k) % PAST]
        first = min(first, w.start)
        if w.start < bar.start - args.base_window:
            break
        buy, sell = buy + w.buy, sell + w.sell
    if bar.start - first < args.base_after or buy + sell == 0:
        return 0.5
    return min(0.6, max(0.4, buy / (buy + sell)))


@part
def usual_volume(a: Row, slot: int) -> float:
    """The median volume of a window: at this time of day once twenty days are known, else of the day so far."""
    if 0 <= slot < SLOTS and a.seasons[slot] >= SEASONS:
        return median(a.season[slot], SEASONS, a.ranked)
    return median(a.volumes, min(a.windows, PAST), a.ranked)


@part
def grade_of(more: int, sided: int) -> int:
    """The largest of 75, 80 and 85 whole percents that `more` of `sided` reaches; 0 below."""
    grade = 0
    for percent in (75, 80, 85):
        if 100 * more >= percent * sided:
            grade = percent
    return grade


@part
def significance(share: float, base: float, n: float) -> float:
    """z of a share of `n` independent prints against its base rate."""
    return (share - base) / math.sqrt(base * (1.0 - base) / n)


@part
def worth(sided: int, squares: float, clustering: float, args: Row) -> float:
    """How many independent prints of one size a volume is worth."""
    return float(sided) * sided / squares / (clustering if clustering > 0.0 else args.deflator_start)


@part
def plenty(args: Row, prints: int, sided: int, unknown: int, unsure: float, usual: float) -> bool:
    """Whether there was enough to go by, from sides that are known well enough."""
    volume = sided + unknown
    return bool(
        prints >= args.prints_min
        and volume >= args.volume_min * usual
        and unknown <= args.unknown_max * volume
        and unsure <= (1.0 - args.confidence_min) * sided
    )


@part
def kind_of(timeframe: int, strong: bool) -> int:
    """Which of the detector's kinds it is."""
    return 2 if timeframe >= SLOW_NS else 0 if strong else 1


@part
def reading(progress: float, ranges: int) -> float:
    """+1 pushed, −1 absorbed, 0 neither or not known."""
    if ranges == 0:
        return 0.0
    return 1.0 if progress >= 0.5 else -1.0 if progress <= 0.2 else 0.0


@part
def hear(a: Row, e: Row) -> None:
    """A window in between has fired."""
    a.said[(1 - e.side) // 2] = e.ts


@part
def weigh(a: Row, bar: Row, usual: float, out: Events, found: int) -> int:
    """Measure one window and write an EVENT if it fires; return how many there are now."""
    args = a.args
    sided = bar.buy + bar.sell
    side = 1 if bar.buy > bar.sell else -1
    more, less = max(bar.buy, bar.sell), min(bar.buy, bar.sell)
    if more == less:
        a.share = 0.5
        return found
    base = base_rate(a, bar)
    if side < 0:
        base = 1.0 - base
    n = worth(sided, bar.squares, bar.clustering, args)
    share = more / sided
    z, grade = significance(share, base, n), grade_of(more, sided)
    a.side, a.share, a.z, a.grade = side, share, z, grade
    if (
        bar.flags & (HALT_IN | LOCKED)
        or 100 * more < args.watch_percent * sided
        or z < args.z_min
        or bar.end - a.said[(1 - side) // 2] < a.timeframe
        or not plenty(args, bar.prints, sided, bar.unknown, bar.unsure, usual)
    ):
        return found
    e = out[found]
    event.when(e, bar.end, bar.known, bar.row, bar.before)
    kind = kind_of(a.timeframe, 100 * more >= args.strong_percent * sided)
    event.head(e, a.source, a.kind + kind, a.timeframe, side, bar.close, share)
    progress = side * (bar.close - bar.open) / a.atr.value if a.atr.value > 0.0 else 0.0
    v = e.evidence
    v[0], v[1], v[2], v[3], v[4] = share, z, grade, base, n
    v[5] = bar.clustering if bar.clustering > 0.0 else args.deflator_start
    v[6], v[7], v[8], v[9], v[10] = more, less, bar.unknown, bar.prints, usual
    v[11], v[12], v[13] = progress, reading(progress, a.atr.n), bar.high - bar.low
    v[14] = 1.0 - bar.unsure / sided
    flow = order_flow.z_of(bar.ofi, bar.depth, bar.quotes, bar.ofi_scale, a.timeframe)
    v[16], v[17], v[18], v[19] = side * bar.ofi, side * flow, bar.ofi_beta, bar.ofi_r2
    return found + 1


@part
def close(a: Row, days: Days, bar: Row, out: Events, found: int) -> int:
    """One window closed: weigh it, then let the averages have it."""
    begun = epoch(days, bar.start)
    if begun != a.epoch:
        a.epoch, a.windows = begun, 0
    a.side, a.share, a.z, a.grade = 0, 0.0, 0.0, 0
    if bar.open == ABSENT:
        return found
    slot = (bar.start - days[bar.day].open) // a.timeframe
    if bar.buy + bar.sell > 0:
        found = weigh(a, bar, usual_volume(a, slot), out, found)
    k = a.windows % PAST
    a.past[k].start, a.past[k].buy, a.past[k].sell = bar.start, bar.buy, bar.sell
    a.volumes[k] = bar.buy + bar.sell + bar.unknown
    a.windows += 1
    if 0 <= slot < SLOTS:
        a.season[slot, a.seasons[slot] % SEASONS] = a.volumes[k]
        a.seasons[slot] += 1
    atr.add(a.atr, bar.high - bar.low)
    return found


class Imbalance:
    """Lop-sided aggression over a clock window. Reads closed bars."""

    kind = "imbalance"
    kinds = ("imbalance", "imbalance_watch", "imbalance_15m")
    EVIDENCE = EVIDENCE
    Params = Params
