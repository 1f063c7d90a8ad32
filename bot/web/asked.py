"""What the address of a list asks for: filters, order, page. Whatever cannot be meant is refused with what can be."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from bot.errors import UsageError
from bot.journal import rows
from bot.journal.filters import Filters, parse_day, parse_time, session
from bot.journal.reading import Reader
from bot.review.when import YEARS

LONG = 200
"""Letters of the longest value that can be meant."""


@dataclass(frozen=True, slots=True)
class Query:
    """What stands behind the `?`, without what is empty."""

    path: str
    given: Mapping[str, str]

    @classmethod
    def of(cls, request: Request, allowed: Collection[str]) -> "Query":
        """Raises UsageError for a name that the page does not know, and for values that are no text of a filter."""
        asked = [(name, value.strip()) for name, value in request.query_params.multi_items() if value.strip()]
        given = dict(asked)
        if len(given) < len(asked):
            twice = next(name for name, count in Counter(name for name, _ in asked).items() if count > 1)
            raise UsageError(f"{twice[:LONG]!r} is asked for twice", allowed="each filter once")
        for name, value in given.items():
            if name not in allowed:
                raise UsageError(f"this page has no filter {name[:LONG]!r}", allowed=", ".join(allowed) or "none")
            if len(value) > LONG or not value.isprintable():
                raise UsageError(f"{name}: {value[:LONG]!r} is no value of a filter", allowed=f"{LONG} letters")
        return cls(request.url.path, given)

    def text(self, name: str) -> str:
        """A filter's value; empty when it is not asked for."""
        return self.given.get(name, "")

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        """The same, of a filter that has few values. Raises UsageError."""
        value = self.text(name)
        if value and value not in allowed:
            raise UsageError(f"{name}: {value!r} is none", allowed=", ".join(allowed) or "none yet")
        return value

    def page(self) -> int:
        """Which page of the list, from 1. Raises UsageError."""
        value = self.text("page") or "1"
        if not (value.isascii() and value.isdigit() and len(value) < 9 and int(value) > 0):
            raise UsageError(f"page: {value!r} is no page", allowed="1, 2, 3, …")
        return int(value)

    def link(self, **changed: str | int | None) -> str:
        """The address of this list with some of it changed; what is None or empty is left out."""
        query = {**self.given, **{name: "" if value is None else str(value) for name, value in changed.items()}}
        told = urlencode({name: value for name, value in query.items() if value})
        return f"{self.path}?{told}" if told else self.path


TIMES = ("day", "since", "until")
"""Filters by time: an exchange session, and moments."""
OF_ROWS = ("adapter", "account", "strategy", "instrument", "since", "until", "day")
"""The filters of the command line."""
Span = tuple[int | None, int | None]
"""From and until, ns UTC; None has no bound."""


def within(query: Query, reader: Reader, now_ns: int) -> Callable[[str], Span]:
    """The time that is asked for, product by product: each has its own sessions. Raises UsageError."""
    day, since, until = day_of(query), moment(query, "since"), moment(query, "until")
    if not day:
        return lambda product: (since, until)
    products = {it.product: it for it in reader.read(rows.Instrument, reader.runs)}
    spans = {product: session(it, day, now_ns) for product, it in products.items()}

    def span(product: str) -> Span:
        opens, closes = spans[product]
        return opens if since is None else max(opens, since), closes if until is None else min(closes, until)

    return span


def inside(ts: int, span: Span) -> bool:
    """Whether a moment lies in [from, until)."""
    return (span[0] is None or ts >= span[0]) and (span[1] is None or ts < span[1])


def day_of(query: Query) -> str:
    """The exchange session that is asked for, empty for none. Raises UsageError."""
    day: str = _said(parse_day, query.text("day"))
    if day[:1].isdigit() and int(day[:4]) not in YEARS:
        raise UsageError(f"day: {day!r} is out of reach", allowed=f"the years {YEARS[0]} to {YEARS[-1]}")
    return day


def moment(query: Query, name: str) -> int | None:
    """A time that is asked for, ns UTC, None for none. Raises UsageError."""
    text = query.text(name)
    at: int | None = _said(partial(parse_time, flag=name), text) if text else None
    return at


def filters_of(query: Query, now_ns: int) -> Filters:
    """The filters that a list takes. Raises UsageError for a time that is none."""
    words: dict[str, Any] = {name: query.text(name) for name in ("adapter", "account", "strategy", "instrument")}
    since, until = moment(query, "since"), moment(query, "until")
    return Filters(**words, since_ns=since, until_ns=until, day=day_of(query), now_ns=now_ns)


def _said(parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except UsageError as error:
        raise UsageError(error.what.replace("--", ""), allowed=error.allowed) from error
