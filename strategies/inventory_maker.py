"""Inventory maker: a bid and an ask around a reservation price that leans against what it holds.

    wants     a closed bar of its timeframe (a clock), and every change of a regime guard
    fair      middle of the standing quote
    sigma     root of the mean squared change of the middle, ticks per √s, weighted by a half-life
    run       Σ changes of the middle, each fading by the half-life `memory`: what price has just done, ticks
    quotes    bid = ⌊r − h⌋ and ask = ⌈r + h⌉, never through the other side; none that would take what is held beyond
              `most`. The one that stands in the way of a run is drawn back by `give_way` × run; the other stays

Definitions (q = contracts held, long or short; a quote is one contract; everything in ticks and seconds)
    literature   r = fair − q·w,  h = ln(1 + γ/k)/γ + w/2,  w = √( σ²γ / (2kA) · (1 + γ/k)^(1 + k/γ) )
                 Guéant, Lehalle & Fernandez-Tapia 2013, "Dealing with the inventory risk": the asymptotic quotes of
                 Avellaneda & Stoikov for a day without an end. Inventory moves both quotes one way.
    horizon      r = fair − q·γσ²T,  h = γσ²T/2 + ln(1 + γ/k)/γ
                 Avellaneda & Stoikov 2008, "High-frequency trading in a limit order book", with the time left held at
                 `horizon`
    seed         the lesson: long → bids lower and offers higher, by `lean` ticks a unit; short → bids higher. h is that
                 of `literature` without w. Two opposite moves are a wider spread, no way to get rid of anything
                 (signals notes §8): it is here to be measured.

give_way is for those who know more: a run tells of them before the next bar does. Cartea, Jaimungal & Penalva 2015,
"Algorithmic and High-Frequency Trading", ch. 10, move both quotes by what is expected of the price; here none is moved
towards it, since that would pay the spread which the maker lives on.

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
ALLOWED = "[bracket] stop_ticks = 12, contracts = 1"


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
    give_way: float = Field(0.0, ge=0)
    """Ticks by which a quote in the way of a run is drawn back for each tick of it."""
    memory: Duration = Field(15 * SECOND_NS, gt=0)
    """Half-life of what counts as that run."""
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
        if not isinstance(stop, int):
            raise ConfigError("a maker needs a fixed stop for what it holds", where=spec.name, allowed=ALLOWED)
        if size != 1:
            raise ConfigError(
                f"a maker's quote is one contract, not {size or 'as many as risk_usd allows'}: of several, one side "
                "may fill in parts and the other whole, and what is held then was wanted by nobody",
                where=spec.name,
                allowed=ALLOWED,
                do="[params] most = 3 lets it hold several, one at a time",
            )
        self.name, self.instrument = spec.name, spec.instrument
        self.wants = frozenset({"bar", "guard"})
        self._spec, self._p = spec, Params(**spec.params)
        self._stop = stop
        self._fade = 0.5 ** (1 / self._p.half_life)  # per ns
        self._bars, self._before, self._before_ns = 0, 0, 0
        self._variance, self._weight, self._run = 0.0, 0.0, 0.0

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
                bid=bid if desk.own < self._p.most else ABSENT,
                ask=ask if -desk.own < self._p.most else ABSENT,
                stop_ticks=self._stop,
                known=signal.known,
                ttl_ns=self._spec.entry.ttl,
                why=f"{self._p.model}, {desk.own:+d} held",
                facts=facts,
            ),
        )

    def _measure(self, twice: int, now: int) -> None:
        """Fold the change of the middle (twice of it is a whole number) since the last bar into sigma² and the run."""
        if self._bars and now > self._before_ns:
            fade = self._fade ** (now - self._before_ns)
            change = (twice - self._before) / 2
            self._variance = fade * self._variance + (1 - fade) * change * change / (now - self._before_ns) * SECOND_NS
            self._weight = fade * self._weight + (1 - fade)
            self._run = 0.5 ** ((now - self._before_ns) / self._p.memory) * self._run + change
        self._bars += 1
        self._before, self._before_ns = twice, now

    def _prices(self, desk: DeskView) -> tuple[int, int, dict[str, float]]:
        """Bid and ask in ticks, each on its own side of the book, and what they were made of."""
        fair, held = (desk.bid + desk.ask) / 2, desk.own
        sigma = math.sqrt(self._variance / self._weight) if self._weight else 0.0
        down, up = offsets(self._p, sigma, held)
        back = self._p.give_way * self._run
        bid = min(math.floor(fair - down + min(back, 0)), desk.ask - 1)
        ask = max(math.ceil(fair + up + max(back, 0)), desk.bid + 1)
        facts = {
            "fair": fair,
            "reservation": fair + (up - down) / 2,
            "half_width": (up + down) / 2,
            "sigma": sigma,
            "run": self._run,
            "held": held,
        }
        return min(bid, ask - 1), ask, {name: round(value, 6) for name, value in facts.items()}


def offsets(p: Params, sigma: float, held: int) -> tuple[float, float]:
    """Distances of bid and ask from the fair price, ticks, with `held` contracts; the formulas stand above."""
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
