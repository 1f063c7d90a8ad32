"""How values are said to people: times in New York, money and R with their sign."""

from decimal import Decimal

from bot.journal.values import new_york
from bot.review import ROUND_TRIPS_MIN

SECOND_NS = 1_000_000_000
DASH = "–"


def day(ns: int | None) -> str:
    """2026-09-16 in New York."""
    return DASH if ns is None else f"{new_york(ns):%Y-%m-%d}"


def clock(ns: int | None) -> str:
    """13:26:00 in New York."""
    return DASH if ns is None else f"{new_york(ns):%H:%M:%S}"


def moment(ns: int | None) -> str:
    """2026-09-16 13:26:00 ET."""
    return DASH if ns is None else f"{new_york(ns):%Y-%m-%d %H:%M:%S} ET"


def signed(value: float | Decimal | str | None, digits: int = 2) -> str:
    """+1.50, −0.25: with a true minus, and its sign always."""
    if value is None:
        return DASH
    return f"{Decimal(str(value)):+,.{digits}f}".replace("-", "\u2212")


def way(value: float | Decimal | str | None) -> str:
    """The class of a gain or a loss: `up`, `down` or nothing."""
    number = Decimal(str(value or 0))
    return "up" if number > 0 else "down" if number < 0 else ""


def no_edge(round_trips: int) -> str:
    """What so few round trips say; empty when there are enough of them for more."""
    return (
        f"{round_trips} round trips say nothing about an edge, for or against." if round_trips < ROUND_TRIPS_MIN else ""
    )
