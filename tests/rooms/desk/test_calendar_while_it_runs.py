"""The calendar of a desk that runs: the scheduler wakes it at an edge, and a file that changes is read anew.

The drill wants an entry at every second bar, so that what is refused tells what was in force.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.clock import SECOND_NS, WallClock
from bot.journal import rows
from bot.ports import Renewal
from tests.laws.markets import DRILL
from tests.rooms.desk.live import Live, run
from tests.tapes import NEW_YORK, Tape, ns

HEADER = "event,date_local,time_local,tz,ts_utc,status\n"
KINDS = ("fomc_statement", "fomc_press_conference", "fomc_minutes", "cpi", "nfp", "ppi")
DAY = "2026-05-27"


def file_of(*events: str, year: int = 2026, kinds: tuple[str, ...] = KINDS) -> str:
    """A calendar that knows every date of its kinds in a year and the next: these, `kind date time`, New York."""
    known = "".join(
        f"{kind},{edge}-01-01,00:00,America/New_York,,coverage\n" for kind in kinds for edge in (year, year + 2)
    )
    told = (event.split() for event in events)
    return HEADER + known + "".join(f"{kind},{day},{at},America/New_York,,scheduled\n" for kind, day, at in told)


def morning() -> Tape:
    """Twenty minutes from ten o'clock, a print every five seconds."""
    tape = Tape(start=f"{DAY} 10:00").quote("4200.50", "4200.75")
    for _ in range(240):
        tape.bought(1, "4200.75").wait(5)
    return tape


def traded(folder: Path, texts: dict[int, str | None]) -> Live:
    """A live morning whose calendar file says `texts`, by the number of rows walked; None: it is gone."""
    path = folder / "own.csv"

    def says(text: str | None) -> Callable[[], object]:
        return path.unlink if text is None else partial(path.write_text, text)

    says(texts.pop(0))()
    happens = {row: says(text) for row, text in texts.items()}
    return run(folder, morning(), DRILL, calendar=str(path), happens=happens, wall=True)


def closed(live: Live) -> list[int]:
    """When entries were refused for the news, ns UTC."""
    return [row["ts_ns"] for row in live.played.blocked if "blackout" in {one["rule"] for one in row["reasons"]}]


def looks(live: Live) -> list[rows.Control]:
    return [row for row in live.rows(rows.Control) if row.key == "calendar"]


def test_an_event_that_is_moved_closes_entries_on_both_its_dates(tmp_path: Path) -> None:
    old, new = f"fomc_minutes {DAY} 10:17", f"fomc_minutes {DAY} 10:07"
    live = traded(tmp_path, {0: file_of(old), 20: file_of(new)})
    assert not [at for at in closed(live) if at < ns(f"{DAY} 10:02")]
    # From 10:02 to 10:22 by the new date; the old one would close them from 10:12 only, and to 10:32.
    assert [at for at in closed(live) if at < ns(f"{DAY} 10:12")]
    assert max(closed(live)) > ns(f"{DAY} 10:19")
    assert [(row.from_ns, row.ts) for row in live.rows(rows.CalendarEvent)] == [
        (ns(f"{DAY} 10:02"), ns(f"{DAY} 10:02")),
        (ns(f"{DAY} 10:12"), ns(f"{DAY} 10:12")),
    ]
    (look,) = looks(live)
    assert look.ts == ns(f"{DAY} 10:01")
    assert "1 events are new (fomc_minutes 2026-05-27)" in look.why
    assert "1 are there no more and hold until the next session (fomc_minutes 2026-05-27)" in look.why
    assert look.why in live.notices


def test_a_file_that_breaks_changes_nothing_and_that_is_said(tmp_path: Path) -> None:
    live = traded(tmp_path, {0: file_of(f"fomc_minutes {DAY} 10:15"), 20: "<html>403</html>"})
    assert min(closed(live)) >= ns(f"{DAY} 10:10")
    (look,) = looks(live)
    assert json.loads(look.value) is False
    assert "own.csv" in look.why
    assert "what was known before stays in force" in look.why
    assert look.why in live.notices


def test_a_file_that_is_gone_changes_nothing_either(tmp_path: Path) -> None:
    live = traded(tmp_path, {0: file_of(f"fomc_minutes {DAY} 10:15"), 20: None})
    assert min(closed(live)) >= ns(f"{DAY} 10:10")
    assert ["own.csv" in look.why for look in looks(live)] == [True]


def test_a_file_that_is_mended_opens_the_hours_that_nobody_knew(tmp_path: Path) -> None:
    live = traded(tmp_path, {0: "event\ncpi\n", 20: file_of(f"fomc_minutes {DAY} 10:15")})
    before = [at for at in closed(live) if at < ns(f"{DAY} 10:01")]
    assert before
    assert not [at for at in closed(live) if ns(f"{DAY} 10:01") <= at < ns(f"{DAY} 10:10")]
    (refused, *_) = live.played.blocked
    (why,) = [one["message"] for one in refused["reasons"] if one["rule"] == "blackout"]
    assert "own.csv" in why
    assert "columns are missing" in why


def test_a_kind_that_is_no_longer_told_of_closes_its_hours(tmp_path: Path) -> None:
    short = tuple(kind for kind in KINDS if kind != "fomc_minutes")
    live = traded(tmp_path, {0: file_of(), 20: file_of(kinds=short)})
    (look,) = looks(live)
    assert "reach to another day" in look.why
    assert closed(live) == []  # 10:00 is no hour of the Federal Reserve


def test_a_file_that_was_only_touched_is_no_news(tmp_path: Path) -> None:
    same = file_of(f"fomc_minutes {DAY} 10:15")
    assert looks(traded(tmp_path, {0: same, 20: same + "\n"})) == []


def test_a_repetition_gets_the_same_calendar_at_the_same_moment(tmp_path: Path) -> None:
    old, new = f"fomc_minutes {DAY} 10:17", f"fomc_minutes {DAY} 10:07"
    for name in ("live", "again"):
        (tmp_path / name).mkdir()
    live = traded(tmp_path / "live", {0: file_of(old), 20: file_of(new)})
    told = [(row.ts, Renewal(row.why, json.loads(row.value))) for row in looks(live)]
    path = tmp_path / "again.csv"
    path.write_text(file_of(old))
    again = run(tmp_path / "again", morning(), DRILL, calendar=str(path), renewals=told, batch=64)
    assert [at for at in closed(again) if at in set(closed(live))] == closed(again) != []
    assert [(row.ts, row.value, row.why) for row in looks(again)] == [
        (row.ts, row.value, row.why) for row in looks(live)
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "there is no calendar"),
        ("", "own.csv: the calendar is empty"),
        ("<html>403</html>", "own.csv: columns are missing"),
        (HEADER, "cpi are not in the calendar"),
        (file_of(year=2020), "cpi are known 2020-01-01 to 2022-01-01 (own.csv)"),
    ],
)
def test_a_calendar_that_cannot_tell_closes_entries_with_its_file_and_its_date(
    tmp_path: Path, text: str | None, told: str
) -> None:
    # 08:30: an hour of consumer prices, so that what is not known is closed.
    path = tmp_path / "own.csv"
    if text is not None:
        path.write_text(text)
    tape = Tape(start=f"{DAY} 08:30").quote("4200.50", "4200.75")
    for _ in range(6):
        tape.bought(1, "4200.75").wait(1)
    live = run(tmp_path, tape, DRILL, calendar=str(path), wall=True)
    assert live.played.orders == []
    reasons = [one["message"] for row in live.played.blocked for one in row["reasons"] if one["rule"] == "blackout"]
    assert any(told in message for message in reasons), reasons


def test_the_scheduler_wakes_a_market_that_says_nothing(tmp_path: Path) -> None:
    wall = WallClock()
    now = datetime.fromtimestamp(wall.now_ns() // SECOND_NS, UTC)
    edge = now + timedelta(seconds=3)
    event = edge + timedelta(minutes=5)
    path = tmp_path / "own.csv"
    path.write_text(file_of(year=now.year - 1) + f"cpi,,,,{event:%Y-%m-%dT%H:%M:%SZ},scheduled\n")
    tape = Tape(start=f"{now.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S}").quote("4200.50", "4200.75")
    first: list[int] = []
    happens = {1: lambda: first.append(wall.now_ns())}
    live = run(tmp_path, tape, DRILL, calendar=str(path), happens=happens, wall=True, silent=1)
    begun = int(edge.timestamp()) * SECOND_NS
    assert [(row.kind, row.ts) for row in live.rows(rows.CalendarEvent)] == [("cpi", begun)]
    # Nobody else would have woken it; where the machine was so slow that the edge had passed, the alarm rang at once.
    assert begun <= wall.now_ns() < max(begun, *first) + 30 * SECOND_NS
