"""§3.1: strong imbalance in the rolling form, evaluated each 5 s of event time; clock bars are among those moments."""

import numpy as np

from bot.domain.market import Ticks
from tests.reference.seen import Seen

SECOND = 1_000_000_000
STEP_NS, BASE_NS, BASE_AFTER_NS = 5 * SECOND, 7_200 * SECOND, 1_800 * SECOND
PRINTS_MIN, Z_MIN, SIGNS, LAGS = 100, 4.0, 20_000, 50


def imbalances(prints: Ticks, open_ns: int, window_s: int, percent: int = 80) -> list[Seen]:
    """Windows of which at least `percent` was bought (long) or sold (short)."""
    window = window_s * SECOND
    known = prints[prints["side"] != 0]
    ts, size = known["ts"], known["size"].astype(np.int64)
    bought = np.concatenate(([0], np.cumsum(np.where(known["side"] > 0, size, 0))))
    total, squares = (np.concatenate(([0], np.cumsum(x))) for x in (size, size * size))
    found: list[Seen] = []
    quiet_until = 0
    for at in range(open_ns + window, int(ts[-1]) + 1 if len(ts) else 0, STEP_NS):
        first, last = np.searchsorted(ts, (at - window, at))
        all_of_it = int(total[last] - total[first])
        buys = int(bought[last] - bought[first])
        mine, side = max((buys, 1), (all_of_it - buys, -1))
        if at < quiet_until or last - first < PRINTS_MIN or 100 * mine < percent * all_of_it:
            continue
        if all_of_it < 0.5 * _usual(ts, total, open_ns, at, window):
            continue
        base = _base(ts, bought, total, open_ns, at - window)
        base = base if side > 0 else 1.0 - base
        n = all_of_it**2 / int(squares[last] - squares[first]) / _clustering(known["side"][max(0, last - SIGNS) : last])
        z = (mine / all_of_it - base) / np.sqrt(base * (1.0 - base) / n)
        if z >= Z_MIN:
            seen = int(ts[last]) if last < len(ts) else at
            found.append(
                Seen("imbalance", side, at, min(seen, at + SECOND // 4), int(known["price"][last - 1]), float(z))
            )
            quiet_until = at + window
    return found


def _usual(ts: Ticks, total: Ticks, open_ns: int, at: int, window: int) -> float:
    """Median volume of the day's windows so far."""
    edges = np.searchsorted(ts, np.arange(open_ns, at - window + 1, window))
    volumes = np.diff(total[edges])
    return float(np.median(volumes)) if len(volumes) else 0.0


def _base(ts: Ticks, bought: Ticks, total: Ticks, open_ns: int, until: int) -> float:
    """The buyers' share of the 120 minutes before the window."""
    if until - open_ns < BASE_AFTER_NS:
        return 0.5
    first, last = np.searchsorted(ts, (max(open_ns, until - BASE_NS), until))
    volume = int(total[last] - total[first])
    return float(np.clip((bought[last] - bought[first]) / volume, 0.4, 0.6)) if volume else 0.5


def _clustering(sides: Ticks) -> float:
    """How many prints of one sign come together: 1 + 2 Σ max(0, acf)."""
    if len(sides) < SIGNS:
        return 4.0
    x = sides - sides.mean()
    variance = float(x @ x)
    acf = [float(x[:-k] @ x[k:]) / variance for k in range(1, LAGS + 1)] if variance else []
    return float(np.clip(1.0 + 2.0 * sum(max(0.0, one) for one in acf), 1.0, 20.0))
