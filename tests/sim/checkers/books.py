"""Executions, positions, memory and rows: the journal against the exchange, and the desk against its journal."""

from decimal import Decimal
from typing import Any

from bot.domain.order import OVER
from bot.journal import canon
from tests.sim.checkers.invariant import Found
from tests.sim.checkers.money import day_net
from tests.sim.seen import Seen


def no_loss(seen: Seen) -> Found:
    """I01: the journal has exactly the executions that there were."""
    there = seen.truth.executions.keys() - seen.truth.forgotten
    for exec_id in sorted(one for one in there if not seen.durable.has(one)):
        one = seen.truth.executions[exec_id]
        yield f"execution {exec_id} ({one.units:+d} of {one.report.client_order_id}) is not in the journal"


def never_ahead(seen: Seen, table: str, row: Any) -> Found:
    """I02: what is written happened, as it happened, and is written once."""
    if table != "fill":
        return
    if row.exec_id in seen.durable.fills:
        yield f"execution {row.exec_id} is written twice"
    one = seen.truth.executions.get(row.exec_id)
    if one is None:
        yield f"execution {row.exec_id} never happened"
        return
    true = one.report
    told = (row.client_order_id, row.side, row.quantity, row.price, row.corrects or "")
    if told != (true.client_order_id, true.side, true.quantity, true.price, true.corrects):
        yield f"execution {row.exec_id} is written as {told}, and it was {true}"


def conservation(seen: Seen) -> Found:
    """I09: what is held is the sum of the executions that stand, for orders and gate alike, and so is the money."""
    mind = seen.mind
    if mind is None:
        return
    for at, one in enumerate(seen.day.instruments):
        held = seen.durable.positions.get(one.product, 0)
        for who, believed in (("the order manager", mind.positions[at]), ("the gate", mind.ledger[at])):
            if believed != held:
                yield f"{who} holds {believed:+d} {one.product}, and the executions make {held:+d}"
    if not seen.durable.adjustments:
        for at, believed in mind.net.items():
            counted = day_net(seen, seen.day.trading_day(at, seen.now))
            if counted != believed:
                yield f"the day's result is {counted} by the executions, and the gate has {believed}"
            break  # the account has one day


def replay_equals_memory(seen: Seen) -> Found:
    """I10: what the journal folds to is what the desk remembers."""
    mind, book = seen.mind, seen.durable
    if mind is None:
        return
    states = {row.id: book.state(row.id) for row in book.live}
    if states != mind.brackets:
        differ = {
            name: (states.get(name), mind.brackets.get(name))
            for name in states.keys() | mind.brackets.keys()
            if states.get(name) is not mind.brackets.get(name)
        }
        yield f"brackets differ, (journal, memory): {differ}"
    for name, known in mind.executions.items():
        written = frozenset(row.exec_id for row in book.of_bracket.get(name, ()) if row.quantity)
        if written != known:
            yield f"bracket {name} has executions {sorted(written)} in the journal and {sorted(known)} in memory"
    if mind.kill != book.killed:
        yield f"the kill switch is {book.killed} in the journal and {mind.kill} in memory"
    if mind.pauses != book.pauses:
        yield f"pauses are {sorted(book.pauses)} in the journal and {sorted(mind.pauses)} in memory"
    if not book.adjustments and any(
        net != day_net(seen, seen.day.trading_day(at, seen.now)) for at, net in _one(mind.net)
    ):
        yield f"the day's loss is {_one(mind.net)} in memory, and the journal folds to another"


def append_only(seen: Seen) -> Found:
    """I11: the hash chain runs through the rows as they were written."""
    chains: dict[str, str] = {}
    for table, row in sorted(seen.durable.chained, key=lambda pair: pair[1].seq):
        chains[row.run] = canon.link(chains.get(row.run, canon.START), canon.of_row(table, row))
        if chains[row.run] != row.chain:
            yield f"{table} row {row.seq} is not what was written"
            return


def terminal(seen: Seen) -> Found:
    """I19: a bracket that has ended has no order at the exchange and no share of the position."""
    for row in seen.durable.brackets.values():
        if seen.durable.state(row.id) not in OVER:
            continue
        for order in seen.truth.of_bracket(row.id):
            yield f"bracket {row.id} is {seen.durable.state(row.id).value}, and its {order.role} {order.name} works"
        share = seen.truth.shares.get(row.id, 0)
        # What somebody else closed, or opened, an adjustment has taken out.
        if share and share + seen.durable.taken(row.id):
            yield f"bracket {row.id} is {seen.durable.state(row.id).value}, and holds {share:+d}"


def _one(net: dict[int, Decimal]) -> list[tuple[int, Decimal]]:
    return list(net.items())[:1]
