"""Whether the price is held: small controlled moves about a place, or a trend.

Definition
    On mids of every whole second: efficiency = |p_t − p_{t−n}| / Σ|Δp| over five minutes (1 a straight line, 0 all
    undone); variance_ratio = mean (p_t − p_{t−60})² / (60 · mean Δp²) over half an hour, overlapping (1 a random walk,
    less is drawn back, more runs on). Controlled when efficiency ≤ .25 and variance_ratio ≤ 1. Neither is known (NaN)
    before five minutes, or while nothing moved.
Source
    Specification of signals §8, after the lesson's "small, controlled moves rather than outright trends". Kaufman 1995
    (efficiency ratio); Lo & MacKinlay 1988 (variance ratio, overlapping, about zero).
"""

import numpy as np

from bot.kernel import Row, part

SHORT, LONG, SPAN = 300, 1800, 60
EFFICIENCY_MAX, RATIO_MAX = 0.25, 1.0
_RING = 2048  # a power of two above LONG + SPAN

STATE = np.dtype(
    [
        ("count", "i8"),  # mids since trading or the tape began
        ("path", "i8"),  # Σ|Δp| over the short span, half ticks
        ("squares", "i8"),  # Σ Δp² over the long one
        ("spans", "i8"),  # Σ of squared changes of a minute over it
        ("mids", "i4", (_RING,)),
    ],
    align=True,
)


@part
def restart(s: Row) -> None:
    """No span reaches back beyond this."""
    s.count = s.path = s.squares = s.spans = 0


@part
def change(s: Row, k: int, span: int) -> int:
    """How far the mid moved in the `span` seconds up to the k-th mid, half ticks."""
    return int(s.mids[k & (_RING - 1)]) - int(s.mids[(k - span) & (_RING - 1)])


@part
def push(s: Row, mid: int) -> None:
    """A whole second is over, and this was the mid, half ticks."""
    k = s.count
    s.mids[k & (_RING - 1)] = mid
    if k >= 1:
        d = change(s, k, 1)
        s.path += abs(d)
        s.squares += d * d
    if k > SHORT:
        s.path -= abs(change(s, k - SHORT, 1))
    if k > LONG:
        gone = change(s, k - LONG, 1)
        s.squares -= gone * gone
    if k >= SPAN:
        d = change(s, k, SPAN)
        s.spans += d * d
    if k >= LONG + SPAN:
        gone = change(s, k - LONG, SPAN)
        s.spans -= gone * gone
    s.count += 1


@part
def efficiency(s: Row) -> float:
    """Net over gross movement of five minutes; NaN while it is not known."""
    if s.count <= SHORT or s.path == 0:
        return np.nan
    return float(abs(change(s, s.count - 1, SHORT)) / s.path)


@part
def variance_ratio(s: Row) -> float:
    """Variance of a minute's change over sixty times that of a second's; NaN while it is not known."""
    if s.count <= SHORT or s.squares == 0:
        return np.nan
    seconds, minutes = min(s.count - 1, LONG), min(s.count - SPAN, LONG)
    return float((s.spans / minutes) / (SPAN * (s.squares / seconds)))
