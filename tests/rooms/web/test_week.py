"""A week of the calendar: what was closed, what that stopped, and what was held across it."""

import re
from datetime import date, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.decision import Reason
from bot.journal.values import new_york
from bot.risk.calendar import EventCalendar
from bot.web.week import MINUTES, NARROWEST, bounds, first_of, midnight, week
from tests.rooms.journal.build import OPENING, SECOND, Told, writer
from tests.rooms.web.served import serving

MINUTE = 60 * SECOND


async def test_a_blackout_says_what_it_stopped_and_what_was_held_across_it(tmp_path: Path) -> None:
    """Given a proposal that a release stopped, one that came before it, and a position held across it."""
    release = next(one for one in EventCalendar.load(None).events if one.kind == "cpi" and one.ts > OPENING)
    url, since = f"sqlite:///{tmp_path / 'journal.db'}", (release.ts - OPENING) / SECOND
    with writer(url) as journal:
        told = Told(journal)
        held = told.bracket(since - 1800)
        told.fill(held.entry, since - 1795, 16802)
        told.blocked(since - 1700, Reason("blackout", "another kind", {}))
        told.blocked(since, Reason("blackout", "cpi", {}), Reason("spread", "wide", {}))
        told.blocked(since + 1, Reason("spread", "wide", {}))
        told.fill(told.flatten(held, since + 1800, "flatten"), since + 1801, 16802)
        told.closed(held, since + 1801, 0, 0, "flatten")
        journal.finish({})
    day = new_york(release.ts).date()
    async with serving(tmp_path, "--journal", url) as site:
        page = (await site.get(f"/calendar?week={day}")).text
        (row,) = re.findall(rf"<tr><td>cpi</td><td>{day}.*?</tr>", page.partition('id="coming"')[0])
        *_, link, stopped, across = re.findall(r'href="([^"]+)">(\d+)</a></td><td class="n">(\d+)<', row)[0]
        listed = (await site.get(link.replace("&amp;", "&"))).text
        other = await site.get("/calendar?week=2026-02-30")
    assert (stopped, across) == ("1", "1")
    assert "1 signals" in listed or "1 signal" in listed
    assert other.code == 400
    assert "is not a date" in other.text


def test_the_day_on_which_clocks_are_set_has_the_hours_of_its_clock() -> None:
    first = date(2026, 3, 8)  # 02:00 is 03:00
    opens, closes = midnight(first) + 17 * 60 * MINUTE, midnight(first) + 22 * 60 * MINUTE
    (sunday, *_, saturday) = week(first, [(opens, closes)], [], now_ns=opens)
    assert [(bar.x // 60, bar.width // 60) for bar in sunday.open] == [(18, 5)]
    assert (sunday.now, saturday.now) == (18 * 60, None)
    since, until = bounds(first)
    assert (until - since) // MINUTE == 7 * MINUTES - 60


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.lists(st.tuples(st.integers(0, 9 * MINUTES), st.integers(1, 3000))),
    st.integers(0, MINUTES),
)
def test_every_minute_of_a_span_is_drawn_once(day: date, spans: list[tuple[int, int]], now: int) -> None:
    """Law: bars lie within their days, and together are as long as the spans, but for what is widened to be seen."""
    first = first_of(day)
    assert first.weekday() == 6
    assert day - first < timedelta(days=7)
    start, end = bounds(first)
    hours = [(start + since * MINUTE, start + (since + long) * MINUTE) for since, long in spans]
    days = week(first, [], [(*span, "x") for span in hours], start + now * MINUTE)
    bars = [bar for row in days for bar in row.closed]
    assert all(bar.x >= 0 and bar.x + bar.width <= MINUTES and bar.width >= NARROWEST for bar in bars)
    drawn = sum(bar.width for bar in bars)
    wanted = sum(max(0, min(until, end) - since) for since, until in hours) // MINUTE
    assert abs(drawn - wanted) <= len(spans) * (60 + 2 * NARROWEST)
