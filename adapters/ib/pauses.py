"""When a gateway is away on purpose, by the settings. Times of day are New York's.

Source: IB's System Status page: North America resets daily from 00:15 to 01:45. What is held stays under its stop.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.config import clock_time

NEW_YORK = ZoneInfo("America/New_York")
_LIKE = 'a window is two different times of day like "00:15-01:45"'
SECOND_NS = 1_000_000_000


def window(value: object) -> str:
    """A window as it was written, `"23:45-00:45"`. Raises ValueError for what is none."""
    start, _, end = str(value).partition("-")
    try:
        if clock_time(start) != clock_time(end):
            return str(value)
    except ValueError as error:
        raise ValueError(f"{error}, in {_LIKE}; got {value!r}") from error
    raise ValueError(f"{_LIKE}; got {value!r}")


def next_window(windows: Sequence[str], now_ns: int) -> tuple[int, int] | None:
    """The window that is open at `now_ns`, or the next one: [from, to) in ns UTC; None without any.

    Through a change of the clocks it begins and ends at the times of day that are written.
    """
    today = datetime.fromtimestamp(now_ns // SECOND_NS, UTC).astimezone(NEW_YORK).date()
    found = []
    for text in windows:
        start, end = (time.fromisoformat(one) for one in text.split("-"))
        for days in (-1, 0, 1, 2):
            day = today + timedelta(days=days)
            last = day + timedelta(days=end <= start)
            found.append((_ns(datetime.combine(day, start, NEW_YORK)), _ns(datetime.combine(last, end, NEW_YORK))))
    return min((one for one in found if one[1] > now_ns), default=None)


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND_NS
