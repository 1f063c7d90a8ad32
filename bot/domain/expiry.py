"""When a futures contract stops trading, from its code and its product's rule.

Sources
    third-friday  third Friday of the contract's month (CME rulebook, chapters 358 and 359: equity index futures)
    crude-oil     third business day before the 25th of the month before the contract's; where the 25th is none, before
                  the last one that precedes it (NYMEX rulebook, chapter 200)
    gold          third last business day of the contract's month (COMEX rulebook, chapter 113)
    Business days here are Monday to Friday: an exchange holiday nearby makes the true day one or two days earlier.
"""

import re
from datetime import date, timedelta
from typing import Literal

Expires = Literal["", "third-friday", "crude-oil", "gold"]
MONTH_CODES = "FGHJKMNQUVXZ"
CONTRACT = re.compile(rf"^([A-Z0-9]+)([{MONTH_CODES}])(\d{{1,2}}|\d{{4}})$")
"""Product, month code, year in one, two or four digits."""
_DAY = timedelta(1)
_OLD = timedelta(31)


def last_trading_day(contract: str, expires: Expires, near: date) -> date | None:
    """The last day of `contract` (`ESZ2026`, `ESZ6`); None without a rule or without a month in its name.

    A year of one digit is the first whose contract has not long expired at `near`.
    """
    match = CONTRACT.match(contract)
    if not expires or match is None:
        return None
    month, digits = MONTH_CODES.index(match[2]) + 1, match[3]
    if len(digits) > 1:
        return _last(expires, int(digits) + (2000 if len(digits) == 2 else 0), month)
    year = near.year - 1
    while year % 10 != int(digits) or _last(expires, year, month) < near - _OLD:
        year += 1
    return _last(expires, year, month)


def last_day_to_hold(contract: str, expires: Expires, near: date) -> date | None:
    """The last day on which nobody has to deliver or to take: the last trading day or, where it comes first, the
    business day before the first notice. Gold gives notice from the last business day of the month before (COMEX
    rulebook, chapter 113); equity indices settle in cash, and crude oil has no notice before its last trading day.
    """
    last = last_trading_day(contract, expires, near)
    return _before(_before(last.replace(day=1))) if last is not None and expires == "gold" else last


def _last(expires: Expires, year: int, month: int) -> date:
    first = date(year, month, 1)
    if expires == "third-friday":
        return first + timedelta((4 - first.weekday()) % 7 + 14)
    if expires == "crude-oil":
        the_25th = (first - _DAY).replace(day=25)
        holiday = the_25th.weekday() > 4 or month == 1  # Christmas, always
        return _business_days_before(_before(the_25th) if holiday else the_25th, 3)
    return _business_days_before((first + _OLD).replace(day=1), 3)


def _business_days_before(day: date, count: int) -> date:
    for _ in range(count):
        day = _before(day)
    return day


def _before(day: date) -> date:
    """The business day before."""
    day -= _DAY
    while day.weekday() > 4:
        day -= _DAY
    return day
