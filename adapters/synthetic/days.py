"""Which hours of which days a synthetic tape covers, and how busy each second of them is.

Days are the exchange's: a futures session begins on the evening before, holidays and weekends have none, the hour of
maintenance and early closes are silent.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from adapters.synthetic.market import Pace
from adapters.synthetic.natures import NEW_YORK, new_york_ns, pace_of_day
from adapters.synthetic.state import SECOND
from bot.config import instrument
from bot.domain.market import Days
from bot.errors import UsageError
from bot.sessions import days_of

DAY = date(2026, 11, 17)
"""The first day: a Tuesday without a scheduled release."""
OPEN = time(9, 30)


@dataclass(frozen=True, slots=True)
class Window:
    """What a tape covers of one trading day, ns UTC."""

    date: date
    begin: int
    end: int


def windows_of(product: str, start: time, hours: float, days: int) -> tuple[list[Window], Days]:
    """`days` consecutive trading days from `start` (New York) for so many hours each, and the sessions around them.

    One day alone may run through its night into the next; of several, each ends with its session. Raises UsageError
    for a start at which the exchange is closed.
    """
    first = new_york_ns(DAY, time(0))
    # Five sessions a week at least in all but one week of a year: twice the days and a fortnight are always enough.
    sessions = days_of(instrument(product), first, first + (2 * days + 14) * 86_400 * SECOND)
    wanted = [row for row in sessions if int(row["date"]) >= int(f"{DAY:%Y%m%d}")][:days]
    length = max(1, int(hours * 3_600)) * SECOND
    windows = []
    for row in wanted:
        begin = _begin(row, start, product)
        end = begin + length if days == 1 else min(begin + length, int(row["close"]))
        windows.append(Window(datetime.strptime(str(row["date"]), "%Y%m%d").date(), begin, end))  # noqa: DTZ007
    return windows, sessions


def _begin(session: np.void, start: time, product: str) -> int:
    day = datetime.strptime(str(session["date"]), "%Y%m%d").date()  # noqa: DTZ007 - a date has no zone
    for candidate in (new_york_ns(day, start), new_york_ns(day - timedelta(days=1), start)):
        if int(session["open"]) <= candidate < int(session["close"]):
            return candidate
    opens, closes = (
        datetime.fromtimestamp(int(session[name]) // SECOND, NEW_YORK).strftime("%H:%M") for name in ("open", "close")
    )
    raise UsageError(
        f"{product} does not trade at {start:%H:%M} New York", where="--start", allowed=f"{opens} to {closes}"
    )


def pace_of(windows: list[Window], sessions: Days) -> Pace:
    """Activity of each second from the first window's begin to the last one's end: 0 outside windows and sessions."""
    begin = windows[0].begin
    pace = np.zeros((windows[-1].end - begin) // SECOND, np.int64)
    for window in windows:
        start = datetime.fromtimestamp(window.begin // SECOND, NEW_YORK).time()
        first, last = (window.begin - begin) // SECOND, (window.end - begin) // SECOND
        pace[first:last] = pace_of_day(start, last - first)
    seconds = begin // SECOND + np.arange(len(pace), dtype=np.int64)
    opens, closes = sessions["open"] // SECOND, sessions["close"] // SECOND
    at = np.searchsorted(opens, seconds, side="right") - 1
    pace[seconds >= closes[at]] = 0
    return pace
