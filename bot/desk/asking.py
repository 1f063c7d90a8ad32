"""Strategies as they are asked. A stranger's code must not take the desk and its positions along.

What raises or answers nonsense is journalled and counted; after three times a strategy is asked no more, until the
trading day is over or a person names it: `resume --strategy NAME --reason TEXT`. What it has sent is managed anyway.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any

from bot.desk.parts import Parts, Seat
from bot.domain.command import strategy_key
from bot.domain.decision import Proposal, Quote, Refusal, Signal
from bot.ports import DeskView, Engine

ERRORS = 3
"""So many in one trading day, and a strategy is asked no more."""
FAILED = "failed"
"""The value of a strategy's `control` row when it is asked no more; before, it is the number of its errors."""


class Asking:
    """Asks one strategy after the other. `failed` is the tally's: strategy → why it is asked no more."""

    def __init__(self, parts: Parts, failed: dict[str, str], say: Callable[[str], None]) -> None:
        self._p, self._failed, self._say = parts, failed, say
        self._errors: Counter[str] = Counter()
        self.name = ""
        """Who is being asked just now; empty: nobody. The process's heartbeat reads it."""
        self._slowest = (0, "")

    def wishes(self, seat: Seat, signal: Signal, view: DeskView) -> Sequence[Proposal | Refusal | Quote]:
        """What a strategy wants; nothing from one that has failed, or fails."""
        name = seat.strategy.name
        if name in self._failed:
            return ()
        self.name, began = name, time.monotonic_ns()
        try:
            # A generator would fail outside of this net.
            wishes = tuple(seat.strategy.decide(signal, view))
            for wish in wishes:
                _judge(wish, seat)
        except Exception as error:  # noqa: BLE001 - a stranger's code must not take the desk and its positions along
            self.error(name, f"{type(error).__name__}: {error}", signal.known)
            return ()
        finally:
            self.name = ""
            self._slowest = max(self._slowest, (time.monotonic_ns() - began, name))
        return wishes

    def slowest(self) -> tuple[int, str]:
        """The longest answer since this was asked last: how many ns, and whose."""
        found, self._slowest = self._slowest, (0, "")
        return found

    def error(self, name: str, why: str, ts: int) -> None:
        """It has done something wrong; the third time is the last."""
        self._errors[name] += 1
        if self._errors[name] >= ERRORS:
            self.fail(name, why, ts)
            return
        self._write(name, self._errors[name], why, ts)
        self._say(f"strategy {name} went wrong ({self._errors[name]} of {ERRORS}): {why}")

    def fail(self, name: str, why: str, ts: int) -> None:
        """It is asked no more in this trading day."""
        self._failed[name] = why
        self._write(name, FAILED, why, ts)
        self._say(f"strategy {name} is asked no more today: {why}")

    def take_up(self, name: str, value: object, why: str) -> None:
        """What an earlier run of the same trading day has written of it."""
        if value == FAILED:
            self._failed[name] = why
        elif isinstance(value, int):
            self._errors[name] = value

    def forgive(self, name: str, why: str, ts: int) -> None:
        """A person wants it to be asked again."""
        errors, failed = self._errors.pop(name, 0), self._failed.pop(name, "")
        if errors or failed:
            self._write(name, 0, why, ts)

    def _write(self, name: str, value: int | str, why: str, ts: int) -> None:
        self._p.journal.control(strategy_key(name), value, ts, why)
        self._p.journal.commit()


def signal_of(
    engine: Engine, event: Any, kind: str, evidence: Mapping[str, float], next_id: Callable[[], str]
) -> Signal:
    """One EVENT row in the desk's words. What is internal to the desk has no id."""
    return Signal(
        id="" if kind in engine.internal else next_id(),
        ts=int(event["ts"]),
        known=int(event["known"]),
        instrument=int(event["instrument"]),
        kind=kind,
        side=int(event["side"]),
        price=int(event["price"]),
        strength=float(event["strength"]),
        timeframe=int(event["timeframe"]),
        evidence=evidence,
        params_hash=engine.params_hash(event),
    )


def _judge(wish: object, seat: Seat) -> None:
    """Raises TypeError or ValueError for what is no wish of this seat's."""
    if not isinstance(wish, (Proposal, Refusal, Quote)):
        raise TypeError(f"{type(wish).__name__} is neither a Proposal nor a Refusal nor a Quote")
    if (wish.strategy, wish.instrument) != (seat.strategy.name, seat.instrument):
        raise ValueError(f"a wish of strategy {wish.strategy!r} in instrument {wish.instrument}, which it is not")
    numbers = {"known": wish.known}
    if isinstance(wish, Quote):
        numbers |= {"bid": wish.bid, "ask": wish.ask, "stop_ticks": wish.stop_ticks, "ttl_ns": wish.ttl_ns}
    else:
        numbers |= {"side": wish.side}
    if isinstance(wish, Proposal):
        if wish.quote:
            raise ValueError("a Proposal is no side of a Quote: return the Quote")
        numbers |= {"quantity": wish.quantity, "entry": wish.entry, "stop": wish.stop, "target": wish.target}
        numbers |= {"ttl_ns": wish.ttl_ns, "time_stop_ns": wish.time_stop_ns}
    for key, value in numbers.items():
        if not isinstance(value, Integral):
            raise TypeError(f"{key} of a wish is {value!r}, not a whole number")
