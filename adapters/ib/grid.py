"""The tick that holds: IB's `minTick` is the smallest anywhere, its market rules say which step holds at which price.

A rule is rows of (low edge, increment); a price takes the row with the greatest low edge that is not above it. Rules
differ from account to account and change, so nothing here knows one by its number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ib_async.contract import ContractDetails
from ib_async.objects import PriceIncrement


@dataclass(frozen=True, slots=True)
class Step:
    """A price step and the prices from which on it holds."""

    low: Decimal
    tick: Decimal


def rule_of(details: ContractDetails, exchange: str) -> int | None:
    """The number of the market rule that holds at `exchange`; None when none is told."""
    rules, exchanges = details.marketRuleIds.split(","), details.validExchanges.split(",")
    if not rules or not rules[0]:
        return None
    at = exchanges.index(exchange) if exchange in exchanges and len(exchanges) == len(rules) else 0
    return int(rules[at])


def steps(increments: Sequence[PriceIncrement]) -> tuple[Step, ...]:
    """The rows of a rule, exact and ascending."""
    rows = [Step(exact(one.lowEdge), exact(one.increment)) for one in increments]
    return tuple(sorted(rows, key=lambda one: one.low))


def tick_at(rows: Sequence[Step], price: Decimal) -> Decimal:
    """The step that holds at a price."""
    return max((one for one in rows if one.low <= abs(price)), key=lambda one: one.low, default=rows[0]).tick


def range_of(rows: Sequence[Step], tick: Decimal) -> tuple[Decimal, Decimal | None] | None:
    """[from, to) of the prices at which `tick` holds; None when nowhere, `to` None when without end."""
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        if row.tick == tick:
            return row.low, after.low if after else None
    return None


def exact(number: float) -> Decimal:
    """A number of the wire as it was written, not as a double has it."""
    return Decimal(repr(number)).normalize() + 0
