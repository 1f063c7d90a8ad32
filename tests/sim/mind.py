"""The desk's memory as plain values, taken at moments at which it must agree with the journal."""

from dataclasses import dataclass, field
from decimal import Decimal

from bot.domain.order import BracketState
from bot.orders.manager import OrderManager
from bot.risk.gate import Gate


@dataclass(frozen=True, slots=True)
class Mind:
    """What the order manager and the gate believe."""

    brackets: dict[str, BracketState] = field(default_factory=dict)
    """Brackets that have not ended."""
    executions: dict[str, frozenset[str]] = field(default_factory=dict)
    """Bracket → executions of it that stand, for those that have not ended."""
    shares: dict[str, int] = field(default_factory=dict)
    """Bracket → units in its own direction, for those that have not ended."""
    positions: tuple[int, ...] = ()
    """Signed units by instrument, by the order manager."""
    ledger: tuple[int, ...] = ()
    """The same by the gate, which limits them."""
    net: dict[int, Decimal] = field(default_factory=dict)
    """Instrument → the day's result by the gate, money."""
    kill: bool = False
    pauses: frozenset[tuple[str, str]] = frozenset()
    """(strategy, product) of what a person paused; empty text: all."""
    settled: bool = True
    timers: int = 0
    """Deadlines that are set."""


def mind_of(orders: OrderManager, gate: Gate, products: tuple[str, ...], now: int) -> Mind:
    """Look into a running desk. It is the one place that knows what its parts call their things."""
    machine, control, ledger = orders._machine, gate._control, gate._ledger
    live = {live.bracket.id: live for live in orders.live}
    return Mind(
        brackets={name: one.state for name, one in live.items()},
        executions={
            name: frozenset(exec_id for exec_id, fill in one.executions.items() if fill.quantity)
            for name, one in live.items()
        },
        shares={name: one.share for name, one in live.items()},
        positions=tuple(machine.positions.all()),
        ledger=tuple(ledger.position),
        net={at: ledger.day(at, now).net for at in range(len(products))},
        kill=control.kill is not None,
        pauses=frozenset((strategy, "" if at is None else products[at]) for strategy, at in control.pauses),
        settled=machine.settled,
        timers=len(machine.timers._heap),
    )
