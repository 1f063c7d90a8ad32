"""Names of contracts: which product `ESH4` is of, and in which year it expires.

Year codes of one digit repeat every ten years (ESH4 was March 2014 and is March 2024), so a tape always holds the full
year. It is worked out from the first stamp: a contract is recorded before it expires, never after. Of two digits the
century nearest to that stamp is meant.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.expiry import MONTH_CODES

_CONTRACT = re.compile(rf"^(?P<product>[A-Z0-9]+?)(?P<month>[{MONTH_CODES}])(?P<year>\d{{4}}|\d{{1,2}})$")

NEW_YORK = ZoneInfo("America/New_York")
_EVENING = timedelta(hours=6)
"""Futures begin their trading day at 18:00 New York of the day before."""


def trading_day(ns: int, *, future: bool) -> str:
    """The ISO date of the exchange's trading day that a moment (ns UTC) belongs to."""
    at = datetime.fromtimestamp(ns // 1_000_000_000, UTC).astimezone(NEW_YORK)
    return (at + _EVENING if future else at).date().isoformat()


def product_of(symbol: str) -> str:
    """The product of a contract's name, `ES` of `ESH4`, `ESU26` or `ESH2024`; any other name is its own product."""
    match = _CONTRACT.match(symbol)
    return match["product"] if match else symbol


def is_contract(symbol: str) -> bool:
    """Whether the name ends in a month code and a year, as only futures' names do."""
    return _CONTRACT.match(symbol) is not None


def full_contract(symbol: str, first_ns: int) -> str:
    """The contract with its full year, `ESH2024` of `ESH4` recorded in 2023; any other name unchanged."""
    match = _CONTRACT.match(symbol)
    if match is None:
        return symbol
    first = datetime.fromtimestamp(first_ns // 1_000_000_000, UTC)
    return f"{match['product']}{match['month']}{_year(match['year'], MONTH_CODES.index(match['month']) + 1, first)}"


def _year(digits: str, month: int, first: datetime) -> int:
    if len(digits) == 4:
        return int(digits)
    if len(digits) == 2:
        return first.year + (int(digits) - first.year + 50) % 100 - 50
    # Delivery month and its predecessors only: crude oil expires in the month before.
    earliest = first.year if month >= first.month else first.year + 1
    return earliest + (int(digits) - earliest) % 10
