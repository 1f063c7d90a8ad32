"""One week of a calendar as a picture: open hours and blackouts of each New York day, in minutes since its midnight.

A day on which the clocks are set has 23 or 25 hours; its picture has the 24 of its clock, as on a wall.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.journal.values import new_york
from bot.review.words import SECOND_NS

MINUTES = 24 * 60
NARROWEST = 4
"""Minutes of the shortest bar, so that it can be seen and pointed at."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of one day."""

    x: int
    width: int
    words: str = ""


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day of the week."""

    date: date
    open: tuple[Bar, ...]
    closed: tuple[Bar, ...]
    now: int | None
    """Where the day stands, if it is today."""


def first_of(day: date) -> date:
    """The Sunday on which the trading week of a date begins: exchanges open in its evening."""
    return day - timedelta(days=(day.weekday() + 1) % 7)


def midnight(day: date) -> int:
    """Its beginning in New York, ns UTC."""
    return int(datetime.combine(day, time(), new_york(0).tzinfo).timestamp()) * SECOND_NS


def bounds(first: date) -> tuple[int, int]:
    """From and until of the week that begins then, ns UTC."""
    return midnight(first), midnight(first + timedelta(days=7))


def week(
    first: date, hours: Iterable[tuple[int, int]], windows: Iterable[tuple[int, int, str]], now_ns: int
) -> list[DayRow]:
    """Its seven days: `hours` are (open, close), `windows` (from, until, words), ns UTC."""
    spans, shut = [(*span, "") for span in hours], list(windows)
    today = new_york(now_ns)
    return [
        DayRow(day, tuple(_of(day, spans)), tuple(_of(day, shut)), _minute(today) if today.date() == day else None)
        for day in (first + timedelta(days=number) for number in range(7))
    ]


def _of(day: date, spans: Iterable[tuple[int, int, str]]) -> Iterator[Bar]:
    """The parts of spans that fall on a day."""
    for since, until, words in spans:
        begins, ends = new_york(since), new_york(until)
        if begins.date() <= day <= ends.date():
            x = _minute(begins) if begins.date() == day else 0
            end = _minute(ends) if ends.date() == day else MINUTES
            if end > x:
                width = max(NARROWEST, end - x)
                yield Bar(min(x, MINUTES - width), width, words)


def _minute(at: datetime) -> int:
    return at.hour * 60 + at.minute
