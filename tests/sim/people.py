"""What goes wrong beside the wire and the disk: the exchange halts, people act at the broker or speak to the desk."""

from typing import TYPE_CHECKING

from bot.domain.order import BracketState, Role
from tests.sim.exchange import Placed
from tests.sim.loop import SECOND_NS
from tests.sim.plan import Fault

if TYPE_CHECKING:
    from tests.sim.world import World

OFF_NS = 3 * SECOND_NS
"""How far the clock is off, when it is."""


def happen(world: "World", fault: Fault, instrument: int) -> None:
    """Let a fault of `placed` come to pass; it ends after `fault.arg` seconds where it has an end."""
    exchange, later = world.exchange, world.loop.call_later
    world.log(f"happens: {fault.what} {fault.arg:g}")
    match fault.what:
        case "kill":
            world.kill()
        case "halt":
            exchange.halted = True
            later(fault.arg, trade_again, world)
        case "stale":
            stale(world, True)
            later(fault.arg, stale, world, False)
        case "cancel-stop" | "cancel-target" | "cancel-entry":
            for one in _newest(world, Role(fault.what.partition("-")[2]), instrument):
                exchange.cancel(one.ref, "cancelled at the broker")
        case "resize-target":
            for one in _newest(world, Role.TARGET, instrument):
                exchange.amend(one.ref, None, max(1, one.quantity - 1))
        case "trades":
            exchange.trade_by_hand(instrument, 1 if fault.nth % 2 else -1)
        case "foreign":
            later(fault.arg, gone, exchange.foreign(instrument))
        case "pause" | "flatten":
            world.say(fault.what)
            later(fault.arg, _resume, world)
        case "clock":
            clock(world, OFF_NS)
            later(fault.arg, clock, world, 0)


def calm(world: "World") -> None:
    """All of it is over."""
    trade_again(world)
    stale(world, False)
    clock(world, 0)
    for one in world.exchange.working():
        if not one.ref:
            gone(one)


def help_out(world: "World") -> None:
    """A desk that is stuck wants a person: whoever traded on the account where a bracket cannot leave undoes it.

    What was traded by hand may stand for executions that the broker no longer tells: then a bracket that is done seems
    to hold it, and its group takes no exit any more.
    """
    orders = world.run.desk._p.orders if world.run is not None and world.run.desk is not None else None
    for live in orders.live if orders is not None else ():
        at = live.bracket.entry.instrument
        if (
            live.state is BracketState.STUCK
            and world.exchange.hands[at]
            and not world.exchange.groups[live.bracket.id].share
        ):
            world.log(f"a person undoes what was traded by hand: {-world.exchange.hands[at]:+d}")
            world.exchange.trade_by_hand(at, -world.exchange.hands[at])


def trade_again(world: "World") -> None:
    """The halt is over."""
    world.exchange.halted = False


def stale(world: "World", on: bool) -> None:
    """The market's data stands still, or does not."""
    if world.run is not None:
        world.run.market.stale = on


def gone(order: Placed) -> None:
    """Somebody has taken his order back."""
    order.state = "cancelled"


def clock(world: "World", offset_ns: int) -> None:
    """The broker's clock is measured against ours."""
    if world.run is not None:
        world.run.broker.clock_off(offset_ns)


def _newest(world: "World", role: Role, instrument: int) -> list[Placed]:
    """The newest working order of ours of a role, if there is one."""
    found = [one for one in world.exchange.working() if one.ref and one.instrument == instrument]
    return [one for one in found if one.role is role][-1:]


def _resume(world: "World") -> None:
    if not world.wire.healed:
        world.resume()
