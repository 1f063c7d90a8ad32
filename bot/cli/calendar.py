"""`paperpit calendar list | next | check | import`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from bot.cli.output import json_option, list_options, print_json, print_rows, say

if TYPE_CHECKING:
    from bot.risk.calendar import EventCalendar
    from bot.risk.events import Event

COLUMNS = ("kind", "ts_ns", "from_ns", "to_ns", "status", "instruments", "source")
_WHICH = click.option("--calendar", "source", help="A calendar file or folder; default: the shipped and imported ones.")


@click.group()
def calendar() -> None:
    """Event calendar: when news closes entries, and until when the dates are known."""


@calendar.command("list")
@_WHICH
@click.option("--kind", help="Only this kind, for example cpi or fomc.")
@click.option("--instrument", help="Only kinds that close this instrument.")
@click.option("--since", help="Only windows that end after this date or time, New York unless it has an offset.")
@click.option("--until", help="Only windows that begin before this date or time.")
@list_options
def list_events(
    source: str | None,
    kind: str | None,
    instrument: str | None,
    since: str | None,
    until: str | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Every event with its window, oldest first."""
    first, last = _ns(since, "--since"), _ns(until, "--until")
    rows = [
        row
        for row in _rows(_load(source), kind, instrument)
        if (first is None or row["to_ns"] > first) and (last is None or row["from_ns"] < last)
    ]
    empty = "no event: paperpit calendar import FILE adds some"
    print_rows(rows, COLUMNS, as_json=as_json, as_csv=as_csv, empty=empty)


@calendar.command("next")
@_WHICH
@click.option("--kind", help="Only this kind, for example cpi or fomc.")
@click.option("--instrument", help="Only kinds that close this instrument.")
@click.option("--at", help="As if it were this date or time, New York unless it has an offset.")
@list_options
def next_events(
    source: str | None, kind: str | None, instrument: str | None, at: str | None, as_json: bool, as_csv: bool
) -> None:
    """The next event of each kind, soonest first; one that is on counts."""
    from bot.risk.calendar_check import reach

    now, events = _ns(at, "--at") or _now(), _load(source)
    rows: dict[str, dict[str, Any]] = {}
    for row in _rows(events, kind, instrument):
        if row["to_ns"] > now:
            rows.setdefault(row["kind"], row)
    empty = "no event is known: paperpit calendar import FILE adds some"
    print_rows(list(rows.values()), COLUMNS, as_json=as_json, as_csv=as_csv, empty=empty)
    if events.state == "given":
        for problem in reach(events, _kinds(kind, instrument), now):
            say(f"{problem.severity}: {problem.message}")


@calendar.command("check")
@click.argument("file", required=False)
@click.option("--at", help="As if it were this date or time, New York unless it has an offset.")
@json_option
def check(file: str | None, at: str | None, as_json: bool) -> None:
    """Look for dates that run out and for days that cannot be right, in FILE or in the calendar in force."""
    from dataclasses import asdict

    from bot.risk import calendar_check

    events = _load(file)
    # Of a single file only what it holds can be asked; the calendar in force must know what the instruments need.
    kinds = _kinds(None, None) if file is None else tuple(events.coverage)
    problems = calendar_check.check(events, kinds, _ns(at, "--at") or _now())
    ok = all(problem.severity != "error" for problem in problems)
    if as_json:
        print_json({"ok": ok, "problems": [asdict(problem) for problem in problems]})
    else:
        columns = ("severity", "kind", "message", "do")
        print_rows([asdict(problem) for problem in problems], columns, empty="the calendar is in order")
    if not ok:
        raise SystemExit(1)


@calendar.command("import")
@click.argument("file", type=click.Path())
@json_option
def import_file(file: str, as_json: bool) -> None:
    """Add the events of FILE (.ics of an issuer, .json of the weekly feed, .csv) to the calendar.

    Nothing that was known is dropped: a moved date closes entries on both until the file says that one is cancelled.
    """
    from pathlib import Path

    from bot.errors import InputMissing
    from bot.risk.calendar import add, day

    path = Path(file).expanduser()
    if not path.is_file():
        raise InputMissing(f"there is no file {file!r}", allowed="a .csv, .ics or .json calendar")
    known_before = set(map(_moment, _load(None).events))
    imported, target = add(path)
    reach = {kind: [day(known.from_ns), day(known.until_ns)] for kind, known in imported.coverage.items()}
    new = sum(_moment(event) not in known_before for event in imported.events)
    unsure = sum(event.status in ("tentative", "estimate") for event in imported.events)
    if as_json:
        counts = {"events": len(imported.events), "new": new, "unsure": unsure}
        print_json({"file": str(target), **counts, "coverage": reach})
        return
    for kind, (first, last) in reach.items():
        say(f"{kind}: known from {first} to {last}")
    told = f", {unsure} of them tentative or a guess" if unsure else ""
    say(f"{len(imported.events)} events read{told}, {new} of them new: {target}")
    _say_next(imported)


def _moment(event: "Event") -> tuple[object, ...]:
    return event.kind, event.date, event.ts


def _say_next(imported: "EventCalendar") -> None:
    """Both zones, so that a file which was read five hours off is seen at once."""
    from datetime import UTC, datetime

    from bot.risk.events import NEW_YORK, SECOND_NS

    now = _now()
    for event in imported.events:
        if event.ts is not None and event.ts >= now:
            at = datetime.fromtimestamp(event.ts // SECOND_NS, UTC)
            say(f"next: {event.kind} {at.astimezone(NEW_YORK):%Y-%m-%d %H:%M} New York = {at:%H:%M} UTC")
            return


def _load(source: str | None) -> "EventCalendar":
    from bot.risk.calendar import EventCalendar

    return EventCalendar.load(source)


def _rows(events: "EventCalendar", kind: str | None, instrument: str | None) -> "Iterable[dict[str, Any]]":
    from bot.risk.listing import windows

    return windows(events, _needs(), _kinds(kind, instrument) if kind or instrument else None)


def _kinds(kind: str | None, instrument: str | None) -> tuple[str, ...]:
    from bot.risk.listing import kinds_of

    return kinds_of(_needs(), kind, instrument)


def _needs() -> dict[str, tuple[str, ...]]:
    from bot.config.loader import load_instruments

    return {product: facts.events for product, facts in load_instruments().items()}


def _now() -> int:
    from bot.clock import WallClock

    return WallClock().now_ns()


def _ns(text: str | None, flag: str) -> int | None:
    from datetime import datetime

    from bot.risk.events import NEW_YORK, SECOND_NS

    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as fault:
        raise click.UsageError(f'{flag} is a date or time like "2026-12-09" or "2026-12-09T14:00"') from fault
    return int((at if at.tzinfo else at.replace(tzinfo=NEW_YORK)).timestamp()) * SECOND_NS
