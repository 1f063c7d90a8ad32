"""`paperpit journal …`: review what happened, what was refused, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from bot.cli.evaluate import evaluate
from bot.cli.export import export
from bot.cli.journal_options import Opened, filter_options, filters_of, journal_options, opened
from bot.cli.maker import maker
from bot.cli.output import json_option, list_options, print_json, print_rows, say
from bot.cli.refused import with_what_if
from bot.cli.remarks import note, tag
from bot.cli.report import report
from bot.cli.stats import stats
from bot.errors import UsageError
from bot.review.differing import causes, following


@click.group()
def journal() -> None:
    """Review what happened and what was refused."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: the function that makes it, what a table shows of it, and what to say without rows."""

    function: str
    help: str
    columns: tuple[str, ...]
    empty: str
    runs: str = "last"
    note: str = ""


LISTINGS: Mapping[str, Listing] = {
    "runs": Listing(
        "list_runs",
        "Every start of the desk, and how it ended.",
        ("run", "started_ns", "ended_ns", "state", "adapter", "tape", "strategies", "warm"),
        "no run here yet: paperpit replay",
        runs="all",
    ),
    "round-trips": Listing(
        "list_round_trips",
        "What went in and came out: ticks, money, R.",
        (
            *("id", "entry_ns", "side", "quantity", "contract", "entry_price", "exit_price", "exit_reason"),
            *("ticks", "r", "net", "mae_ticks", "mfe_ticks"),
        ),
        "no round trip: paperpit journal blocked says what was refused",
        note="R is counted from the bracket as filled; paperpit journal explain ID tells one",
    ),
    "fills": Listing(
        "list_fills",
        "Every execution.",
        ("id", "ts_ns", "contract", "role", "side", "quantity", "price", "commission"),
        "no fill: paperpit journal orders shows what was sent",
    ),
    "signals": Listing(
        "list_signals",
        "What the detectors saw, and what became of it.",
        ("id", "ts_ns", "contract", "timeframe", "kind", "side", "price", "strength", "outcome"),
        "no signal: paperpit journal runs shows what was replayed",
    ),
    "blocked": Listing(
        "list_blocked",
        "What was refused, with every reason.",
        ("id", "ts_ns", "instrument", "strategy", "side", "reasons"),
        "nothing was refused",
        note="paperpit journal explain ID tells the whole story of one",
    ),
    "orders": Listing(
        "list_orders",
        "Every order that was intended, and what became of it.",
        ("id", "created_ns", "bracket_id", "role", "side", "type", "quantity", "price", "stop_price", "state"),
        "no order: paperpit journal blocked says what was refused",
    ),
}


def _add(name: str, listing: Listing) -> None:
    @journal.command(name, help=listing.help)
    @filter_options
    @list_options
    def command(journal: str | None, run: str | None, as_json: bool, as_csv: bool, **wanted: Any) -> None:
        from bot.journal import lists

        function = "list_candidates" if wanted.pop("candidates", False) else listing.function
        what_if = wanted.pop("what_if", False)
        filters = filters_of(**wanted)
        with opened(journal, run, listing.runs) as found:
            rows = getattr(lists, function)(found.reader, found.runs, filters)
            if what_if:
                rows = with_what_if(rows, found.reader, found.runs, filters)
            if not as_json and not as_csv:
                rows = _for_people(rows, found)
        if not as_json:
            rows = [{**row, "notes": [note["text"] for note in row["notes"]]} for row in rows]
        said = [name for name in ("would end", "R", "tags", "notes") if any(row.get(name) for row in rows)]
        print_rows(rows, (*listing.columns, *said), as_json=as_json, as_csv=as_csv, empty=listing.empty)
        if not rows and run is None and len(found.reader.runs) > len(found.runs) == 1:
            say(f"that was run {found.runs[0].run} alone; --run all asks all {len(found.reader.runs)}")
        if rows and listing.note and not as_json and not as_csv:
            say(f"{len(rows)} of run {found.runs[0].run} · {listing.note}" if len(found.runs) == 1 else listing.note)

    if name in ADDED:
        command.params.append(ADDED[name])


ADDED = {
    "signals": click.Option(
        ["--candidates"], is_flag=True, help="Instead, what fell short of a signal: no strategy was asked about it."
    ),
    "blocked": click.Option(["--what-if"], is_flag=True, help="Ask the tape what each would have made, alone."),
}
for _name, _listing in LISTINGS.items():
    _add(_name, _listing)


def _for_people(rows: Sequence[dict[str, Any]], found: Opened) -> list[dict[str, Any]]:
    """Within one run ids are read, and typed, without its name; of reasons the rules are enough."""
    prefix = f"{found.runs[0].run}-" if len(found.runs) == 1 else ""
    shown = []
    for row in rows:
        row = {key: value.removeprefix(prefix) if isinstance(value, str) else value for key, value in row.items()}
        if row.get("warm"):
            row["warm"] = row["warm"][:12]
        if "reasons" in row:
            row["reasons"] = [reason["rule"] for reason in row["reasons"]]
        if made := row.get("what_if"):
            row |= {"would end": made["end"], "R": made["r_net"]}
        shown.append(row)
    return shown


journal.add_command(evaluate)
journal.add_command(maker)
journal.add_command(export)
journal.add_command(report)
journal.add_command(stats)
journal.add_command(note)
journal.add_command(tag)


@journal.command()
@click.argument("row_id", metavar="ID")
@journal_options
@json_option
def show(row_id: str, journal: str | None, run: str | None, as_json: bool) -> None:
    """Print one row whole: a run, or any row that has an id."""
    from bot.journal.remarks import Remarks, remarks
    from bot.journal.show import find

    with opened(journal, run) as found:
        subject = found.id(row_id)
        row = {**find(found.reader, subject), **remarks(found.reader, [subject]).get(subject, Remarks()).shape()}
    if as_json:
        print_json(row)
    else:
        print_rows([{"column": key, "value": value} for key, value in row.items()], ("column", "value"))


@journal.command()
@click.argument("subject", metavar="ID|TIME")
@journal_options
@click.option("--day", default="", metavar="DAY", help="Of a TIME: its session, today, yesterday or a date.")
@click.option("--instrument", default="", help="Of a TIME: only this product (ES) or contract (ESZ2026).")
@json_option
def explain(subject: str, journal: str | None, run: str | None, day: str, instrument: str, as_json: bool) -> None:
    """Tell the story of a round trip, a refusal or a signal, or why there was (no) trade at a time.

    TIME is New York's, on the newest run's last day unless --day names a session.

    \b
    paperpit journal explain 3
    paperpit journal explain 10:14
    paperpit journal explain 10:14 --day 2026-11-10 --instrument ES
    """
    from bot.review.when import names_a_moment

    moment = names_a_moment(subject)
    if not moment and (day or instrument):
        raise UsageError("--day and --instrument go with a time, not with an id", do="paperpit journal explain 10:14")
    with opened(journal, run, "all" if moment else "last") as found:
        facts, text = _moment(found, subject, day, instrument) if moment else _story(found, subject)
    if as_json:
        print_json(facts)
    else:
        click.echo(text)


def _story(found: Opened, row_id: str) -> tuple[dict[str, Any], str]:
    from bot.journal.explain import explain
    from bot.journal.story import tell
    from bot.review.thresholds import thresholds

    facts = explain(found.reader, found.id(row_id))
    return facts, tell({**facts, "thresholds": thresholds(found.reader, facts)})


def _moment(found: Opened, text: str, day: str, instrument: str) -> tuple[dict[str, Any], str]:
    from bot.clock import WallClock
    from bot.journal.filters import parse_day
    from bot.review.moment import moment
    from bot.review.moment_words import tell
    from bot.review.when import Asked

    facts = moment(found.reader, found.runs, Asked(text, parse_day(day), instrument, WallClock().now_ns()))
    return facts, tell(facts)


@journal.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--journal", metavar="URL", help="Where A and B are looked up when they are plain runs.")
@json_option
def diff(a: str, b: str, journal: str | None, as_json: bool) -> None:
    """What two runs did differently, and why; A and B are RUN or URL#RUN. Exit 1 when they differ."""
    from bot.journal.diff import differences

    with _side(a, journal) as one, _side(b, journal) as other:
        found = differences(one.reader, one.runs[0], other.reader, other.runs[0])
    if as_json:
        print_json({"same": not found, "differences": found})
    elif not found:
        click.echo("the same: no difference")
    else:
        first = causes(found)
        print_rows(first[:DIFFERENCES_SHOWN], ("kind", "why"))
        if len(first) > DIFFERENCES_SHOWN:
            say(f"… and {len(first) - DIFFERENCES_SHOWN} more")
        for sentence in following(found):
            say(sentence)
        kinds = dict.fromkeys(row["kind"] for row in found)
        say(f"{len(found)} differences: {', '.join(kinds)}; --json lists every one with both rows")
    if found:
        raise click.exceptions.Exit(1)


DIFFERENCES_SHOWN = 20


def _side(given: str, journal: str | None) -> Any:
    """One side of a comparison: `URL#RUN`, a journal's URL (its last run), or a run of `--journal`."""
    from bot.journal.place import names_a_place

    if names_a_place(given):
        return opened(given, None)
    return opened(journal, given)


@journal.command()
def schema() -> None:
    """Print the JSON Schema of every list and enumeration."""
    from bot.journal.figure_shapes import SCHEMA

    print_json(SCHEMA)
