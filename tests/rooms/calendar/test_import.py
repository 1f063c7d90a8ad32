"""Calendar files of issuers and feeds: what is clear is read, what is not is refused with its place."""

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import DataDamaged, InputMissing
from bot.risk import calendar as room
from bot.risk.calendar import EventCalendar
from bot.risk.calendar_import import read
from bot.risk.events import Event, kind_of, local_ns

HEADER = "event,date_local,time_local,tz,ts_utc,status\n"


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def ics(*lines: str) -> str:
    event = ["BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT"]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *event, "END:VCALENDAR", ""])


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Consumer Price Index", "cpi"),
        ("Core CPI m/m", "cpi"),
        ("bls_cpi", "cpi"),
        ("Employment Situation", "nfp"),
        ("Non-Farm Employment Change", "nfp"),
        ("Producer Price Index", "ppi"),
        ("FOMC Meeting Minutes", "fomc_minutes"),
        ("FOMC Press Conference", "fomc_press_conference"),
        ("Federal Funds Rate", "fomc_statement"),
        ("fomc", "fomc_statement"),
        ("Crude Oil Inventories", "eia"),
        ("eia_weekly_petroleum", "eia"),
        ("GDP (Third Estimate), 3rd Quarter 2026", "gdp"),
        ("Unemployment Claims", "unemployment_claims"),
    ],
)
def test_an_issuers_name_means_a_kind(name: str, kind: str) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    "start",
    [
        "DTSTART;TZID=US-Eastern:20261210T083000",
        "DTSTART;TZID=US/Eastern:20261210T083000",
        "DTSTART;TZID=Eastern Standard Time:20261210T083000",
        "DTSTART;TZID=America/New_York:20261210T083000",
        "DTSTART;VALUE=DATE-TIME:20261210T133000Z",
        "DTSTART:20261210T133000Z",
    ],
)
def test_every_zone_of_an_ics_file_means_the_same_moment(tmp_path: Path, start: str) -> None:
    (event,) = read(written(tmp_path, "bls.ics", ics(start, "SUMMARY:Consumer Price\r\n  Index"))).events
    assert (event.kind, event.ts, event.date) == ("cpi", utc("2026-12-10T13:30"), date(2026, 12, 10))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("DTSTART:20261210T083000", "SUMMARY:CPI"), "without a zone"),
        (("DTSTART;TZID=Mars/Base:20261210T083000", "SUMMARY:CPI"), "no time zone"),
        (("DTSTART:notadate", "SUMMARY:CPI"), "cannot be read"),
        (("SUMMARY:CPI",), "cannot be read"),
        (("DTSTART:20261210T133000Z",), "cannot be read"),
        (("DTSTART:20261210T133000Z", "SUMMARY:CPI", "RRULE:FREQ=MONTHLY"), "repeating"),
        (("DTSTART:20261210T133000Z", "DTEND:20261210T132959Z", "SUMMARY:CPI"), "ends before it begins"),
        (("DTSTART;VALUE=DATE:20261210", "DTEND;VALUE=DATE:20261209", "SUMMARY:CPI"), "ends before it begins"),
        (("DTSTART;VALUE=DATE:20261210", "DTEND;VALUE=DATE:20270610", "SUMMARY:CPI"), "an event of 182 days"),
        (("DTSTART;VALUE=DATE:20261210", "DTEND:20261210T133000Z", "SUMMARY:CPI"), "ends without one"),
        (("DTSTART:20261210T133000Z", "DTEND:20261210T083000", "SUMMARY:CPI"), "without a zone"),
        (("DTSTART;VALUE=DATE:00011210", "SUMMARY:CPI"), "cannot be meant"),
        (("DTSTART:20261210T133000Z", "SUMMARY:?!"), "cannot be read"),
        (("DTSTART;TZID=US-Eastern:20261101T013000", "SUMMARY:CPI"), "comes twice that day"),
        (("DTSTART;TZID=America/New_York:20260308T023000", "SUMMARY:CPI"), "does not come that day"),
    ],
)
def test_an_ics_event_that_is_not_clear_is_refused(tmp_path: Path, lines: tuple[str, ...], words: str) -> None:
    with pytest.raises(DataDamaged, match=words) as caught:
        read(written(tmp_path, "bls.ics", ics(*lines)))
    assert "bls.ics:4: VEVENT" in caught.value.where


def test_a_moment_that_ends_when_it_begins_is_a_release(tmp_path: Path) -> None:
    text = ics("DTSTART:20261210T133000Z", "DTEND:20261210T133000Z", "SUMMARY:CPI")
    assert len(read(written(tmp_path, "bls.ics", text)).events) == 1


def test_an_event_of_several_days_closes_each_of_them(tmp_path: Path) -> None:
    text = ics("DTSTART;VALUE=DATE:20261208", "DTEND;VALUE=DATE:20261210", "SUMMARY:FOMC Meeting")
    events = read(written(tmp_path, "fed.ics", text)).events
    assert [(event.kind, str(event.date), event.ts) for event in events] == [
        ("fomc_statement", "2026-12-08", None),
        ("fomc_statement", "2026-12-09", None),
    ]


def test_a_date_without_an_hour_stays_one(tmp_path: Path) -> None:
    (event,) = read(written(tmp_path, "bls.ics", ics("DTSTART;VALUE=DATE:20261215", "SUMMARY:PPI"))).events
    assert (event.ts, event.date) == (None, date(2026, 12, 15))


@pytest.mark.parametrize(
    ("word", "status"), [("CANCELLED", "cancelled"), ("TENTATIVE", "tentative"), ("CONFIRMED", "scheduled")]
)
def test_status_of_an_ics_event(tmp_path: Path, word: str, status: str) -> None:
    text = ics("DTSTART:20261210T133000Z", "SUMMARY:CPI", f"STATUS:{word}")
    assert read(written(tmp_path, "bls.ics", text)).events[0].status == status


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.ics", b""),
        ("cut.ics", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMM"),
        ("binary.ics", bytes(range(256))),
        ("none.ics", b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"),
        ("page.json", b"<html>403</html>"),
        ("object.json", b"{}"),
        ("foreign.json", b'[{"title": "Rate", "country": "EUR", "date": "2026-12-10T08:15:00-05:00"}]'),
        ("naive.json", b'[{"title": "CPI", "country": "USD", "date": "2026-12-10T08:30:00"}]'),
        ("what.txt", b"cpi"),
        ("columns.csv", b"event,when\ncpi,tomorrow\n"),
    ],
)
def test_a_damaged_file_is_refused_whole(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataDamaged) as caught:
        read(tmp_path / name)
    assert name in caught.value.where


def test_the_weekly_feed_is_read_with_its_offset_and_its_country(tmp_path: Path) -> None:
    items = [
        {"title": "CPI m/m", "country": "USD", "date": "2026-12-10T08:30:00-05:00", "impact": "High"},
        {"title": "CPI y/y", "country": "USD", "date": "2026-12-10T08:30:00-05:00", "impact": "High"},
        {"title": "CPI y/y", "country": "EUR", "date": "2026-12-11T05:00:00-05:00", "impact": "High"},
        {"title": "Bank Holiday", "country": "USD", "date": "2026-12-25T00:00:00-05:00", "impact": "Holiday"},
    ]
    calendar = EventCalendar.of([read(written(tmp_path, "week.json", json.dumps(items)))], "week")
    assert [(event.kind, event.ts) for event in calendar.events] == [("cpi", utc("2026-12-10T13:30"))]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("cpi,2026-12-10,08:30,America/New_York,2026-12-10T12:30:00Z,scheduled", "not the same moment"),
        ("cpi,2026-12-10,08:30,,,scheduled", "without a zone"),
        ("cpi,2026-12-10,08:30,US-Mountain,,scheduled", "no time zone"),
        ("cpi,2026-12-10,8h30,America/New_York,,scheduled", "cannot be read"),
        ("cpi,10.12.2026,08:30,America/New_York,,scheduled", "cannot be read"),
        ("cpi,,,,2026-12-10T13:30:00,scheduled", "no zone"),
        ("cpi,,,,,scheduled", "without a date"),
        (",2026-12-10,08:30,America/New_York,,scheduled", "without an event"),
        ("cpi,2026-12-10,08:30,America/New_York,,perhaps", "no status"),
        ("cpi,2026-12-10,,America/New_York,,coverage", "needs a time"),
        ("cpi,0001-01-01,all-day,,,scheduled", "cannot be meant"),
        ("cpi,,,,9999-12-31T23:59:59Z,scheduled", "cannot be meant"),
        ("cpi,2026-12-10,08:30,America,,scheduled", "no time zone"),
        ("cpi,2026-11-01,01:30,America/New_York,,scheduled", "comes twice that day"),
        ("cpi,2026-03-08,02:30,America/New_York,,scheduled", "does not come that day"),
        ("cpi,2026-03-08,02:30,America/New_York,2026-03-08T07:30:00Z,scheduled", "not the same moment"),
        (f"cpi,2026-12-10,08:30,{'x' * 5000},,scheduled", "no time zone"),
        ("cpi,2026-12-10,08:30,America/New_York", "no status"),
    ],
)
def test_a_csv_row_that_is_not_clear_is_refused_with_its_line(tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(DataDamaged, match=words) as caught:
        read(written(tmp_path, "own.csv", HEADER + row + "\n"))
    assert "own.csv:2" in caught.value.where


def test_either_way_of_telling_time_is_enough(tmp_path: Path) -> None:
    rows = "cpi,2026-12-10,08:30,America/New_York,,scheduled\nppi,,,,2026-12-15T13:30:00Z,rule\n"
    events = read(written(tmp_path, "own.csv", HEADER + rows)).events
    assert [event.ts for event in events] == [utc("2026-12-10T13:30"), utc("2026-12-15T13:30")]


def test_coverage_runs_over_whole_days_from_first_to_last_and_a_guess_does_not_stretch_it(tmp_path: Path) -> None:
    rows = (
        "cpi,2026-11-10,08:30,America/New_York,,past\n"
        "cpi,2026-12-10,08:30,America/New_York,,scheduled\n"
        "cpi,2027-01-12,08:30,America/New_York,,estimate\n"
    )
    known = EventCalendar.load(str(written(tmp_path, "own.csv", HEADER + rows))).coverage["cpi"]
    assert (known.from_ns, known.until_ns) == (utc("2026-11-09T23:00"), utc("2026-12-11T05:00"))


def test_a_coverage_row_says_otherwise(tmp_path: Path) -> None:
    rows = (
        "cpi,2026-11-10,08:30,America/New_York,,past\n"
        "cpi,2026-01-01,00:00,America/New_York,,coverage\n"
        "cpi,2027-01-01,00:00,America/New_York,,coverage\n"
    )
    known = EventCalendar.load(str(written(tmp_path, "own.csv", HEADER + rows))).coverage["cpi"]
    assert (known.from_ns, known.until_ns) == (utc("2026-01-01T05:00"), utc("2027-01-01T05:00"))


@pytest.mark.parametrize("until", ["2026-01-01", "2025-01-01"])
def test_a_coverage_of_no_time_or_backwards_is_refused(tmp_path: Path, until: str) -> None:
    edges = "".join(f"cpi,{day},00:00,America/New_York,,coverage\n" for day in ("2026-01-01", until))
    with pytest.raises(DataDamaged, match="pairs"):
        read(written(tmp_path, "own.csv", HEADER + edges))


def test_a_file_without_measure_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(DataDamaged, match="too large"):
        read(written(tmp_path, "own.csv", HEADER + "#" * 9_000_000))


def test_coverage_rows_that_are_no_pairs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataDamaged, match="pairs"):
        read(written(tmp_path, "own.csv", HEADER + "cpi,2026-01-01,00:00,America/New_York,,coverage\n"))


def test_two_weeks_of_a_feed_do_not_cover_the_weeks_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "user_folder", lambda: tmp_path / "user")
    for day in ("2027-01-13", "2027-04-14"):
        room.add(written(tmp_path, "week.csv", f"{HEADER}cpi,{day},08:30,America/New_York,,scheduled\n"))
    known = EventCalendar.load(str(tmp_path / "user")).coverage["cpi"]
    assert len(known.spans) == 2
    assert known.holds(utc("2027-04-14T13:00"))
    assert not known.holds(utc("2027-02-10T13:00"))


def test_importing_keeps_the_union_and_a_cancelled_event_lifts_its_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "user_folder", lambda: tmp_path / "user")
    first = "cpi,2027-01-13,08:30,America/New_York,,scheduled\nppi,2027-01-14,08:30,America/New_York,,scheduled\n"
    room.add(written(tmp_path, "a.csv", HEADER + first))
    moved = "cpi,2027-01-15,08:30,America/New_York,,scheduled\n"
    room.add(written(tmp_path, "b.csv", HEADER + moved))

    def dates() -> list[tuple[str, str]]:
        calendar = EventCalendar.load(str(tmp_path / "user"))
        return [(event.kind, str(event.date)) for event in calendar.events]

    assert dates() == [("cpi", "2027-01-13"), ("ppi", "2027-01-14"), ("cpi", "2027-01-15")]
    room.add(written(tmp_path, "c.csv", HEADER + "cpi,2027-01-13,08:30,America/New_York,,cancelled\n"))
    assert dates() == [("ppi", "2027-01-14"), ("cpi", "2027-01-15")]
    room.add(written(tmp_path, "d.csv", HEADER + "cpi,2027-01-13,08:30,America/New_York,,scheduled\n"))
    assert dates()[0] == ("cpi", "2027-01-13")


def test_a_cancelled_date_lifts_every_hour_of_that_kind(tmp_path: Path) -> None:
    scheduled = "ppi,2026-12-15,08:30,America/New_York,,scheduled\nppi,2026-12-16,08:30,America/New_York,,scheduled\n"
    written(tmp_path, "a.csv", HEADER + scheduled)
    written(tmp_path, "b.csv", HEADER + "ppi,2026-12-15,,America/New_York,,cancelled\n")
    assert [str(event.date) for event in EventCalendar.load(str(tmp_path)).events] == ["2026-12-16"]


def test_an_announcement_speaks_before_a_guess(tmp_path: Path) -> None:
    written(tmp_path, "a.csv", HEADER + "nfp,2027-01-08,08:30,America/New_York,,estimate\n")
    written(tmp_path, "b.csv", HEADER + "nfp,2027-01-08,08:30,America/New_York,,scheduled\n")
    assert [event.status for event in EventCalendar.load(str(tmp_path)).events] == ["scheduled"]


def test_a_calendar_is_found_by_its_name_in_the_shipped_folder() -> None:
    calendar = EventCalendar.load("no/such/folder/lesson-es.csv")
    assert {event.date.year for event in calendar.events} == {2023}


def test_a_calendar_that_is_nowhere_is_missing() -> None:
    with pytest.raises(InputMissing, match="nowhere"):
        EventCalendar.load("nowhere.csv")


KINDS = st.sampled_from(("cpi", "nfp", "fomc_statement", "retail_sales"))
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
EVENTS = st.builds(
    lambda kind, day, clock, status, words: Event(
        kind,
        None if clock is None else local_ns(day, clock.hour, clock.minute),
        day,
        status,
        "any.csv",
        " ".join(words.split()),
    ),
    KINDS,
    DAYS,
    st.none() | st.times(),
    st.sampled_from(("scheduled", "tentative", "rule", "estimate")),
    st.text(st.characters(exclude_categories=("C",)), max_size=20),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EVENTS, max_size=12), st.lists(EVENTS, max_size=12))
def test_what_is_imported_is_what_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: list[Event], second: list[Event]
) -> None:
    """Law: imported in any order and as often as one likes, the calendar holds every moment of its files once."""
    told = []
    for number, order in enumerate(((first, second), (second, first, first))):
        folder = tmp_path / str(number)
        shutil.rmtree(folder, ignore_errors=True)
        monkeypatch.setattr(room, "user_folder", lambda folder=folder: folder)
        for events in order:
            room.add(written(tmp_path, "any.csv", room.write(events, ())))
        listed = EventCalendar.load(str(folder))
        assert EventCalendar.parse(listed.text, listed.source) == listed
        told.append({(event.kind, event.date, event.ts) for event in listed.events})
        assert len(told[-1]) == len(listed.events)
    assert told == [{(event.kind, event.date, event.ts) for event in (*first, *second)}] * 2


def test_what_a_run_records_is_read_back_as_it_was(tmp_path: Path) -> None:
    written(tmp_path, "a.csv", HEADER + "ppi,2026-12-15,all-day,America/New_York,,scheduled\n")
    for calendar in (EventCalendar.load(None), EventCalendar.load(str(tmp_path)), EventCalendar.load("none")):
        assert EventCalendar.parse(calendar.text, calendar.source) == calendar


def test_a_moment_within_a_minute_is_written_and_read_back(tmp_path: Path) -> None:
    rows = HEADER + "cpi,,,,2026-05-27T14:05:30Z,scheduled\ncpi,,,,2026-06-27T12:30:00Z,scheduled\n"
    calendar = EventCalendar.load(str(written(tmp_path, "own.csv", rows)))
    again = EventCalendar.parse(calendar.text, "own.csv")
    assert [event.ts for event in again.events] == [event.ts for event in calendar.events]
    assert again.coverage["cpi"].spans == calendar.coverage["cpi"].spans
