"""Inventory maker: a bid and an ask around a reservation price that leans against what it holds.

    wants     a closed bar of its timeframe (a clock), and every change of a regime guard
    fair      middle of the standing quote
    sigma     root of the mean squared change of the middle, ticks per √s, weighted by a half-life
    quotes    bid = ⌊r − h⌋ and ask = ⌈r + h⌉, never through the other side; none that would take what is held beyond
              `most`

Definitions (q = contracts held ÷ contracts of a quote, everything in ticks and seconds)
    literature   r = fair − q·w,  h = ln(1 + γ/k)/γ + w/2,  w = √( σ²γ / (2kA) · (1 + γ/k)^(1 + k/γ) )
                 Guéant, Lehalle & Fernandez-Tapia 2013, "Dealing with the inventory risk": the asymptotic quotes of
                 Avellaneda & Stoikov for a day without an end. Inventory moves both quotes one way.
    horizon      r = fair − q·γσ²T,  h = γσ²T/2 + ln(1 + γ/k)/γ
                 Avellaneda & Stoikov 2008, "High-frequency trading in a limit order book", with the time left held at
                 `horizon`
    seed         the lesson: long → bids lower and offers higher, by `lean` ticks a unit; short → bids higher. h is that
                 of `literature` without w. Two opposite moves are a wider spread, no way to get rid of anything
                 (signals notes §8): it is here to be measured.

γ is the aversion to risk, A how often a quote at the fair price would be hit (1/s), k how fast that falls per tick.
What closes entries (blackout, guards, pauses, hours) is the gate's: it lets only pass what makes the inventory smaller.
"""

import math
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from bot.config import Params as BaseParams
from bot.config import StrategyFile
from bot.config.params import Duration
from bot.domain.decision import Proposal, Quote, Refusal, Signal
from bot.domain.instrument import Instrument
from bot.domain.market import ABSENT
from bot.errors import ConfigError
from bot.ports import DeskView

SECOND_NS = 1_000_000_000


class Params(BaseParams):
    """[params] of an inventory maker."""

    model: Literal["literature", "horizon", "seed"] = "literature"
    """How inventory moves the quotes: Guéant and others 2013, Avellaneda and Stoikov 2008, or the lesson's own rule."""
    gamma: float = Field(0.1, gt=0)
    """Aversion to risk, 1/ticks: more of it leans harder and quotes wider."""
    k: float = Field(1.5, gt=0)
    """How fast fills become rarer with each tick from the fair price, 1/ticks."""
    intensity: float = Field(0.5, gt=0)
    """A: how often a quote at the fair price would be hit, 1/s."""
    horizon: Duration = Field(60 * SECOND_NS, gt=0)
    """T of the model `horizon`."""
    lean: int = Field(1, ge=0)
    """Ticks a unit of inventory by which the model `seed` moves a quote."""
    half_life: Duration = Field(60 * SECOND_NS, gt=0)
    """How long a change of the price weighs in sigma."""
    most: int = Field(2, ge=1)
    """Contracts that it holds at most, long or short."""
    warmup: int = Field(12, ge=1)
    """Bars before its first quote: sigma wants some."""


class InventoryMaker:
    """Quotes both sides at every closed bar, and again when a guard changes."""

    Params = Params
    QUOTES = True
    """It sends quotes: only where a queue is simulated."""

    def __init__(self, spec: StrategyFile, instrument: Instrument) -> None:
        stop, size = spec.bracket.stop_ticks, spec.bracket.contracts
        if not isinstance(stop, int) or size is None:
            raise ConfigError(
                "a maker needs a fixed stop for what it holds, and a fixed size of its quotes",
                where=spec.name,
                allowed="[bracket] stop_ticks = 12, contracts = 1",
            )
        self.name, self.instrument = spec.name, spec.instrument
        self.wants = frozenset({"bar", "guard"})
        self._spec, self._p = spec, Params(**spec.params)
        self._stop, self._size = stop, size
        self._fade = 0.5 ** (1 / self._p.half_life)  # per ns
        self._bars, self._before, self._before_ns = 0, 0, 0
        self._variance, self._weight = 0.0, 0.0

    def decide(self, signal: Signal, desk: DeskView) -> Sequence[Proposal | Refusal | Quote]:
        """A quote, once sigma is known; none where the book is one-sided: what works is pulled then."""
        bar = signal.kind == "bar"
        if bar and signal.timeframe != self._spec.timeframe:
            return ()
        whole = ABSENT not in (desk.bid, desk.ask) and desk.bid < desk.ask
        if bar and whole:
            self._measure(desk.bid + desk.ask, desk.now)
        if self._bars < self._p.warmup:
            return ()
        bid, ask, facts = self._prices(desk) if whole else (ABSENT, ABSENT, {})
        return (
            Quote(
                strategy=self.name,
                instrument=signal.instrument,
                bid=bid if desk.own + self._size <= self._p.most else ABSENT,
                ask=ask if self._size - desk.own <= self._p.most else ABSENT,
                # What takes out never takes out more than is held.
                bid_size=min(self._size, -desk.own) if desk.own < 0 else self._size,
                ask_size=min(self._size, desk.own) if desk.own > 0 else self._size,
                stop_ticks=self._stop,
                known=signal.known,
                ttl_ns=self._spec.entry.ttl,
                why=f"{self._p.model}, {desk.own:+d} held",
                facts=facts,
            ),
        )

    def _measure(self, twice: int, now: int) -> None:
        """Fold the change of the middle (twice of it is a whole number) since the bar before into sigma²."""
        if self._bars and now > self._before_ns:
            fade = self._fade ** (now - self._before_ns)
            change = (twice - self._before) / 2
            self._variance = fade * self._variance + (1 - fade) * change * change / (now - self._before_ns) * SECOND_NS
            self._weight = fade * self._weight + (1 - fade)
        self._bars += 1
        self._before, self._before_ns = twice, now

    def _prices(self, desk: DeskView) -> tuple[int, int, dict[str, float]]:
        """Bid and ask in ticks, each on its own side of the book, and what they were made of."""
        fair, held = (desk.bid + desk.ask) / 2, desk.own / self._size
        sigma = math.sqrt(self._variance / self._weight) if self._weight else 0.0
        down, up = offsets(self._p, sigma, held)
        bid = min(math.floor(fair - down), desk.ask - 1)
        ask = max(math.ceil(fair + up), desk.bid + 1)
        facts = {"fair": fair, "sigma": sigma, "held": held, "bid_offset": down, "ask_offset": up}
        return min(bid, ask - 1), ask, facts


def offsets(p: Params, sigma: float, held: float) -> tuple[float, float]:
    """Distances of bid and ask from the fair price, ticks, for `held` units of a quote; the formulas stand above."""
    base = math.log1p(p.gamma / p.k) / p.gamma
    if p.model == "seed":
        away = p.lean * held
        return (base + away, base + away) if held > 0 else (base + away, base)
    if p.model == "horizon":
        variance = p.gamma * sigma * sigma * p.horizon / SECOND_NS
        return base + variance / 2 + held * variance, base + variance / 2 - held * variance
    power = math.exp((1 + p.k / p.gamma) * math.log1p(p.gamma / p.k))
    width = math.sqrt(sigma * sigma * p.gamma / (2 * p.k * p.intensity) * power)
    return base + width / 2 + held * width, base + width / 2 - held * width
