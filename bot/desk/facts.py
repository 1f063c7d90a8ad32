"""What `status` shows of the desk: may it trade, what is held, what works, what comes next. Prices are decimal text."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from bot.desk.parts import Live, LiveLeg, Parts, Tally
from bot.desk.watch import Cause, Watch
from bot.domain.command import clock_text
from bot.domain.decision import Reason
from bot.domain.instrument import Instrument
from bot.domain.market import ABSENT
from bot.domain.mode import Mode
from bot.domain.order import ENDED, Role

MILLISECOND_NS = 1_000_000
STATES = {"pause": "paused", "losses_in_a_row": "paused", "hours": "closed", "blackout": "blackout"}
"""Rule → what it makes of the desk; any other rule holds it."""
OF_THE_CLOCK = ("hours", "blackout")
"""Rules that ask what time it is."""
NO_TICK = "no tick has come yet"
WORST_FIRST = ("held", "paused", "closed", "blackout")


class Facts:
    """Reads the parts of a desk; changes nothing."""

    def __init__(self, parts: Parts, tally: Tally, watch: Watch) -> None:
        self._p, self._tally, self._watch = parts, tally, watch

    def status(
        self, until: int, touches: Sequence[tuple[int, int]], queue: Mapping[str, int], *, stopping: bool
    ) -> dict[str, Any]:
        """Everything as of now; `until` is up to when the market has been walked, ns UTC.

        `touches` are bid and ask of each instrument in ticks (ABSENT = none), `queue` is what waits, by name.
        """
        now = self._watch.now_ns() or until
        standing = {
            seat.strategy.name: self._p.gate.standing(seat.strategy.name, seat.instrument, now)
            for seat in self._p.seats
        }
        causes = self._watch.causes(now)
        if not now:
            # The clock of a tape or of a made market begins with its first row: until then it is no time of day.
            standing = {
                name: [one for one in found if one.rule not in OF_THE_CLOCK] for name, found in standing.items()
            }
            causes = [one for one in causes if one.what not in OF_THE_CLOCK]
        reasons = [reason.message for found in standing.values() for reason in found]
        return {
            "state": self._state(standing, until, stopping=stopping),
            "mode": self._watch.mode(causes).value if until else Mode.BLIND.value,
            "reasons": list(dict.fromkeys([*(cause.words for cause in causes), *reasons, *([] if now else [NO_TICK])])),
            "causes": [
                {"rule": one.what, "message": one.words, "mode": one.mode.value, "strategy": one.strategy}
                for one in causes
            ],
            "house": self._watch.house,
            "account": self._p.account,
            "positions": list(self._positions(touches)),
            "working_orders": list(self._working()),
            "link": self._watch.link,
            "lag_ms": (self._watch.lag_ns or 0) // MILLISECOND_NS if until else None,
            "next_blackout": self._next_blackout(),
            "day": self._day(now),
            "room": self._p.gate.room(now) if self._p.instruments else [],
            "health": self._health(),
            "strategies": [
                {
                    "name": name,
                    "state": self._strategy(name, found) if now else "starting",
                    "warmup": self._warmup(name, now),
                    "model": _model(found),
                }
                for name, found in standing.items()
            ],
            "contracts": [self._contract(index, one, now, causes) for index, one in enumerate(self._p.instruments)],
            "queue": dict(queue),
            "now_ns": now,
            "dry": self._p.dry,
        }

    def _state(self, standing: dict[str, list[Reason]], until: int, *, stopping: bool) -> str:
        if stopping:
            return "stopping"
        if not until:
            return "starting"
        states = [self._strategy(name, found) for name, found in standing.items()]
        states = ["held" if state == "failed" else state for state in states]
        if not states:
            return "held"
        return "trading" if "trading" in states else min(states, key=WORST_FIRST.index)

    def _strategy(self, name: str, standing: list[Reason]) -> str:
        return "failed" if name in self._tally.failed else _state(standing)

    def _warmup(self, name: str, now: int) -> str | None:
        """Until when a detector that a strategy hears is silent because it began in the middle of the run."""
        until = self._p.engine.hushed_until(next(one.hears for one in self._p.seats if one.strategy.name == name))
        return f"until {clock_text(until)}" if until and until >= now else None

    def _positions(self, touches: Sequence[tuple[int, int]]) -> Iterator[dict[str, Any]]:
        for live in self._p.orders.live:
            if live.share:
                at = live.bracket.entry.instrument
                one = self._p.instruments[at]
                average = Decimal(live.entry_value) / live.filled_in * one.tick
                yield {
                    "instrument": one.product,
                    "contract": one.contract or one.product,
                    "strategy": live.bracket.approved.proposal.strategy,
                    "side": "long" if live.side > 0 else "short",
                    "quantity": live.share,
                    "entry_price": f"{average.normalize():f}",
                    "stop_price": _price(live, Role.STOP, one),
                    "target_price": _price(live, Role.TARGET, one),
                    "state": live.state.value,
                    "flags": list(live.flags),
                    "bracket_id": live.bracket.id,
                    **_unrealised(live, one, touches[at]),
                }

    def _working(self) -> Iterator[dict[str, Any]]:
        for live in self._p.orders.live:
            for leg in _alive(live):
                order, one = leg.order, self._p.instruments[leg.order.instrument]
                yield {
                    "client_order_id": order.client_order_id,
                    "instrument": one.product,
                    "contract": one.contract or one.product,
                    "role": order.role.value,
                    "side": "buy" if order.side > 0 else "sell",
                    "type": order.type.value,
                    "quantity": order.quantity,
                    "filled": leg.filled,
                    "price": None if order.price is None else one.text(order.price),
                    "stop_price": None if leg.trigger is None else one.text(leg.trigger),
                    "state": leg.state.value,
                }

    def _next_blackout(self) -> dict[str, Any] | None:
        edge = self._p.schedule.upcoming("blackout-start")
        if edge is None:
            return None
        return {"kind": edge.kind, "from_ns": edge.from_ns, "to_ns": edge.to_ns, "source": edge.source}

    def _day(self, now: int) -> dict[str, Any]:
        told = self._p.gate.facts(0, now) if self._p.instruments else {}
        return {
            "net": told.get("net", "0"),
            "r": told.get("r", 0.0),
            "round_trips": self._p.orders.round_trips,
            "loss_used": told.get("loss_used", "0"),
            "loss_limit": told.get("loss_limit", "0"),
        }

    def _health(self) -> dict[str, Any]:
        health = self._watch.health()
        return {
            "clock_offset_ms": health.clock_offset_ns // MILLISECOND_NS,
            "loop_lag_ms": health.loop_lag_ns // MILLISECOND_NS,
            "commit_ms": health.commit_ns / MILLISECOND_NS,
            "journal": health.journal,
        }

    def _contract(self, index: int, one: Instrument, now: int, causes: list[Cause]) -> dict[str, Any]:
        newest = self._p.gate.newest(index)
        return {
            "instrument": one.product,
            "contract": one.contract or one.product,
            "roll_date": self._p.rolls.get(one.product),
            "last_tick_age_ms": (now - newest) // MILLISECOND_NS if newest else None,
            "ticks": self._tally.ticks[index] if len(self._p.instruments) > 1 else self._tally.rows,
            "position": self._p.orders.position(index),
            "mode": self._watch.mode(causes, index).value if now else Mode.BLIND.value,
        }


def _state(reasons: list[Reason]) -> str:
    states = [STATES.get(reason.rule, "held") for reason in reasons]
    return min(states, key=WORST_FIRST.index) if states else "trading"


def _model(reasons: list[Reason]) -> dict[str, Any] | None:
    """What closes a strategy's model, since when, and what to do; None while nothing does, or it has none."""
    return next(({**reason.facts, "message": reason.message} for reason in reasons if reason.rule == "model"), None)


def _unrealised(live: Live, one: Instrument, touch: tuple[int, int]) -> dict[str, Any]:
    """What leaving at the touch would bring before commissions, as money and in R of the first stop; None: no quote."""
    out, stop = touch[0] if live.side > 0 else touch[1], live.bracket.stop.stop_price
    if out == ABSENT:
        return {"open_net": None, "open_r": None}
    average = Decimal(live.entry_value) / live.filled_in
    gained, risked = live.side * (out - average), None if stop is None else abs(average - stop)
    money = gained * one.tick_value * live.share
    return {"open_net": f"{money:.2f}", "open_r": round(float(gained / risked), 4) if risked else None}


def _alive(live: Live) -> list[LiveLeg]:
    return [leg for leg in live.legs.values() if leg.state not in ENDED]


def _price(live: Live, role: Role, one: Instrument) -> str | None:
    """Where a working exit stands; None when there is none."""
    for leg in _alive(live):
        if leg.order.role is role:
            ticks = leg.trigger if role is Role.STOP else leg.order.price
            return None if ticks is None else one.text(ticks)
    return None
