"""Accumulation and distribution: for hours sellers hit, price does not fall, and then it leaves the range upwards.

Definition (side +1 accumulation; −1 distribution is its mirror, by `sign`), at the close of a slow bar
    Range: a run of bars before this one, of one session (of any where bars are days) and at least six, whose highs and
    lows lie within 1.8 times the larger of their average range and the ATR; of those that satisfy all that follows the
    longest.
    Delta against price: z = Σ delta / √(D · Σq²) ≤ −2.5 over the range, D = clustering of signs; the second half's
    middle lies no lower than a quarter of the range under the first half's.
    Absorption at one edge: at least two bars came within a fifth of the range of its low and closed above that; what
    was traded in the lowest quarter of those bars was sold rather than bought (share ≥ .5).
    Confirmed by a close above the range's high. A break to the other side says nothing. A bar belongs to one range that
    was told of at most.
    Volume of unknown side or a halt ends a range.
Source
    The lesson's "institutional phases" of CL and GC on 15-minute and daily bars; the schematic is Wyckoff's. Lore, put
    into a formula of our own with guessed thresholds; measured on synthetic tapes only.
Evidence
    EVIDENCE, in order. `low` and `high` are the range's, ticks; `cvd` and `drift` are positive in the signal's
    direction; `tests` are bars that tested the edge, `taken` what was traded there against the signal.
"""

import math

import numpy as np
from pydantic import Field

from bot.config import Params as Base
from bot.config.params import MINUTE_NS, Duration
from bot.domain.market import ABSENT, Events, Ticks
from bot.kernel import Row, part
from bot.signals import atr, event
from bot.signals.args import args_dtype, first
from bot.signals.footprint import HALT_IN, LOCKED

EVIDENCE = (
    "low", "high", "bars", "width_atr", "cvd", "z", "clustering", "tests", "taken", "edge_share", "drift", "beyond",
    "volume", "atr_ticks",
)  # fmt: skip
DAY_NS = 1440 * MINUTE_NS
KEPT = 64
CLUSTERING = 4.0
"""Of signs, while it is not known."""


class Params(Base):
    """What a range is, and how much must speak against its price."""

    shortest: Duration = 15 * MINUTE_NS
    """Shorter bars are not read."""
    bars_min: int = Field(6, ge=2, le=KEPT)
    width_atr: float = Field(1.8, gt=0)
    z_min: float = Field(2.5, ge=0)
    drift_max: float = 0.25
    """Of the range: how far its second half may lie against the signal."""
    tests_min: int = Field(2, ge=0)
    edge: float = Field(0.2, gt=0, le=0.5)
    """Of the range: how near its edge is a test of it."""
    edge_share_min: float = Field(0.5, ge=0, le=1)
    unknown_max: float = 0.2
    """Of a bar's volume."""

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = 15 * MINUTE_NS) -> "Params":
        """The same for every product: all is measured in the bars' own terms."""
        return cls()


ARGS = args_dtype(Params)
BAR = np.dtype(
    [
        ("low", "i8"),
        ("high", "i8"),
        ("close", "i8"),
        ("buy", "i8"),
        ("sell", "i8"),
        ("squares", "f8"),
        ("low_buy", "i8"),  # in the bar's lowest quarter
        ("low_sell", "i8"),
        ("high_buy", "i8"),  # in its highest
        ("high_sell", "i8"),
    ],
    align=True,
)
RANGE = np.dtype(
    [
        ("sign", "i8"),
        ("bars", "i8"),
        ("low", "i8"),
        ("high", "i8"),
        ("cvd", "i8"),
        ("volume", "i8"),
        ("z", "f8"),
        ("tests", "i8"),
        ("absorbed", "i8"),
        ("share", "f8"),
        ("drift", "f8"),
    ],
    align=True,
)
"""A range that a bar leaves, and what speaks for it."""
STATE = np.dtype(
    [
        ("args", ARGS),
        ("source", "i8"),
        ("kind", "i8"),
        ("timeframe", "i8"),
        ("day", "i8"),
        ("count", "i8"),  # bars that may belong to a range
        ("atr", atr.STATE),
        ("trial", RANGE),
        ("range", RANGE),
        ("bars", BAR, (KEPT,)),
    ],
    align=True,
)


def fresh(params: Params, source: int, kind: int, timeframe: int) -> Ticks:
    """One STATE without memory."""
    return first(STATE, params, source, kind, timeframe)


@part
def keep(a: Row, bar: Row, cells: Ticks) -> None:
    """The bar may belong to a range that later ones leave."""
    b = a.bars[a.count % KEPT]
    a.count += 1
    b.low, b.high, b.close, b.buy, b.sell, b.squares = bar.low, bar.high, bar.close, bar.buy, bar.sell, bar.squares
    b.low_buy = b.low_sell = b.high_buy = b.high_sell = 0
    quarter = (bar.high - bar.low) // 4
    for k in range(bar.cells_from, bar.cells_to):
        c = cells[k]
        if c.price <= bar.low + quarter:
            b.low_buy, b.low_sell = b.low_buy + c.buy, b.low_sell + c.sell
        if c.price >= bar.high - quarter:
            b.high_buy, b.high_sell = b.high_buy + c.buy, b.high_sell + c.sell


@part
def edge_tests(a: Row, n: int, sign: int, low: int, zone: float) -> tuple[int, int, int]:
    """(tests of the range's edge that held, what was traded there against the signal, and with it)."""
    tests = against = along = 0
    for k in range(n):
        b = a.bars[(a.count - 1 - k) % KEPT]
        extreme = b.low if sign > 0 else -b.high
        if extreme <= low + zone and sign * b.close > low + zone:
            tests += 1
            against += b.low_sell if sign > 0 else b.high_buy
            along += b.low_buy if sign > 0 else b.high_sell
    return tests, against, along


@part
def drift_of(a: Row, n: int, sign: int) -> float:
    """How far the second half's middle lies beyond the first half's, ticks in the signal's direction."""
    older = newer = 0
    half = n // 2
    for k in range(half):
        b, o = a.bars[(a.count - 1 - k) % KEPT], a.bars[(a.count - n + k) % KEPT]
        newer += b.low + b.high
        older += o.low + o.high
    return sign * (newer - older) / (2.0 * half)


@part
def weigh(a: Row, g: Row, clustering: float) -> bool:
    """Whether the range in `g` was for the side in `g.sign`; fills in what speaks for it."""
    args, n, sign = a.args, g.bars, g.sign
    width = g.high - g.low
    delta = volume = 0
    squares = 0.0
    for k in range(n):
        b = a.bars[(a.count - 1 - k) % KEPT]
        delta, volume, squares = delta + b.buy - b.sell, volume + b.buy + b.sell, squares + b.squares
    g.cvd, g.volume = sign * delta, volume
    g.z = g.cvd / math.sqrt(clustering * max(1.0, squares))
    if g.z > -args.z_min:
        return False
    g.drift = drift_of(a, n, sign)
    g.tests, g.absorbed, along = edge_tests(a, n, sign, g.low if sign > 0 else -g.high, args.edge * width)
    g.share = g.absorbed / max(1, g.absorbed + along)
    return bool(g.drift >= -args.drift_max * width and g.tests >= args.tests_min and g.share >= args.edge_share_min)


@part
def look(a: Row, bar: Row, clustering: float) -> bool:
    """Find the longest range before the bar that it leaves and that was for its side; it is in `a.range` then."""
    g, args = a.range, a.args
    total, found = 0, False
    low = high = 0
    for n in range(1, min(a.count, KEPT) + 1):
        b = a.bars[(a.count - n) % KEPT]
        low, high = (min(low, b.low), max(high, b.high)) if n > 1 else (b.low, b.high)
        total += b.high - b.low
        if n < args.bars_min or high - low > args.width_atr * max(a.atr.value, total / n):
            continue
        if low <= bar.close <= high:
            break
        a.trial.sign = 1 if bar.close > high else -1
        a.trial.bars, a.trial.low, a.trial.high = n, low, high
        if weigh(a, a.trial, clustering):
            found = True
            g.sign, g.bars, g.low, g.high, g.cvd, g.z = a.trial.sign, n, low, high, a.trial.cvd, a.trial.z
            g.tests, g.absorbed, g.share = a.trial.tests, a.trial.absorbed, a.trial.share
            g.drift, g.volume = a.trial.drift, a.trial.volume
    return found


@part
def judge(a: Row, bar: Row, out: Events, found: int) -> int:
    """A bar closed: write the EVENT if it confirms what its range was for; return how many events there are now."""
    alike = bar.clustering if bar.clustering > 0.0 else CLUSTERING
    if not look(a, bar, alike):
        return found
    g, sign = a.range, a.range.sign
    low, high = (g.low, g.high) if sign > 0 else (-g.high, -g.low)
    e = out[found]
    event.when(e, bar.end, bar.known, bar.row, bar.before)
    event.head(e, a.source, a.kind, a.timeframe, sign, sign * low, -g.z)
    v = e.evidence
    v[0], v[1], v[2], v[3], v[4], v[5] = g.low, g.high, g.bars, (high - low) / max(1.0, a.atr.value), g.cvd, g.z
    v[6], v[7], v[8], v[9], v[10] = alike, g.tests, g.absorbed, g.share, g.drift
    v[11], v[12], v[13] = sign * bar.close - high, g.volume, a.atr.value
    a.count = 0
    return found + 1


@part
def close(a: Row, bar: Row, cells: Ticks, out: Events, found: int) -> int:
    """A bar of the timeframe closed; return how many events there are now."""
    if bar.open == ABSENT:
        return found
    if bar.day != a.day and a.timeframe < DAY_NS:
        a.count = 0
    a.day = bar.day
    volume = bar.buy + bar.sell + bar.unknown
    if bar.flags & (HALT_IN | LOCKED) or bar.unknown > a.args.unknown_max * volume:
        a.count = 0
        return found
    found = judge(a, bar, out, found)
    atr.add(a.atr, bar.high - bar.low)
    keep(a, bar, cells)
    return found


class Accumulation:
    """Accumulation and distribution in a range. Reads slow bars."""

    kind = "accumulation"
    kinds = ("accumulation",)
    EVIDENCE = EVIDENCE
    Params = Params
