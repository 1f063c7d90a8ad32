"""The loop: wait for the next order of any kind, let excitement fade by its kernels, act; look at the plants."""

import zlib
from pathlib import Path
from typing import Any

import numpy as np

from bot.kernel import hot, kernel, part
from tests.second_market.book import ROWS_MAX, cancel, hit, near_size, pareto, put, quote
from tests.second_market.plants import calm, counted, look
from tests.second_market.state import ASK, BID, Rows

SECOND = 1_000_000_000
FAST, SLOW = 1.0 / 2.0, 1.0 / 20.0
FAST_OWN, FAST_OTHER, SLOW_OWN, SLOW_OTHER = 0.24, 0.08, 0.12, 0.12
"""Orders of either kernel that one order causes on its own and on the other side; in all 0.56 < 1."""


def sources_number(folder: Path) -> int:
    """A number that changes with any source in a folder; never 0."""
    return 1 + zlib.crc32(b"".join(path.read_bytes() for path in sorted(folder.glob("*.py"))))


@part
def slow_moods(s: Any, rng: Any, nature: Any) -> None:
    """Once a second: activity and preference wander (Ornstein–Uhlenbeck)."""
    s.busy += -s.busy / 300.0 + 0.016 * rng.standard_normal()
    s.lean += -s.lean / 60.0 + 0.016 * rng.standard_normal()
    # A day of buyers is met by sellers who show more: without them price would run away.
    if nature.share != 0.5:
        s.balance = min(0.9, max(-0.9, s.balance + 0.002 * np.sign(s.touch[BID] - s.start)))
    if s.ts >= s.minute_end:
        s.highs[s.minutes % 30], s.lows[s.minutes % 30] = s.minute_high, s.minute_low
        s.minutes += 1
        s.minute_end += 60 * SECOND
        s.minute_high = s.minute_low = s.touch[BID]
    s.seconds += 1
    s.next_second += SECOND


@part
def end_bar(s: Any, nature: Any) -> None:
    """The range of a bar, for plants that are measured in it."""
    s.range += (s.high - s.low - s.range) / min(14.0, 2.0 + (s.ts - s.begin) / 1e9 / nature.bar)
    s.high = s.low = s.touch[BID]
    s.bar_end += int(nature.bar * 1e9)


@hot
def fade(s: Any, dt: float) -> None:
    """Excitement after `dt` seconds."""
    fast, slow = np.exp(-FAST * dt), np.exp(-SLOW * dt)
    for k in range(2):
        s.heat[k, 0] *= fast
        s.heat[k, 1] *= slow


@part
def excite(s: Any, k: int) -> None:
    """An order hit side k."""
    s.heat[k, 0] += FAST * FAST_OWN
    s.heat[1 - k, 0] += FAST * FAST_OTHER
    s.heat[k, 1] += SLOW * SLOW_OWN
    s.heat[1 - k, 1] += SLOW * SLOW_OTHER


@part
def rates(s: Any, book: Rows, nature: Any, pace: float, rate: Rows) -> float:
    """Orders a second of each kind into `rate`; returns the sum. 0–1 takes, 2–3 puts, 4–5 cancels, 6–7 metaorders."""
    active = pace * np.exp(s.busy)
    gap = s.touch[ASK] - s.touch[BID] - nature.wide - s.extra_wide
    total = 0.0
    for k in range(2):
        lean = 1.0 + s.lean if k == ASK else 1.0 - s.lean
        share = 2.0 * nature.share if k == ASK else 2.0 - 2.0 * nature.share
        rate[k] = (nature.takes * active * max(0.2, lean) * share + s.heat[k, 0] + s.heat[k, 1]) * s.thin[k]
        closing = 0.8 if k == s.gone else 3.2  # mostly the other side follows a move
        met = 1.0 + s.balance if k == ASK else 1.0 - s.balance
        rate[2 + k] = nature.makes * active * met * s.makers[k] * (1.0 + closing * min(max(gap, 0), 6))
        rate[4 + k] = nature.fades * active * near_size(s, book, k) / (nature.mean * nature.lot)
        rate[6 + k] = s.push[k]
        if s.absent >= 0:
            rate[2 + k] = rate[4 + k] = 0.0
            if s.absent == k:
                s.heat[k, 0] = s.heat[k, 1] = 0.0
                rate[k] = rate[6 + k] = 0.0
    rate[8] = s.flicker
    rate[9] = 8.0 if s.stand >= 0 and s.stand_slow else 0.0
    if s.halted:
        rate[:] = 0.0
    for j in range(10):
        total += rate[j]
    return total


@part
def take(s: Any, book: Rows, k: int, size: int, plants: Rows, rng: Any, nature: Any, out: Rows) -> None:
    """A market order, and the plant that watches it."""
    counted(s, plants, k, size, hit(s, book, k, size, rng, nature, out))


@part
def act(s: Any, book: Rows, j: int, plants: Rows, rng: Any, nature: Any, out: Rows) -> None:
    """Do what was drawn."""
    k = j % 2
    if j < 2:
        excite(s, k)
        take(s, book, k, nature.lot * pareto(rng, nature.tail, nature.largest), plants, rng, nature, out)
    elif j < 4:
        put(s, book, k, rng, nature, out)
    elif j < 6:
        cancel(s, book, k, rng, nature, out)
    elif j < 8:
        size = int(s.heavy * pareto(rng, nature.tail, nature.largest) + rng.random())
        take(s, book, k, nature.lot * max(1, size), plants, rng, nature, out)
    elif j == 8:
        k = 0 if rng.random() < 0.5 else 1
        at = s.touch[k] - s.origin
        size = book[at]
        book[at] += nature.lot * (5 + int(40.0 * rng.random()))
        quote(s, book, out)
        s.ts += 30_000 + int(rng.random() * 600_000)
        book[at] = size
        quote(s, book, out)
    else:
        at = s.stand_price - s.origin
        if s.touch[s.stand] == s.stand_price and book[at] < s.stand_show:
            book[at] = s.stand_show
            quote(s, book, out)


@part
def step(s: Any, book: Rows, nature: Any, plants: Rows, pace: Rows, rate: Rows, rng: Any, out: Rows) -> None:
    """Wait for the next order and let it happen, or come to the next moment at which something is looked after."""
    total = rates(s, book, nature, pace[min((s.ts - s.begin) // SECOND, pace.shape[0] - 1)], rate)
    dt = rng.exponential(1.0 / total) if total > 0.0 else 1.0
    then = s.ts + max(1, int(dt * 1e9))
    due = min(s.next_second, s.next_look)
    if then >= due:
        fade(s, max(0, due - s.ts) / 1e9)
        s.ts = max(s.ts, due)
        if s.ts >= s.next_second:
            slow_moods(s, rng, nature)
        if s.ts >= s.bar_end:
            end_bar(s, nature)
        if s.ts < s.end:
            look(s, book, plants, rng, nature, out)
        return
    s.ts = then
    for k in range(2):
        rate[k] -= (s.heat[k, 0] + s.heat[k, 1]) * s.thin[k]
    fade(s, dt)
    for k in range(2):
        rate[k] += (s.heat[k, 0] + s.heat[k, 1]) * s.thin[k]
    mark = rng.random() * total
    for j in range(10):
        mark -= rate[j]
        if mark < 0.0:
            act(s, book, j, plants, rng, nature, out)
            return


def _made(version: int) -> Any:
    @kernel
    def simulate(markets: Rows, book: Rows, natures: Rows, plants: Rows, pace: Rows, rng: Any, out: Rows) -> int:
        """Write rows until `out` is full or the market is over; how many. Call again to go on.

        Thinning after Ogata: rates only fall while nothing happens, so those of now bound those of the next moment.
        """
        s, nature = markets[0], natures[0]
        rate = np.zeros(10)
        s.rows = 0
        if s.ts == s.begin:
            calm(s)
            quote(s, book, out)
        while s.ts < s.end and s.rows + ROWS_MAX <= out.shape[0] and version != 0:
            step(s, book, nature, plants, pace, rate, rng, out)
        return int(s.rows)

    return simulate


simulate = _made(sources_number(Path(__file__).parent))
"""A compiled loop is kept on disk by the date of this file alone; the number makes it notice the files beside it."""
