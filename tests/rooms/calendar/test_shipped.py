"""The shipped dates agree with what was collected, and `check` knows a good calendar from a bad one."""

import csv
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.resources import shipped
from bot.risk.calendar import EventCalendar
from bot.risk.calendar_check import check, reach
from bot.risk.events import KINDS, kind_of

SHARED = Path(os.environ.get("PAPERPIT_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data")) / "calendars"
SHIPPED = EventCalendar.load(str(shipped("config/calendar")))  # not what this user has imported
HEADER = "event,date_local,time_local,tz,ts_utc,status\n"


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collected calendars are not beside this checkout")
@pytest.mark.parametrize("name", ["fomc.csv", "bls.csv", "eia.csv"])
def test_shipped_dates_are_the_collected_ones(name: str) -> None:
    with (SHARED / name).open() as file:
        collected = {
            (kind_of(row["event"]), row["ts_utc"], row["status"] == "estimate") for row in csv.DictReader(file)
        }
    shipped = {
        (
            event.kind,
            f"{datetime.fromtimestamp((event.ts or 0) // 10**9, UTC):%Y-%m-%dT%H:%M:%SZ}",
            event.status == "estimate",
        )
        for event in SHIPPED.events
    }
    assert collected <= shipped


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collected calendars are not beside this checkout")
@pytest.mark.parametrize("name", ["events.ics", "samples/bls_like.ics", "samples/weekly_like.json"])
def test_collected_feeds_are_read(name: str) -> None:
    assert EventCalendar.load(str(SHARED / name)).events


def test_the_shipped_calendar_is_in_order() -> None:
    assert check(SHIPPED, KINDS, utc("2026-11-23T12:00")) == []


def test_dates_that_run_out_are_said_thirty_days_ahead() -> None:
    assert reach(SHIPPED, KINDS, utc("2026-12-02T05:00")) == []
    said = reach(SHIPPED, KINDS, utc("2026-12-02T05:01"))
    assert [(problem.kind, problem.severity) for problem in said] == [
        (kind, "warning") for kind in ("cpi", "nfp", "ppi")
    ]
    assert all("paperpit calendar import" in problem.do for problem in said)


def test_dates_that_have_run_out_are_an_error() -> None:
    assert {problem.severity for problem in reach(SHIPPED, ("cpi",), utc("2027-02-01T12:00"))} == {"error"}


@pytest.mark.parametrize(
    ("row", "severity", "words"),
    [
        ("cpi,2026-12-12,08:30,America/New_York,,scheduled", "error", "weekend"),
        ("cpi,2026-12-10,10:30,America/New_York,,scheduled", "warning", "usual is 08:30"),
        ("cpi,2026-12-10,,America/New_York,,scheduled", "warning", "no hour"),
        ("fomc_press_conference,2026-12-09,14:30,America/New_York,,scheduled", "warning", "without a statement"),
    ],
)
def test_a_date_that_cannot_be_right_is_said(tmp_path: Path, row: str, severity: str, words: str) -> None:
    (tmp_path / "own.csv").write_text(HEADER + row + "\n")
    problems = check(EventCalendar.load(str(tmp_path)), (), utc("2026-12-09T12:00"))
    assert [problem.severity for problem in problems] == [severity]
    assert words in problems[0].message


def test_a_year_with_seven_meetings_is_said(tmp_path: Path) -> None:
    rows = [f"fomc_statement,2027-0{month}-17,14:00,America/New_York,,scheduled" for month in range(1, 8)]
    edges = [f"fomc_statement,{year}-01-01,00:00,America/New_York,,coverage" for year in (2027, 2028)]
    (tmp_path / "own.csv").write_text(HEADER + "\n".join(rows + edges) + "\n")
    problems = check(EventCalendar.load(str(tmp_path)), (), utc("2027-06-01T12:00"))
    assert any("7 FOMC statements" in problem.message for problem in problems)


def test_no_calendar_is_an_error_and_none_wanted_a_warning(tmp_path: Path) -> None:
    assert [p.severity for p in check(EventCalendar.load(str(tmp_path)), KINDS, 0)] == ["error"]
    assert [p.severity for p in check(EventCalendar.load("none"), KINDS, 0)] == ["warning"]
