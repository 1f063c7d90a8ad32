"""Executions and what they cost, each once: whatever comes first, however often, and corrected afterwards.

An execution's id is a root and, after its last dot, a revision of two digits: a higher one of the same root replaces
quantity and price, it adds nothing. Commissions come before, after, twice or never; they wait here for their execution.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from ib_async.objects import CommissionReport as Cost
from ib_async.objects import Execution

from bot.domain.instrument import Instrument
from bot.domain.order import CommissionReport

_REVISED = re.compile(r"^(.+)\.(\d{2})$")
_UNSET = 1e300  # IB writes the largest double where it has no number
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Executed:
    """One execution at its newest revision. `ref` is empty where it is none of ours; `index` −1: another contract."""

    exec_id: str
    root: str
    revision: int
    ref: str
    con_id: int
    index: int
    side: int
    quantity: int
    price: int
    exchange_ns: int


def parts_of(exec_id: str) -> tuple[str, int]:
    """(root, revision) of an execution's id; one that is written otherwise has no revisions."""
    match = _REVISED.match(exec_id)
    return (match[1], int(match[2])) if match else (exec_id, 0)


def in_ticks(instrument: Instrument, price: float | Decimal, side: int) -> int:
    """An execution's price. Shares trade between ticks: rounded to the tick that is worse for us."""
    value = Decimal(str(price)) / instrument.tick
    return int(value.to_integral_value(ROUND_CEILING if side > 0 else ROUND_FLOOR))


def read(execution: Execution, ref: str, con_id: int, index: int, instrument: Instrument | None) -> Executed:
    """IB's execution as a value. Raises ValueError for one that makes no sense."""
    side = 1 if execution.side.upper().startswith("B") else -1
    if execution.shares != int(execution.shares) and ref:
        raise ValueError(f"execution {execution.execId} has {execution.shares} units")
    root, revision = parts_of(execution.execId)
    price = 0 if instrument is None else in_ticks(instrument, execution.price, side)
    stamp = int(execution.time.timestamp()) * _SECOND_NS
    units = int(execution.shares)
    return Executed(execution.execId, root, revision, ref, con_id, index, side, units, price, stamp)


class Executions:
    """The table of executions of one account, whoever ordered them."""

    def __init__(self) -> None:
        self._by_root: dict[str, Executed] = {}
        self._costs: dict[str, CommissionReport] = {}
        self._known: set[str] = set()
        self._paid: set[str] = set()
        self.heard = 0
        """How many have been new or corrected."""

    def take(self, one: Executed) -> tuple[bool, Executed | None]:
        """(is it news, what it replaces). Two orders never share a root: where they seem to, it is no revision."""
        root, before = one.root, self._by_root.get(one.root)
        if before is not None and (before.ref, before.con_id, before.side) != (one.ref, one.con_id, one.side):
            root, before = one.exec_id, self._by_root.get(one.exec_id)
        if before is not None and (before.exec_id == one.exec_id or before.revision >= one.revision):
            return False, None
        self._by_root[root] = one
        if one.ref:
            self._known.add(one.exec_id)
        self.heard += 1
        return True, before

    def of_ours(self) -> list[Executed]:
        """All of ours, in the order in which they were first heard."""
        return [one for one in self._by_root.values() if one.ref]

    def units(self) -> dict[int, int]:
        """Σ by contract, whoever ordered."""
        found: dict[int, int] = {}
        for one in self._by_root.values():
            found[one.con_id] = found.get(one.con_id, 0) + one.side * one.quantity
        return found

    def cost(self, cost: Cost) -> CommissionReport | None:
        """A commission's report if its execution is known and it has not been told; else it waits."""
        if not -_UNSET < cost.commission < _UNSET or cost.commission == -1:
            return None  # not known yet: another report follows
        amount = format(Decimal(str(cost.commission)), "f")
        report = CommissionReport(cost.execId, amount, cost.currency)
        if cost.execId in self._paid:
            return None
        if cost.execId not in self._known:
            self._costs[cost.execId] = report
            return None
        self._paid.add(cost.execId)
        return report

    def cost_of(self, exec_id: str) -> CommissionReport | None:
        """The commission that waited for this execution."""
        report = self._costs.pop(exec_id, None)
        if report is not None:
            self._paid.add(exec_id)
        return report

    def unpaid(self, exec_id: str) -> bool:
        """Whether an execution's commission has not come."""
        return exec_id not in self._paid
