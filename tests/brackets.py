"""Brackets for tests of what comes after the gate: sealed here, because no test of a broker needs a gate."""

from bot.domain.decision import Approved, Proposal
from bot.domain.order import Bracket, Order, OrderType, Role
from bot.domain.seal import SEAL

MINUTE = 60_000_000_000


def approved(entry: int, stop: int, target: int, *, now: int, quantity: int = 1, time_stop_ns: int = 0) -> Approved:
    """A sealed proposal; the side follows from stop and target."""
    side = 1 if stop < target else -1
    wish = Proposal("test", 0, side, quantity, entry, stop, target, "", now, 2 * MINUTE, time_stop_ns)
    return Approved(wish, now, {}, SEAL)


def bracket(entry: int, stop: int, target: int, *, now: int, quantity: int = 1, name: str = "b") -> Bracket:
    """A bracket as the order manager builds it."""
    verdict = approved(entry, stop, target, now=now, quantity=quantity)
    side = verdict.proposal.side

    def order(role: Role, direction: int, kind: OrderType, price: int | None, trigger: int | None) -> Order:
        return Order(f"{name}-{role}", name, 0, role, direction, kind, quantity, price, trigger, now)

    return Bracket(
        name,
        verdict,
        order(Role.ENTRY, side, OrderType.LIMIT, entry, None),
        order(Role.STOP, -side, OrderType.STOP, None, stop),
        order(Role.TARGET, -side, OrderType.LIMIT, target, None),
    )
