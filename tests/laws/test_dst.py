"""Law: a clock that is put forward or back changes nothing but what people call the hour.

Every quarter hour of eight weekends, four in which New York and Chicago change and four in which London does, as each
of the three tells it. The scheduler is the true one, in a time that does not wait.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from bot.clock import WallClock
from bot.config.bot_file import RiskSettings
from bot.config.instruments import instrument
from bot.config.strategy_file import HoursSettings
from bot.ports import Edge
from bot.risk.blackout import Blackout
from bot.risk.calendar import EventCalendar
from bot.risk.calendar_import import read_csv
from bot.risk.hours import Hours, Sessions
from bot.risk.schedule import Agenda, Watched
from bot.sessions import days_of
from tests.sim.loop import SimLoop

SECOND = 10**9
MINUTE, QUARTER = 60 * SECOND, 900 * SECOND
ZONES = ("America/New_York", "America/Chicago", "Europe/London")
SUNDAYS = (
    *(date(2026, 3, 8), date(2026, 11, 1), date(2027, 3, 14), date(2027, 11, 7)),  # America
    *(date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31)),  # Europe
)
NEW_YORK = ZoneInfo("America/New_York")
HEADER = "event,date_local,time_local,tz,ts_utc,status\n"

weekends = pytest.mark.parametrize("sunday", SUNDAYS, ids=str)
zones = pytest.mark.parametrize("zone", ZONES)


def quarters(sunday: date) -> list[int]:
    """From Saturday to Monday, ns UTC."""
    first = int(datetime(sunday.year, sunday.month, sunday.day, tzinfo=UTC).timestamp()) * SECOND - 96 * QUARTER
    return [first + index * QUARTER for index in range(3 * 96)]


def local(ts: int, zone: str = "America/New_York") -> datetime:
    return datetime.fromtimestamp(ts // SECOND, ZoneInfo(zone))


def utc(ts: int) -> str:
    return f"{datetime.fromtimestamp(ts // SECOND, UTC):%Y-%m-%dT%H:%M:%SZ}"


def twice(at: datetime) -> bool:
    """Whether this time of day comes twice on its day."""
    return at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()


def calendar(rows: str) -> EventCalendar:
    return EventCalendar.of([read_csv(HEADER + rows, Path("own.csv"))], "own.csv")


@weekends
@zones
def test_a_window_is_five_minutes_before_its_event_to_fifteen_after_whatever_the_clocks_do(
    sunday: date, zone: str
) -> None:
    for at in quarters(sunday):
        told = local(at, zone)
        # Where the hour is doubled only UTC says which one is meant.
        stamp = utc(at) if twice(told) else ""
        blackout = Blackout(calendar(f"cpi,{told:%Y-%m-%d},{told:%H:%M},{zone},{stamp},scheduled\n"), ("cpi",))
        first, last = at - 5 * MINUTE, at + 15 * MINUTE
        found = [bool(blackout.at(ts)) for ts in (first - 1, first, at, last - 1, last)]
        assert found == [False, True, True, True, False], told
        assert blackout.edges(at - QUARTER, at + 2 * QUARTER) == (first, last)


@weekends
def test_hours_that_nobody_knows_are_new_yorks_hours(sunday: date) -> None:
    unknown = Blackout(calendar("fomc_minutes,2025-01-01,14:00,America/New_York,,scheduled\n"), ("cpi",))
    for at in quarters(sunday):
        for ts in (at - 5 * MINUTE, at, at + 5 * MINUTE):
            clock = local(ts)
            inside = clock.weekday() < 5 and (8, 25) <= (clock.hour, clock.minute) < (8, 45)
            assert bool(unknown.at(ts)) is inside, clock


@weekends
@pytest.mark.parametrize("product", ["ES", "CL", "SPY"])
def test_a_trading_day_and_its_hours_are_the_exchanges(sunday: date, product: str) -> None:
    one, moments = instrument(product), quarters(sunday)
    sessions = Sessions(days_of(one, moments[0], moments[-1]))
    hours = Hours(sessions, HoursSettings(), RiskSettings())
    evening = 0 if product == "SPY" else 6  # after 18:00 a future trades the next day
    for at in moments:
        clock = local(at)
        index = sessions.at(at)
        trading = at < sessions.closes[index]
        weekday = clock.weekday()
        if product == "SPY":
            assert trading is (weekday < 5 and 4 <= clock.hour < 20), clock
        else:
            assert trading is (clock.hour != 17 and (weekday < 4 or (weekday, clock.hour >= 18) == (6, True))), clock
        if trading:
            assert sessions.dates[index] == int(f"{clock + timedelta(hours=evening):%Y%m%d}")
            first, last = hours.window(index)
            told = (f"{clock:%Y-%m-%d} {text}" for text in (one.regular_open, one.regular_close))
            opens, closes = (datetime.fromisoformat(text).replace(tzinfo=NEW_YORK) for text in told)
            assert (first <= at < last) is (opens <= clock < closes - timedelta(minutes=15)), clock


class Travelling(SimLoop):
    """A loop whose time is everybody's."""

    def __init__(self, traveller: time_machine.Traveller, first: int) -> None:
        self._traveller, self._first = traveller, first
        super().__init__()

    def turn(self, timeout: float | None) -> None:
        """Time has passed for the operating system, too."""
        super().turn(timeout)
        self._traveller.move_to(
            datetime.fromtimestamp(self._first // SECOND, UTC) + timedelta(0, 0, self.now_ns / 1000)
        )


@contextmanager
def machine_in(zone: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    try:
        with monkeypatch.context() as inner:
            inner.setenv("TZ", zone)
            time.tzset()
            yield
    finally:
        time.tzset()


def rung_in(moments: list[int], zone: str, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """When a clock rings that was set to these moments, on a machine in a zone."""
    rung: list[int] = []

    async def weekend() -> None:
        async with WallClock() as clock:
            clock.rung = lambda: rung.append(clock.now_ns())
            clock.wake_at(moments)
            await asyncio.sleep((moments[-1] - moments[0]) / SECOND + 7200)

    with machine_in(zone, monkeypatch):
        first = moments[0] - 60 * SECOND
        begin = datetime.fromtimestamp(first // SECOND, UTC)
        with (
            time_machine.travel(begin, tick=False) as traveller,
            asyncio.Runner(loop_factory=lambda: Travelling(traveller, first)) as runner,
        ):
            runner.run(weekend())
    return rung


def told_once(rung: list[int], moments: list[int]) -> bool:
    """Whether it rang at each moment, within ten milliseconds, and at no other."""
    return len(rung) == len(moments) and all(
        0 <= at - moment < 10_000_000 for at, moment in zip(rung, moments, strict=True)
    )


@weekends
@zones
def test_the_scheduler_rings_once_at_each_moment_and_at_no_other(
    sunday: date, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = quarters(sunday)
    assert told_once(rung_in(moments, zone, monkeypatch), moments)


def test_the_law_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: an alarm that is set to what people call the hour."""
    true = WallClock.wake_at

    def by_the_hour(self: WallClock, moments: Iterable[int]) -> None:
        true(self, [int(local(ts).replace(fold=0).timestamp()) * SECOND for ts in moments])

    monkeypatch.setattr(WallClock, "wake_at", by_the_hour)
    moments = quarters(SUNDAYS[1])
    assert not told_once(rung_in(moments, ZONES[0], monkeypatch), moments)


@weekends
def test_a_desk_that_slept_through_the_change_does_every_edge_once_and_in_order(sunday: date) -> None:
    moments = quarters(sunday)
    events = "".join(f"cpi,,,,{utc(at)},scheduled\n" for at in moments[4:-4:4])
    one, blackout = instrument("ES"), Blackout(calendar(events), ("cpi",))
    days = days_of(one, moments[0], moments[-1])
    agenda = Agenda([Watched("any", 0, days, blackout, 5 * MINUTE, "15:55")], moments[0], moments[-1])
    taken: list[Edge] = []
    while (agenda.next_due() or moments[-1]) < moments[-1]:
        taken.append(agenda.take())
    assert [edge.ts for edge in taken] == sorted(edge.ts for edge in taken)
    assert [edge.ts for edge in taken if edge.what == "blackout-start"] == [at - 5 * MINUTE for at in moments[4:-4:4]]
    flat = [local(edge.ts) for edge in taken if edge.what == "flatten"]
    assert [f"{at:%a %H:%M}" for at in flat] == ["Mon 15:55", "Mon 16:55"]


HALF_DAYS = pytest.mark.parametrize(
    ("product", "day", "closes"),
    [
        # The library's two calendars for equity futures disagree by a quarter of an hour; instruments.toml names the
        # one that says what the exchange does: "CME Globex Equity".
        ("ES", "2026-11-27", "13:15"),
        ("ES", "2026-12-24", "13:15"),
        ("NQ", "2026-12-24", "13:15"),
        ("CL", "2026-11-27", "14:45"),
        ("GC", "2026-12-24", "13:45"),
        ("SPY", "2026-11-27", "17:00"),
    ],
)


@HALF_DAYS
def test_a_half_day_ends_early_and_everybody_is_flat_before(product: str, day: str, closes: str) -> None:
    one = instrument(product)
    noon = int(datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=NEW_YORK).timestamp()) * SECOND
    days = days_of(one, noon, noon)
    sessions = Sessions(days)
    index = sessions.at(noon)
    assert sessions.dates[index] == int(day.replace("-", ""))
    assert f"{local(sessions.closes[index]):%H:%M}" == closes
    stock = one.kind == "stock"
    close = sessions.anchor_closes[index] if stock else sessions.closes[index]
    watched = Watched("any", 0, days, Blackout(EventCalendar.load("none"), ()), 5 * MINUTE, regular=stock)
    edges = Agenda([watched], noon, noon + 8 * 3600 * SECOND)
    assert edges.take() == Edge(close - 5 * MINUTE, "flatten", 0, "any")
    entries = Hours(sessions, HoursSettings(), RiskSettings()).window(index)
    assert entries[1] == sessions.anchor_closes[index] - 15 * MINUTE
