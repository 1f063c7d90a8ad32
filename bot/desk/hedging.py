"""A maker's hedge: the opposite delta in another instrument, after each fill, through the same gate and broker.

    review     after each report and each look of the maker, and every second while too much is open: what is held is
               compared with what should be, and one order of the hedge is wanted, kept or pulled
    before     ahead of a maker's quotes: could what they bring be hedged?

An order of the hedge is a quote that crosses: a limit a few ticks beyond the other side's touch. So its bracket goes
from flat to flat under one stop, as the inventory's does. To nothing it goes at market, which needs no gate.
What is open, and why, is a row of `control` (`hedge.NAME`, in units of the inventory's instrument) whenever it changes.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from bot.desk.parts import Parts, Seat
from bot.desk.quoting import Quoting
from bot.domain.command import hedge_key
from bot.domain.decision import Quote
from bot.domain.hedge import Hedge, LegRisk
from bot.domain.market import ABSENT
from bot.domain.order import HEDGE, BracketState

SECOND_NS = 1_000_000_000
AGAIN_NS = SECOND_NS
"""How soon it is looked again while too much is open."""
TTL_NS = 5 * SECOND_NS
_LEAVING = frozenset({BracketState.FLATTENING, BracketState.STUCK})
Look = Callable[[int], tuple[int, int]]
"""Lets the gate know what stands in an instrument; bid and ask in ticks, ABSENT = none."""


class Hedging:
    """Every strategy's hedge. `look` asks the market as far as it has been walked."""

    def __init__(self, parts: Parts, quoting: Quoting, look: Look) -> None:
        self._p, self._quoting, self._look = parts, quoting, look
        self._legs: dict[str, LegRisk] = {}
        self._due: dict[str, int] = {}
        self.stopping = False
        """Whether the desk begins nothing new: what is held stays under its stops."""

    def next_due(self) -> int | None:
        """When it is to be looked again, ns UTC."""
        return min(self._due.values(), default=None)

    async def on_time(self, now: int) -> None:
        """Look again where it is due."""
        for name in [name for name, due in self._due.items() if due <= now]:
            await self._review(self._p.hedges[name], now)

    async def before(self, seat: Seat, now: int) -> None:
        """A maker is about to quote: what is open, and whether more of it could be hedged."""
        hedge = self._p.hedges.get(seat.strategy.name)
        if hedge is not None:
            await self._review(hedge, now)

    async def review(self, now: int) -> None:
        """Something was filled or has ended: hold what should be held."""
        for hedge in self._p.hedges.values():
            await self._review(hedge, now)

    def told(self, now: int) -> Iterator[dict[str, Any]]:
        """Each hedge, as `status` shows it: units signed, `unhedged` in those of `instrument`, money as text."""
        for name, hedge in self._p.hedges.items():
            own, held = self._held(hedge)
            one, leg = self._p.instruments[hedge.instrument], self._legs.get(name)
            units = hedge.open(own, held) / hedge.ratio
            yield {
                "strategy": name,
                "instrument": one.product,
                "by": self._p.instruments[hedge.by].product,
                "position": own,
                "hedge": held,
                "unhedged": _number(units),
                "tick_money": f"{_decimal(units) * one.tick_value:.2f}",
                "since_ns": None if leg is None else leg.since_ns,
                "seconds": None if leg is None else max(0, now - leg.since_ns) / SECOND_NS,
                "why": "" if leg is None else leg.why,
            }

    async def _review(self, hedge: Hedge, now: int) -> None:
        own, held = self._held(hedge)
        self._look(hedge.by)
        closed = self._p.gate.standing(hedge.strategy, hedge.by, now, quote=True)
        states = {
            live.state for live in self._p.orders.live if live.bracket.approved.proposal.strategy == hedge.strategy
        }
        leaving, stuck = bool(states & _LEAVING), BracketState.STUCK in states
        why = "it cannot be left now" if stuck else "" if leaving else await self._act(hedge, own, held, now)
        await self._tell(hedge, own, held, why, now, begins=not leaving)
        self._p.gate.hedged(
            hedge.strategy, self._legs.get(hedge.strategy), "; ".join(reason.message for reason in closed)
        )

    def _held(self, hedge: Hedge) -> tuple[int, int]:
        """Signed units of the inventory and of the hedge."""
        held = self._quoting.held
        return held(hedge.strategy, hedge.instrument), held(hedge.strategy, hedge.by)

    async def _act(self, hedge: Hedge, own: int, held: int, now: int) -> str:
        """Want, keep or pull one order of the hedge; why what is missing cannot be had, empty where it can."""
        orders, strategy, by = self._p.orders, hedge.strategy, hedge.by
        if self.stopping or self._p.dry:
            return "the desk is stopping" if self.stopping else "dry: nothing is sent"
        if own == 0 and held:
            await orders.flatten(now, HEDGE, instrument=by, strategy=strategy)
            return ""
        gap = hedge.wanted(own, held) - held
        side = 1 if gap > 0 else -1
        alive = orders.quotes.alive(strategy, by)
        if not gap or -side in alive:
            if alive:
                await orders.quotes.quote(strategy, by, frozenset(), {}, now, {})
            return ""
        one, (bid, ask) = self._p.instruments[by], self._look(by)
        touch = ask if side > 0 else bid
        if touch == ABSENT:
            return f"{one.product} has no {'ask' if side > 0 else 'bid'}"
        size = min(abs(gap), one.max_order, abs(held) if held * side < 0 else abs(gap))
        price, works = orders.quotes.standing(strategy, by).get(side, (0, 0))
        if works == size and side * (price - touch) >= 0:
            return ""  # on its way, and still good enough
        refused = await self._quoting.judge(_order(hedge, side, size, touch, own, now), now, 0)
        if refused:
            return "; ".join(refused)
        return "" if side in orders.quotes.alive(strategy, by) else "no order may leave just now"

    async def _tell(self, hedge: Hedge, own: int, held: int, why: str, now: int, *, begins: bool) -> None:
        """Write down what is open where that has changed, and let nothing work for long that would make it more."""
        name, before = hedge.strategy, self._legs.get(hedge.strategy)
        if not hedge.too_much(own, held):
            self._due.pop(name, None)
            if before is not None:
                del self._legs[name]
                self._write(name, Fraction(0), now, f"hedged after {(now - before.since_ns) / SECOND_NS:.3f} s")
            return
        if before is None and not begins:
            return  # both legs leave at once
        units = hedge.open(own, held) / hedge.ratio
        leg = LegRisk(units, before.since_ns if before else now, hedge.patience_ns, why)
        self._legs[name], self._due[name] = leg, now + AGAIN_NS
        if before is None or (before.units, before.why) != (units, why):
            self._write(name, units, now, self._words(hedge, own, held, why))
        side = 1 if units > 0 else -1
        if leg.lasts(now) and side in self._p.orders.quotes.standing(name, hedge.instrument):
            await self._p.orders.quotes.quote(name, hedge.instrument, frozenset({-side}), {}, now, {side: "leg_risk"})

    def _words(self, hedge: Hedge, own: int, held: int, why: str) -> str:
        one, by = (self._p.instruments[at].product for at in (hedge.instrument, hedge.by))
        words = f"{own:+d} {one} against {held:+d} {by}, {hedge.wanted(own, held):+d} wanted"
        return f"{words}: {why}" if why else words

    def _write(self, name: str, units: Fraction, now: int, why: str) -> None:
        self._p.journal.control(hedge_key(name), _number(units), now, why)
        self._p.journal.commit()


def _order(hedge: Hedge, side: int, size: int, touch: int, own: int, now: int) -> Quote:
    limit = touch + side * hedge.reach_ticks
    return Quote(
        strategy=hedge.strategy,
        instrument=hedge.by,
        bid=limit if side > 0 else ABSENT,
        ask=limit if side < 0 else ABSENT,
        units=size,
        stop_ticks=hedge.stop_ticks,
        known=now,
        ttl_ns=TTL_NS,
        why=f"hedge of {own:+d}",
        hedge=True,
    )


def _decimal(units: Fraction) -> Decimal:
    return Decimal(units.numerator) / Decimal(units.denominator)


def _number(units: Fraction) -> int | float:
    return int(units) if units.denominator == 1 else float(units)
