"""The ledger and the journal held against each other."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bot.journal import rows
from tests.chaos.journal import Written
from tests.chaos.truth import AtBroker, Naked, Truth

Kind = Literal["lost", "doubled", "altered", "naked", "other"]
GRACE_NS = 10_000_000_000
"""How long a position may have less stop than units while the daemon is there and hears (law 5)."""
TYPES = {"limit": "LMT", "stop": "STP", "market": "MKT"}


@dataclass(frozen=True)
class Finding:
    """Something that must not be."""

    kind: Kind
    what: str


def never(truth: Truth, written: Written) -> Iterator[Finding]:
    """What must never be seen in a journal, whatever the moment: an invention, a double, another content."""
    for exec_id, times in Counter(fill.exec_id for fill in written.fills).items():
        if times > 1:
            yield Finding("doubled", f"execution {exec_id} stands {times} times in the journal")
    for fill in written.fills:
        yield from _altered(truth, fill)
    for ref, times in truth.accepted.items():
        if times > 1:
            yield Finding("doubled", f"order {ref} was sent {times} times")
    intended = {order.client_order_id: order for order in written.orders}
    for ref, sent in truth.sent.items():
        yield from _unlike(sent, intended.get(ref))


def missing(truth: Truth, written: Written, until: int) -> Iterator[Finding]:
    """Executions that had happened by then (wall, ns UTC) and are not in the journal."""
    known = {fill.exec_id for fill in written.standing}
    for one in truth.standing(until).values():
        if one.exec_id not in known:
            yield Finding(
                "lost", f"execution {one.exec_id} of order {one.ref}: {one.side * one.quantity:+d} at {one.price}"
            )


def at_rest(truth: Truth, written: Written) -> Iterator[Finding]:
    """What must be when the last daemon has stopped in order: covered or flat, nothing left over, nothing made up."""
    if truth.covered < abs(truth.position):
        yield Finding("naked", f"{truth.position:+d} is left under stops for {truth.covered}")
    bracket_of = {order.client_order_id: order.bracket_id for order in written.orders}
    ended = written.ended
    for one in truth.alive.values():
        if bracket_of.get(one.ref) in ended:
            yield Finding("other", f"order {one.ref} works on, and its bracket {bracket_of[one.ref]} has ended")
        elif one.type == "LMT" and not one.parent and not one.filled and one.ref in bracket_of:
            yield Finding("other", f"entry {one.ref} works on after the daemon has stopped")
    if written.adjusted:
        yield Finding("other", f"{written.adjusted:+d} were booked without an execution, and nobody else has traded")


def bare(truth: Truth, up: Sequence[tuple[int, int]]) -> list[tuple[Naked, int]]:
    """Each time without enough stops, and how much of it the daemon was there and heard (`up`: wall, ns UTC)."""
    return [(one, sum(_shared(one, since, until) for since, until in up)) for one in truth.bare(truth.wall)]


def naked(truth: Truth, up: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    """Positions that the daemon left without enough stops for longer than the grace."""
    for one, watched in bare(truth, up):
        if watched > GRACE_NS:
            yield Finding("naked", f"{one.position:+d} for {watched / 1e9:.1f} s from {one.since} on")


def _altered(truth: Truth, fill: rows.Fill) -> Iterator[Finding]:
    one = truth.executions.get(fill.exec_id)
    if one is None:
        yield Finding("altered", f"the journal has execution {fill.exec_id}, which never happened")
        return
    real = (one.ref, one.side, one.quantity, one.price)
    ours = (fill.client_order_id, fill.side, fill.quantity, Decimal(fill.price))
    if real != ours:
        yield Finding("altered", f"execution {fill.exec_id} was {real}, and the journal says {ours}")


def _unlike(sent: AtBroker, row: rows.Order | None) -> Iterator[Finding]:
    """An order that was sent without an intent, or as another one than was intended."""
    if row is None:
        yield Finding("other", f"order {sent.ref} was sent, and the journal has no intent of it")
        return
    real = (sent.side, sent.type, sent.quantity, sent.limit, sent.stop)
    ours = (row.side, TYPES[row.type], row.quantity, row.price, row.stop_price)
    if real != ours:
        yield Finding("altered", f"order {sent.ref} was sent as {real}, and intended as {ours}")


def _shared(one: Naked, since: int, until: int) -> int:
    return max(0, min(one.until, until) - max(one.since, since))
