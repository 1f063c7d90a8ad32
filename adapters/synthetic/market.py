"""The simulator: one compiled loop over a market's state that writes TICK rows, and the class that feeds it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from adapters.synthetic.agents.maker import bear, come_back
from adapters.synthetic.agents.momentum import watch
from adapters.synthetic.agents.noise import cool
from adapters.synthetic.agents.stops import filled, fire
from adapters.synthetic.book import ROWS_MAX, quote
from adapters.synthetic.chance import Rng, seeded, waiting
from adapters.synthetic.flow import TAKE, act, drift, pick, rates
from adapters.synthetic.hours import open_or_close
from adapters.synthetic.staging import calm, count, stage
from adapters.synthetic.state import LITERATURE, MARKET, PLANT, SECOND, States
from bot.domain.market import TICK, Ticks
from bot.kernel import kernel, part

Pace = npt.NDArray[np.int64]
"""Activity for each second of the tape, per mille of the instrument's usual one."""
_MET = 310
"""Lumps use a queue up sooner than a stream of the same volume does, so that more than one for one is needed."""
_WAIT_NS, _LOOK_NS = 30 * SECOND, 5 * SECOND


@kernel
def simulate(markets: States, natures: States, plants: States, pace: Pace, truth: Pace, rng: Rng, out: Ticks) -> int:
    """Write rows until `out` is full or the market's end is reached; returns how many. Call again to go on."""
    s, nature = markets[0], natures[0]
    weights = np.zeros(14, np.int64)
    s.rows = 0
    if s.ts == s.begin:
        calm(s, nature)
        quote(s, out)
    while s.ts < s.end and s.rows + 2 * ROWS_MAX <= out.shape[0]:
        now = pace[(s.ts - s.begin) // SECOND]
        open_or_close(s, now, rng, nature, out)
        total = rates(s, nature, now, weights)
        dt = 1 + waiting(rng, min(1_000 * SECOND // max(total, 1), _WAIT_NS))
        # Waiting has no memory: cutting a long wait short and drawing anew changes no odds; plants end in time.
        quiet = dt > _LOOK_NS
        dt = min(dt, _LOOK_NS)
        s.ts += dt
        if s.ts >= s.end:
            break
        shut = pace[(s.ts - s.begin) // SECOND] == 0
        _tell(s, truth)
        cool(s, nature, dt)
        watch(s, dt)
        come_back(s, rng, nature, out)
        drift(s, rng)
        stage(s, plants, rng, nature, out)
        fire(s)
        if quiet or shut or total <= 0 or s.halted > 0:
            continue
        choice = pick(rng, weights, total)
        volume = act(s, choice, rng, nature, out)
        if choice // 2 == TAKE:
            count(s, plants, choice % 2, volume)
            filled(s, choice % 2, volume)
            bear(s, choice % 2, volume)
            s.volume += volume
    return int(s.rows)


@part
def _tell(s: Any, truth: Pace) -> None:
    """Write what the maker held at the beginning of each second that has come."""
    second = (s.ts - s.begin) // SECOND
    while s.told <= second:
        truth[s.told] = s.stock // 2
        s.told += 1


class Simulator:
    """A market from `begin` (ns UTC) at `price` (ticks) for as long as `pace` says; same arguments, same rows.

    `maker` is NO_MAKER, LITERATURE or SEED; `base_share` is the buyers' share of all market orders, per mille. Where
    `pace` is 0 the exchange is closed.
    """

    def __init__(
        self,
        nature: States,
        pace: Pace,
        plants: States,
        *,
        begin: int,
        price: int,
        seed: int,
        base_share: int = 500,
        maker: int = LITERATURE,
    ) -> None:
        self._nature, self._pace, self._rng = nature, pace, seeded(seed)
        self.plants = plants.copy()
        """What was staged, and when the simulation is over: where and when it really happened."""
        self.truth = np.zeros(len(pace), np.int64)
        """What the market maker held at the beginning of each second, contracts or shares, long above 0."""
        self._market = np.zeros(1, MARKET)
        # What one order causes on the other side evens shares out: more is needed of those that nothing caused.
        own, other = 1_000 - int(nature["excite"][0]) - int(nature["flash"][0]), int(nature["infect"][0])
        apart = (2 * base_share - 1_000) * (own + other) // (own - other)
        lot, depth = int(nature["lot"][0]), int(nature["depth"][0])
        wide = int(nature["wide"][0])
        start = {
            "ts": begin,
            "begin": begin,
            "end": begin + len(pace) * SECOND,
            "price": (price, price + wide),
            "size": (depth * lot, depth * lot),
            "mood": 1_000,
            "wide": wide,
            "cost": 16 * 2 * depth * lot,
            "high": price,
            "low": price,
            "minute": begin + 60 * SECOND,
            "reach": 16 * 4 * wide,
            "day": (price, price),
            "yesterday": (price, price),
            "base": (1_000 - apart, 1_000 + apart),
            "maker": maker,
            "met_share": (1_000 - base_share, base_share),
            "mid": 2 * price + wide,
            "usual": depth * lot * 20,
            "met": _MET,
            "was": price,
            "floor": -1,
            "absent": -1,
            "stop_side": -1,
        }
        for name, value in start.items():
            self._market[name] = value

    @property
    def now(self) -> int:
        """How far the market has come, ns UTC."""
        return int(self._market["ts"][0])

    def batches(self, rows: int = 65_536) -> Iterator[Ticks]:
        """TICK rows in arrival order; each batch is overwritten by the next."""
        # Room for the first quote and a whole step after it, or time would never begin.
        out = np.zeros(max(rows, 4 * ROWS_MAX), TICK)
        while self.now < self._market["end"][0]:
            written = simulate(self._market, self._nature, self.plants, self._pace, self.truth, self._rng, out)
            for first in range(0, written, rows):
                yield out[first : min(first + rows, written)]


def no_plants() -> States:
    """Nothing staged: a strict null."""
    return np.zeros(0, PLANT)
