"""§4: absorption confirmed by a lift, one baseline for both sides, no guards."""

import math
from typing import Any

import numpy as np

from bot.domain.market import ABSENT, PRINT, QUOTE, Ticks
from bot.kernel import kernel, part
from tests.reference.seen import Seen

SECOND = 1_000_000_000
# z*, w*, rho*, tmin s, lift ticks, tau s, vmin
SETTINGS = {
    "ES": (2.0, 0.58, 4.0, 5.0, 2, 45.0, 150.0),
    "NQ": (2.2, 0.60, 4.0, 5.0, 6, 45.0, 20.0),
    "CL": (2.2, 0.60, 4.0, 5.0, 3, 45.0, 60.0),
    "GC": (2.2, 0.60, 4.0, 5.0, 3, 45.0, 50.0),
    "SPY": (2.0, 0.58, 4.0, 5.0, 2, 45.0, 4_000.0),
    "AAPL": (2.0, 0.58, 4.0, 5.0, 2, 45.0, 2_000.0),
    "TSLA": (2.2, 0.60, 4.0, 5.0, 4, 45.0, 1_200.0),
}
NEAR, COOL_TICKS, COOL_NS, WARMUP, LIFE_TAUS = 4, 4, 90 * SECOND, 30, 4
LEVEL = np.dtype(
    [("on", "u1"), ("v", "f8"), ("w", "f8"), ("at", "i8"), ("w_at", "i8"), ("raw", "f8"), ("first", "i8"),
     ("shown", "f8"), ("fired", "i8")]
)  # fmt: skip
FOUND = np.dtype([("side", "i8"), ("ts", "i8"), ("price", "i8"), ("z", "f8")])


def absorptions(ticks: Ticks, product: str, *, slow: bool = False) -> list[Seen]:
    """Levels that took far more than a tick of progress costs, and lifted; `slow` for bars of a quarter of an hour."""
    z_min, share_min, rho_min, age_s, lift, tau_s, volume_min = SETTINGS[product]
    if slow:
        age_s, tau_s = 30.0, 480.0
    prints = ticks["price"][ticks["kind"] == PRINT]
    if not len(prints):
        return []
    low = int(prints.min()) - 64
    levels = np.zeros((2, int(prints.max()) - low + 64), LEVEL)
    out = np.zeros(10_000, FOUND)
    settings = np.array([z_min, share_min, rho_min, age_s, float(lift), tau_s, volume_min])
    count = _absorptions(ticks, low, levels, settings, out)
    return [
        Seen("absorption", int(one["side"]), int(one["ts"]), int(one["ts"]), int(one["price"]), float(one["z"]))
        for one in out[:count]
    ]


@part
def _shown(t: Any, low: int, levels: Any) -> None:
    """A quote: how much a level under attack shows."""
    for k in range(2):
        price, size = (t.bid, t.bid_size) if k == 0 else (t.ask, t.ask_size)
        if 0 <= price - low < levels.shape[1] and levels[k, price - low].on:
            level = levels[k, price - low]
            level.shown = max(level.shown, size)


@part
def _broken(t: Any, k: int, low: int, levels: Any, tau: float, life: int, base: Any) -> None:
    """Every live level beyond the print breaks, and says what a tick of progress cost."""
    sign = 1 - 2 * k
    j = t.price - low + sign
    for _ in range(64):
        if j < 0 or j >= levels.shape[1]:
            break
        level = levels[k, j]
        if level.on:
            if t.ts - level.at <= life:
                x = math.log(1.0 + level.v * math.exp(-(t.ts - level.at) / tau))
                base[0] += 1.0
                a = max(1.0 / 200.0, 1.0 / base[0])
                d = x - base[1]
                base[1] += a * d
                base[2] += a * (d * d - base[2])
            level.on = 0
            level.w = 0.0
        j += sign


@part
def _struck(t: Any, k: int, low: int, levels: Any, tau: float, life: int) -> None:
    """The level that was hit, and the touch that faces it."""
    level = levels[k, t.price - low]
    if level.on and t.ts - level.at > life:
        level.on = 0
    if not level.on:
        level.on, level.v, level.raw, level.first, level.shown = 1, 0.0, 0.0, t.ts, 0.0
        level.at = t.ts
    level.v = level.v * math.exp(-(t.ts - level.at) / tau) + t.size
    level.raw += t.size
    level.at = t.ts
    touch, size, mine = (t.bid, t.bid_size, t.ask) if k == 0 else (t.ask, t.ask_size, t.bid)
    if touch == t.price:
        level.shown = max(level.shown, size)
    # a purchase at the ask faces the bid of that moment
    facing = mine if touch == t.price else t.price + 1 - 2 * k
    if 0 <= facing - low < levels.shape[1]:
        other = levels[1 - k, facing - low]
        other.w = other.w * math.exp(-(t.ts - other.w_at) / tau) + t.size
        other.w_at = t.ts


@part
def _confirmed(t: Any, level: Any, settings: Any, base: Any) -> float:
    """z of a level that has everything but its lift; −1 of one that has not."""
    z_min, share_min, rho_min, age_s, _, tau_s, volume_min = settings
    tau = tau_s * 1e9
    v = level.v * math.exp(-(t.ts - level.at) / tau)
    w = level.w * math.exp(-(t.ts - level.w_at) / tau)
    z = (math.log(1.0 + v) - base[1]) / math.sqrt(base[2])
    held = z >= z_min and v >= volume_min and v >= share_min * (v + w)
    held = held and level.raw >= rho_min * max(1.0, level.shown) and t.ts - level.first >= age_s * 1e9
    return z if held else -1.0


@part
def _fresh(levels: Any, at: int, ts: int) -> bool:
    """Whether nothing was said nearby within the cool-down."""
    for q in range(max(0, at - COOL_TICKS), min(levels.shape[0], at + COOL_TICKS + 1)):
        if levels[q].fired > 0 and ts - levels[q].fired < COOL_NS:
            return False
    return True


@kernel
def _absorptions(ticks: Any, low: int, levels: Any, settings: Any, out: Any) -> int:
    lift, tau, life = settings[4], settings[5] * 1e9, int(LIFE_TAUS * settings[5] * 1e9)
    base = np.zeros(3)  # samples, mean, variance
    found = 0
    for i in range(ticks.shape[0]):
        t = ticks[i]
        if t.bid == ABSENT or t.ask == ABSENT:
            continue
        if t.kind == QUOTE:
            _shown(t, low, levels)
        if t.kind != PRINT or t.side == 0:
            continue
        k = 0 if t.side < 0 else 1  # 0: bids are hit, which makes long levels
        _broken(t, k, low, levels, tau, life, base)
        _struck(t, k, low, levels, tau, life)
        for side in range(2 if base[0] >= WARMUP and base[2] > 0.0 else 0):
            sign, touch = (1, t.bid) if side == 0 else (-1, t.ask)
            for p in range(touch - NEAR, touch + NEAR + 1):
                at = p - low
                if sign * (t.price - p) < lift or not 0 <= at < levels.shape[1] or not levels[side, at].on:
                    continue
                level = levels[side, at]
                z = _confirmed(t, level, settings, base) if t.ts - level.at <= life else -1.0
                if z >= 0.0 and _fresh(levels[side], at, t.ts) and found < out.shape[0]:
                    level.fired = t.ts
                    row = out[found]
                    row.side, row.ts, row.price, row.z = sign, t.ts, p, z
                    found += 1
    return found
