"""What the exchange knows: orders, executions, positions, and the numbers that it gives out once and never again."""

from collections.abc import Iterator
from decimal import Decimal

from adapters.gateway.account import Accounts
from adapters.gateway.seam import Listed, World
from adapters.gateway.speech import SECOND_NS
from adapters.gateway.state import State, StoredExecution, StoredIds, StoredOrder, StoredPosition
from adapters.gateway.ticket import Execution, Ticket

_PERM_FIRST = 1_000_000_000
_EXEC_PREFIX = "0000e0d5"
_EXEC_MASK = 0xFFFFFFFF


class Books:
    """Orders by permId and by (client, orderId); executions in their order. What changes is stored by `flush`."""

    def __init__(self, world: World, state: State) -> None:
        self._world, self._state = world, state
        self.tickets: dict[int, Ticket] = {}
        self.held: dict[tuple[int, int], Ticket] = {}
        """Not transmitted yet: they have no permId, and a restart forgets them."""
        self.executions: list[Execution] = []
        self.accounts = Accounts()
        self._by_order: dict[tuple[int, int], list[Ticket]] = {}
        self._next_ids: dict[int, int] = {}
        # Seconds of the wall go on while a gateway without a state file is restarted: numbers do not come again.
        seconds = world.wall_ns() // SECOND_NS
        self._next_perm = _PERM_FIRST + seconds % _PERM_FIRST
        self._next_exec = seconds & _EXEC_MASK
        self._dirty: dict[int, Ticket] = {}
        self._living: dict[int, Ticket] = {}
        self._load()

    # Orders

    def of(self, client_id: int, order_id: int) -> Ticket | None:
        """The newest order of that number which lives, else the newest of all."""
        held = self.held.get((client_id, order_id))
        if held is not None:
            return held
        found = self._by_order.get((client_id, order_id), [])
        choice = [one for one in found if not one.over] or found
        return choice[-1] if choice else None

    def hold(self, ticket: Ticket) -> None:
        """Keep an order that is not transmitted yet."""
        self.held[ticket.client_id, ticket.order_id] = ticket
        self.used(ticket.client_id, ticket.order_id)

    def accept(self, ticket: Ticket) -> None:
        """Give an order its permId; from here on it is never forgotten."""
        self.held.pop((ticket.client_id, ticket.order_id), None)
        ticket.perm_id = self._next_perm
        self._next_perm += 1
        self._enter(ticket)
        self.changed(ticket)

    def changed(self, ticket: Ticket) -> None:
        """Something about an accepted order is new."""
        if not ticket.perm_id:
            return
        self._dirty[ticket.perm_id] = ticket
        if ticket.over:
            self._living.pop(ticket.perm_id, None)

    @property
    def live(self) -> list[Ticket]:
        """Orders that a client asking for open orders is told of, oldest first."""
        return [one for one in self._living.values() if one.live]

    def family(self, ticket: Ticket) -> tuple[Ticket | None, list[Ticket]]:
        """The parent of an order (itself, when it has children), and that parent's children."""
        parent = self.tickets.get(ticket.parent) if ticket.parent else ticket
        return parent, parent.children if parent is not None else []

    # Numbers

    def next_id(self, client_id: int) -> int:
        """The first order id that the client may use."""
        return self._next_ids.get(client_id, 1)

    def used(self, client_id: int, order_id: int) -> None:
        """The client has used that order id."""
        self._next_ids[client_id] = max(self.next_id(client_id), order_id + 1)
        self._state.write(StoredIds(client_id, self._next_ids[client_id]))

    def roll_back(self, count: int) -> None:
        """Forget the newest order ids of every client, as a gateway does that never saw them."""
        for client_id, number in self._next_ids.items():
            self._next_ids[client_id] = max(1, number - count)
            self._state.write(StoredIds(client_id, self._next_ids[client_id]))
        for (client_id, number), tickets in self._by_order.items():
            if number >= self._next_ids[client_id]:
                tickets[:] = [one for one in tickets if not one.over]

    # Executions

    def execution(self, ticket: Ticket, quantity: int, price: int, ts: int, liquidity: int) -> Execution:
        """Book an execution of an order whose `filled` and `paid` have been raised already."""
        root = f"{_EXEC_PREFIX}.{self._next_exec & _EXEC_MASK:08x}.01"
        self._next_exec += 1
        commission = ticket.listed.instrument.commission * quantity
        position = self.accounts.position(ticket.account, ticket.listed)
        realized = position.traded(ticket.side * quantity, ticket.price(price), commission)
        one = Execution(
            root,
            ticket,
            ts,
            self._world.wall_ns(),
            quantity,
            price,
            ticket.filled,
            ticket.average(),
            liquidity,
            commission,
            realized,
        )
        self._book(one)
        return one

    def correct(self, one: Execution, price: int) -> Execution:
        """A later revision of an execution, at another price; it replaces the one before."""
        ticket = one.ticket
        ticket.paid += (price - one.price) * one.quantity
        position = self.accounts.position(ticket.account, ticket.listed)
        step = ticket.price(price) - ticket.price(one.price)
        gain = position.corrected(ticket.side * one.quantity, step, closed=one.realized is not None)
        revised = Execution(
            one.root,
            ticket,
            one.ts,
            one.wall_ns,
            one.quantity,
            price,
            one.cumulated,
            ticket.average(),
            one.liquidity,
            one.commission,
            None if one.realized is None else one.realized + gain,
            one.revision + 1,
        )
        self.changed(ticket)
        self._book(revised)
        return revised

    def units(self, account: str, listed: Listed) -> int:
        """How many an account holds of a contract."""
        return self.accounts.position(account, listed).units

    def set_position(self, account: str, listed: Listed, units: int, cost: Decimal) -> None:
        """Units that no order of a client brought."""
        position = self.accounts.position(account, listed)
        position.units += units
        position.cost += cost
        self._state.write(StoredPosition(account, listed.con_id, units, str(cost)))

    def _book(self, one: Execution) -> None:
        self.executions.append(one)
        self._state.write(StoredExecution.of(one))

    # The file

    def flush(self) -> None:
        """Have all that is new on the disk."""
        for ticket in self._dirty.values():
            self._state.write(StoredOrder.of(ticket))
        self._dirty.clear()
        self._state.flush()

    def _load(self) -> None:
        for row in self._state.rows():
            if isinstance(row, StoredIds):
                self._next_ids[row.client_id] = row.next_id
            elif isinstance(row, StoredOrder):
                self._restore(row)
            elif isinstance(row, StoredExecution):
                self._replay(row)
            else:
                position = self.accounts.position(row.account, self._listed(row.con_id))
                position.units += row.units
                position.cost += Decimal(row.cost)
        for ticket in self.tickets.values():
            parent = self.tickets.get(ticket.parent)
            if parent is not None:
                parent.children.append(ticket)

    def _restore(self, row: StoredOrder) -> None:
        ticket = row.ticket(self._listed(row.con_id))
        self._next_perm = max(self._next_perm, ticket.perm_id + 1)
        self._enter(ticket)

    def _replay(self, row: StoredExecution) -> None:
        ticket = self.tickets[row.perm_id]
        one = row.execution(ticket)
        self._next_exec = max(self._next_exec, int(one.root.split(".")[1], 16) + 1)
        self.executions.append(one)
        position = self.accounts.position(ticket.account, ticket.listed)
        if one.revision == 1:
            position.traded(ticket.side * one.quantity, ticket.price(one.price), one.commission)
            return
        (before,) = [old for old in self.executions if old.root == one.root and old.revision == one.revision - 1]
        step = ticket.price(one.price) - ticket.price(before.price)
        position.corrected(ticket.side * one.quantity, step, closed=one.realized is not None)

    def _enter(self, ticket: Ticket) -> None:
        self.tickets[ticket.perm_id] = ticket
        if not ticket.over:
            self._living[ticket.perm_id] = ticket
        self._by_order.setdefault((ticket.client_id, ticket.order_id), []).append(ticket)

    def _listed(self, con_id: int) -> Listed:
        found = self._world.listed(con_id)
        if found is None:
            raise self._state.odd(f"contract {con_id} is not listed here")
        return found

    def waiting_on(self, parent: Ticket) -> Iterator[Ticket]:
        """Untransmitted children of an order, in the order of their numbers."""
        for (client_id, _), ticket in sorted(self.held.items()):
            if client_id == parent.client_id and int(ticket.entry["parentId"] or 0) == parent.order_id:
                yield ticket
