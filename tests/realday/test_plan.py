"""Hours and calendar of a day are what its plan says, whenever it begins."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config.hours import hours_of
from bot.config.instruments import instrument
from bot.risk.blackout import Blackout
from bot.risk.calendar import EventCalendar
from bot.sessions import trading_days
from tests.realday.plan import SECOND_NS, Plan

CHANGED = {change + timedelta(days=days) for change in (date(2026, 3, 8), date(2026, 11, 1)) for days in (-1, 0, 1)}
"""When New York's clocks change: an hour does not come, or comes twice."""


@settings(deadline=None)
@given(date_=st.dates(date(2026, 1, 5), date(2026, 12, 20)).filter(lambda day: day not in CHANGED), data=st.data())
def test_a_day_can_begin_at_any_hour_of_any_day(date_: date, data: st.DataObject) -> None:
    # when hours and calendar are brought to the clock
    midnight = datetime(date_.year, date_.month, date_.day, tzinfo=UTC)
    begins = int(midnight.timestamp()) + data.draw(st.integers(0, 86_399), label="second of the day")
    length = data.draw(st.integers(0, 20_000), label="seconds")
    plan = Plan.of(begins * SECOND_NS, length * SECOND_NS, 15 * SECOND_NS)
    # then the exchange is open from before the start to the close, and from the next open to after the end
    told = hours_of(plan.hours(), "hours-override.toml")["ES"]
    days, _ = trading_days(instrument("ES"), plan.begins, plan.ends, told=told)
    met = [
        (int(row["open"]), int(row["close"])) for row in days if row["close"] > plan.begins and row["open"] < plan.ends
    ]
    assert len(met) == 2
    assert met[0][0] < plan.begins
    assert (met[0][1], met[1][0]) == (plan.closes, plan.opens)
    assert plan.ends < met[1][1]
    # and entries are shut by news up to the first edge, from the last one on, and at no time between
    windows = Blackout(EventCalendar.parse(plan.calendar(), "calendar.csv"), instrument("ES").events)
    edges = windows.edges(plan.begins, plan.falls + 1)
    assert edges == (plan.lifts, plan.falls)
    # and nothing happens before what it follows
    moments = (plan.begins, plan.lifts, plan.resets, plan.returns, plan.flattens, plan.closes, plan.opens, plan.falls)
    assert list(moments) == sorted(moments)
    assert plan.paused[0] <= plan.resets < plan.returns <= plan.paused[1] < plan.flattens
