"""Who gets what of an account's market data: a pure count of lines, asked before anything is connected and again after.

    tick-by-tick  every print and every quote: `Last` and `BidAsk`, two subscriptions. IB does not document whether the
                  two of one instrument count once or twice; twice is what is planned for.
    sampled       level 1 about four times a second: bars can be made of it, nothing that reads single prints
    refused       no line is left

Those whose strategies read order flow are served first, each group in the order of the strategies. Every instrument
takes one of the market-data lines besides: halts and delayed data are told there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from adapters.ib.params import Params
from bot.errors import Fault

STREAMS = 2
"""Tick-by-tick subscriptions of one instrument: `Last` and `BidAsk`."""
How = Literal["tick-by-tick", "sampled", "refused"]


@dataclass(frozen=True, slots=True)
class Line:
    """What one product gets."""

    product: str
    how: How
    flow: tuple[str, ...] = ()
    """The kinds that its strategies hear and that only tick-by-tick data gives."""

    @property
    def idle(self) -> bool:
        """Whether its strategies hear less than they want."""
        return self.how == "refused" or (self.how == "sampled" and bool(self.flow))


@dataclass(frozen=True, slots=True)
class Plan:
    """What every product gets, in the order in which they were asked for."""

    lines: tuple[Line, ...]
    needed: int
    """Tick-by-tick subscriptions for all of them."""
    has: int
    """Those that the account has."""
    least: int
    """Those without which a strategy hears less than it wants."""

    @property
    def short(self) -> str:
        """The sentence that says who goes without; empty when nobody does."""
        told = [_told(line) for line in self.lines if line.how != "tick-by-tick"]
        if not told:
            return ""
        return f"tick-by-tick data for {_products(self.lines)} needs {self.needed}, the account has {self.has}: " + (
            ", ".join(told)
        )

    def how(self, product: str) -> How:
        """What a product gets."""
        return next(line.how for line in self.lines if line.product == product)


def plan(wanted: Mapping[str, Sequence[str]], *, tick_by_tick: int, lines: int) -> Plan:
    """Share `tick_by_tick` subscriptions and `lines` market-data lines out among the products of `wanted`.

    `wanted` is product → kinds that need order flow, in the order of the strategies.
    """
    flow = {product: tuple(dict.fromkeys(kinds)) for product, kinds in wanted.items()}
    first = sorted(flow, key=lambda product: not flow[product])  # stable: the order of the strategies stays
    served = set(first[: tick_by_tick // STREAMS])
    listed = set(first[:lines])
    given = tuple(
        Line(one, "refused" if one not in listed else "tick-by-tick" if one in served else "sampled", kinds)
        for one, kinds in flow.items()
    )
    least = STREAMS * sum(bool(kinds) for kinds in flow.values())
    return Plan(given, STREAMS * len(flow), tick_by_tick, least)


def examine(params: Params, wanted: Mapping[str, Sequence[str]]) -> list[Fault]:
    """What `paperpit check` should say about the account's lines: an error where a strategy would hear nothing."""
    found = plan(wanted, tick_by_tick=params.tick_by_tick, lines=params.lines)
    faults = []
    if any(line.how == "refused" for line in found.lines):
        message = f"{len(found.lines)} instruments need a market-data line each, the account has {params.lines}"
        faults.append(Fault("", None, "lines", message, allowed=f"at least {len(found.lines)}", do="trade fewer"))
    if found.short:
        idle = any(line.idle for line in found.lines)
        faults.append(
            Fault(
                "",
                None,
                "tick_by_tick",
                found.short,
                level="error" if idle else "warning",
                allowed=f"at least {found.least}" if idle else "",
                do="trade fewer instruments, or write down here what booster packs the account has" if idle else "",
            )
        )
    return faults


def _told(line: Line) -> str:
    if line.how == "refused":
        return f"{line.product} would get nothing"
    refusing = f", {' and '.join(line.flow)} {'refuse' if len(line.flow) > 1 else 'refuses'} it" if line.flow else ""
    return f"{line.product} would be sampled{refusing}"


def _products(lines: Sequence[Line]) -> str:
    names = [line.product for line in lines]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
