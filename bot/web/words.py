"""How values are said on a page: times in New York, money and R with their sign, and never by colour alone."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bot.journal.values import new_york
from bot.log import scrub
from bot.review.estimates import Estimate
from bot.review.words import DASH, SECOND_NS, clock, day, moment, signed, way


def short(ns: int) -> str:
    """26-09-16 13:26:00 in New York, for lists."""
    return f"{new_york(ns):%y-%m-%d %H:%M:%S}"


def iso(ns: int) -> str:
    """For a `datetime` attribute: UTC."""
    return f"{datetime.fromtimestamp(ns // SECOND_NS, UTC):%Y-%m-%dT%H:%M:%SZ}"


def span(ns: int | None) -> str:
    """How long, in its two largest parts: 3 d 4 h, 12 min 5 s."""
    if ns is None:
        return DASH
    seconds = abs(ns) // SECOND_NS
    parts = [(seconds // 86_400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    first = next((at for at, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count) or "0 s"


def or_dash(value: object) -> str:
    """What is known, as it stands."""
    return DASH if value is None else str(value)


def price(ticks: int | None, tick: str) -> str:
    """4200.25, of a count of ticks."""
    return DASH if ticks is None else f"{ticks * Decimal(tick):f}"


def number(value: float) -> str:
    """A measure, as short as it can be said."""
    return f"{value:,.2f}".rstrip("0").rstrip(".").replace("-", "\u2212")


def estimate(found: Estimate) -> str:
    """+0.12 (−0.05 … +0.29), or why there is none."""
    return _estimated(found, signed)


def figure(found: Estimate) -> str:
    """1.20 (0.95 … 1.51), or why there is none."""
    return _estimated(found, lambda value: f"{value:,.2f}".replace("-", "\u2212"))


def thirds(found: Estimate) -> str:
    """0.231 (0.214 … 0.249), or why there is none."""
    return _estimated(found, lambda value: f"{value:.3f}".replace("-", "\u2212"))


def share(found: Estimate) -> str:
    """37 % (34 … 40), or why there is none."""
    return _estimated(found, lambda value: f"{100 * value:.0f} %")


def _estimated(found: Estimate, said: Callable[[float], str]) -> str:
    if found.value is None:
        return found.words
    if found.low is None or found.high is None:
        return said(found.value)
    return f"{said(found.value)} ({said(found.low)} … {said(found.high)})"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "day": day,
    "clock": clock,
    "moment": moment,
    "iso": iso,
    "span": span,
    "signed": signed,
    "way": way,
    "scrub": scrub,
    "short": short,
    "or_dash": or_dash,
    "estimate": estimate,
    "figure": figure,
    "share": share,
    "thirds": thirds,
    "price": price,
    "number": number,
}
