"""Boundaries of the rules about all instruments together: ES at 4200.00 is worth 210,000, CL at 168.00 168,000."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from bot.domain.hedge import LegRisk
from tests.rooms.risk.bench import ASK, BID, CL, ES, SECOND, Bench
from tests.rooms.risk.cases import Case, after, alone, later

LONG_CL: dict[str, Any] = {"instrument": 1}
SHORT_CL: dict[str, Any] = {"instrument": 1, "side": -1}  # at 168.01


def with_both(**limits: Any) -> Bench:
    return Bench(instruments=[ES, CL], settings=limits)


def group(limit: str, es: str, cl: str) -> Bench:
    """ES and CL move together, each by its weight."""
    return with_both(exposure={"pair": {"weights": {"ES": es, "CL": cl}, "max_usd": limit}})


def held(side: int = 1) -> Callable[[Bench], object]:
    """One ES is held."""
    return lambda bench: bench.fill(bench.open(side=side).entry, BID if side > 0 else ASK)


def alone_for(seconds: int) -> Callable[[Bench], object]:
    """One ES more on the proposal's side than is hedged, for so long; five seconds are borne."""

    def do(bench: Bench) -> None:
        units = Fraction(-1 if bench.mirrored else 1)
        leg = LegRisk(units, bench.now - seconds * SECOND, 5 * SECOND, "MES is halted")
        bench.gate.hedged("one", leg, "")

    return do


def working(bench: Bench) -> object:
    """An entry for one ES works."""
    return bench.open()


OF_THE_PORTFOLIO = [
    Case(
        "leg_risk",
        lambda: after(Bench(), alone_for(5)),
        lambda: after(Bench(), alone_for(6)),
        "for too long",
    ),
    Case(
        "leg_risk",
        lambda: after(Bench(), alone_for(6), side=-1),
        lambda: after(Bench(), alone_for(6), side=1),
        "made more",
    ),
    Case(
        "leg_risk",
        lambda: after(Bench(), lambda bench: bench.gate.hedged("two", None, "MES is halted")),
        lambda: after(Bench(), lambda bench: bench.gate.hedged("one", None, "MES is halted")),
        "could not be hedged",
    ),
    Case(
        "gross_exposure",
        lambda: alone(with_both(max_gross_notional_usd="210000")),
        lambda: alone(with_both(max_gross_notional_usd="209999.99")),
        "alone",
    ),
    Case(
        "gross_exposure",
        lambda: later(with_both(max_gross_notional_usd="378010"), working, **SHORT_CL),
        lambda: later(with_both(max_gross_notional_usd="378009.99"), working, **SHORT_CL),
        "the other way, working",
    ),
    Case(
        "net_exposure",
        lambda: later(with_both(max_net_notional_usd="378000"), held(), **LONG_CL),
        lambda: later(with_both(max_net_notional_usd="377999.99"), held(), **LONG_CL),
        "held",
    ),
    Case(
        "net_exposure",
        # What is held the other way takes off; what only works there might never be filled.
        lambda: later(with_both(max_net_notional_usd="210012.50"), held(-1), **LONG_CL),
        lambda: later(with_both(max_net_notional_usd="210000"), working, **LONG_CL),
        "the other way",
    ),
    Case(
        "correlated_exposure",
        lambda: later(group("546000", "1", "2"), held(), **LONG_CL),
        lambda: later(group("545999.99", "1", "2"), held(), **LONG_CL),
        "weighed",
    ),
    Case(
        "correlated_exposure",
        lambda: later(group("210000", "1", "-0.5"), held(), **LONG_CL),
        lambda: later(group("294004.99", "1", "-0.5"), held(), **SHORT_CL),
        "moves the other way",
    ),
    Case(
        "correlated_exposure",
        lambda: later(group("210000", "1", "0"), held(), **LONG_CL),
        lambda: later(group("377999.99", "1", "1"), held(), **LONG_CL),
        "not of the group",
    ),
]
