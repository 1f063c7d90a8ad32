"""Positions against what would close them: never bare for long, never closed twice, never too large."""

from collections.abc import Iterable

from bot.domain.order import OrderState, Role
from tests.sim.checkers.invariant import Found
from tests.sim.seen import EXITS, NEVER, SECOND, Seen, Sent, TrueOrder

BARE_NS = 10 * SECOND
"""I06: how long a position may be larger than what covers it while link, market, desk and journal are up."""
ABSENT_NS = 4 * SECOND
SURPLUS_NS = 12 * SECOND
"""I07: how long exits may be larger than what is held. The broker tells of a fill, the desk makes them fit; where the
one or the other is lost, the broker's answer shows it, which is asked for every five seconds."""


def protected(seen: Seen) -> Found:
    """I06: a position that stops do not cover is covered, flat or being flattened within ten seconds.

    The clock starts anew with each return of link, market, desk or journal: before the broker has said what is held,
    nothing can be done about it.
    """
    for at, one in enumerate(seen.day.instruments):
        held = seen.truth.exposed(at)
        if not held:
            seen.lasting(("bare", at), False)
            continue
        orders = [order for order in seen.truth.of_instrument(at) if order.side * held < 0 and order.working]
        covered = sum(order.rest for order in orders if order.role in (Role.STOP, Role.FLATTEN))
        bare = seen.lasting(("bare", at), abs(held) > covered)
        calm = seen.flags.calm(at)
        if bare and calm != NEVER and (lasted := min(bare, seen.now - calm)) > BARE_NS:
            yield f"{one.product} {held:+d} with {covered} covered for {lasted / SECOND:.1f} s (grace 10 s)"


def not_over_protected(seen: Seen) -> Found:
    """I07: exits of one group never come to more than what is held and may still come in."""
    exits: dict[str, list[TrueOrder]] = {}
    for order in seen.truth.orders.values():
        if order.role in EXITS and order.rest:
            exits.setdefault(order.bracket_id, []).append(order)
    for bracket_id in seen.truth.shares.keys() - exits.keys():
        seen.lasting(("surplus", bracket_id), False)
    for bracket_id, orders in exits.items():
        if bracket_id in seen.truth.wronged:
            continue
        room, wanted = _room(seen, bracket_id, orders[0].side), _largest(orders)
        lasted = seen.lasting(("surplus", bracket_id), wanted > room)
        calm = seen.flags.calm(orders[0].instrument)
        if lasted and calm != NEVER and min(lasted, seen.now - calm) > SURPLUS_NS:
            yield f"exits of {wanted} for {room} held or coming in bracket {bracket_id} for {lasted / SECOND:.1f} s"
    yield from _in_two_groups(seen, [order for orders in exits.values() for order in orders])


def _in_two_groups(seen: Seen, exits: list[TrueOrder]) -> Found:
    """A market exit beside exits that its filling would not cancel: both may fill."""
    for order in exits:
        if order.role is not Role.FLATTEN or _comes_too_late(seen, order):
            continue
        others = [
            other
            for other in exits
            if other.instrument == order.instrument and other.side == order.side and other.working
        ]
        held = abs(seen.truth.mine(order.instrument))
        coming = sum(one.rest for one in seen.truth.of_instrument(order.instrument) if one.role is Role.ENTRY)
        groups: dict[str, list[TrueOrder]] = {order.group or order.broker_id: [order]}
        for other in others:
            if other is not order:
                groups.setdefault(other.group or other.broker_id, []).append(other)
        wanted = sum(map(_largest, groups.values()))
        stray = order.group not in {other.group for other in others if other is not order}
        if stray and len(groups) > 1 and wanted > held + coming:
            yield f"market exit {order.name} beside exits that it does not cancel: {wanted} for {held + coming}"


def _comes_too_late(seen: Seen, order: TrueOrder) -> bool:
    """Whether an exit is on its way to a group that has traded and is done: a broker does not take it any more."""
    done = seen.truth.shares.get(order.group) == 0 and not _room(seen, order.group, order.side)
    return done and order.state is OrderState.SENT and order.group not in seen.truth.wronged


def one_exit_at_a_time(seen: Seen, sent: Sent) -> Found:
    """I07: no second market exit while the first may still fill more than is left."""
    if sent.what != "protect" or sent.refused:
        return
    (order,) = sent.orders
    others = [one for one in seen.truth.of_bracket(order.bracket_id) if one.role is Role.FLATTEN and one.name]
    others = [one for one in others if one.name != order.client_order_id and one.rest]
    # Three answers without it, two seconds apart, are the broker's word that it is gone, however slow the wire.
    others = [one for one in others if one.state is not OrderState.SENT or seen.now - one.since < ABSENT_NS]
    if order.role is not Role.FLATTEN or not others or order.bracket_id in seen.truth.wronged:
        return
    known = sum(row.side * row.quantity for row in seen.durable.of_bracket.get(order.bracket_id, ()))
    room = max(_room(seen, order.bracket_id, order.side), -order.side * known)
    wanted = sum(one.rest for one in others) + order.quantity
    if wanted > room:
        yield f"market exit {order.client_order_id} beside {', '.join(one.name for one in others)}: {wanted} for {room}"


def bounded_position(seen: Seen) -> Found:
    """I08: position and working entries together stay within the instrument's limit.

    What an exchange took out twice is its own doing: no desk that is cut off can hold that within a limit.
    """
    for at, one in enumerate(seen.day.instruments):
        held = seen.truth.mine(at) - seen.truth.overshot(at)
        coming = {1: 0, -1: 0}
        for order in seen.truth.of_instrument(at):
            if order.role is Role.ENTRY:
                coming[order.side] += order.rest
        most = max(abs(held), held + coming[1], coming[-1] - held)
        if most > one.max_position:
            yield f"{one.product} {held:+d} with {coming} coming in: {most} is more than {one.max_position}"


def _room(seen: Seen, bracket_id: str, exit_side: int) -> int:
    """Units that exits of a bracket may take out: what it holds, and what may still come in."""
    held = max(0, -exit_side * seen.truth.shares.get(bracket_id, 0))
    return held + sum(one.rest for one in seen.truth.of_bracket(bracket_id) if one.role is Role.ENTRY)


def _largest(orders: Iterable[TrueOrder]) -> int:
    """What orders that cancel each other can fill at most: all of one role."""
    by_role: dict[Role | None, int] = {}
    for order in orders:
        by_role[order.role] = by_role.get(order.role, 0) + order.rest
    return max(by_role.values(), default=0)
