"""`paperpit tape`: look at tapes, import, export, check and cut them, make synthetic ones."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.facts import OUT, destination, facts_of, print_facts
from bot.cli.makers import makers
from bot.cli.output import json_option, list_options, print_json, print_rows, progress, say
from bot.cli.synth import synth
from bot.errors import ConfigError, InputMissing, UsageError

if TYPE_CHECKING:
    from bot.domain.market import Days
    from bot.tape import TapeFacts
    from bot.tape.grid import Grid, Losses
    from bot.tape.importers import Wishes


@click.group()
def tape() -> None:
    """Tapes: recorded ticks of one contract. TAPE is a path, a name in the tapes folder, or `demo`."""


@tape.command()
@click.argument("name", metavar="TAPE")
@json_option
def info(name: str, as_json: bool) -> None:
    """What a tape holds."""
    from bot.tape import find_tape, open_tape

    path = find_tape(name)
    with open_tape(path) as reader:
        print_facts(reader.facts, path, as_json=as_json)


@tape.command(name="list")
@list_options
def list_(as_json: bool, as_csv: bool) -> None:
    """Recorded and imported tapes in the tapes folder, and the shipped one.

    A recording that a crash left behind is finished first.
    """
    from bot.errors import DataDamaged
    from bot.tape import open_tape, tapes_folder
    from bot.tape.find import DEMO, demo_path
    from bot.tape.keeping import finish_all

    left = finish_all(tapes_folder(), say)
    rows: list[dict[str, Any]] = []
    places = {DEMO: demo_path()} | {path.stem: path for path in sorted(tapes_folder().glob("*.parquet"))}
    for name, path in places.items():
        try:
            with open_tape(path) as reader:
                facts = reader.facts
        except InputMissing:
            continue
        except DataDamaged as error:
            # Label files lie beside synthetic tapes; anything else that is no tape deserves a word.
            if not name.endswith(".labels"):
                say(f"left out: {error}")
            continue
        own = {"session": _session(facts), "size": path.stat().st_size, "state": "whole"}
        rows.append({"name": name, **facts_of(facts, path), **own})
    rows += [_unfinished(path) for path in left]
    columns = ("name", "instrument", "contract", "session", "rows", "size", "source", "state")
    empty = f"no tapes in {tapes_folder()}; make one with: paperpit tape import FILE, or paperpit tape synth"
    print_rows(rows, columns, as_json=as_json, as_csv=as_csv, empty=empty)


def _unfinished(path: Path) -> dict[str, Any]:
    """What is known of a recording that is being written, or that could not be finished."""
    from bot.tape.unfinished import look

    header, rows = look(path)
    return {
        "name": path.stem,
        "instrument": header.instrument if header else None,
        "contract": header.contract if header else None,
        "session": None,
        "rows": rows,
        "size": path.stat().st_size,
        "source": header.source if header else None,
        "run": header.run if header else None,
        "state": "unfinished",
        "path": str(path),
    }


def _session(facts: "TapeFacts") -> str:
    """The exchange's trading days that the tape touches: futures begin theirs at 18:00 New York."""
    from bot.tape.naming import is_contract, trading_day

    entry = _known().get(facts.instrument)
    future = entry.future if entry else is_contract(facts.contract)
    days = [trading_day(ns, future=future) for ns in (facts.first_ns, facts.last_ns)]
    return days[0] if days[0] == days[1] else " to ".join(days)


def _known() -> "dict[str, Grid]":
    from bot.config.loader import load_instruments
    from bot.tape.grid import Grid

    return {name: Grid(facts.tick, facts.kind == "future") for name, facts in load_instruments().items()}


@tape.command(name="import")
@click.argument("source", metavar="SRC", type=click.Path(path_type=Path))
@OUT
@click.option("--instrument", help="A product (ES) or a contract (ESH4), where the file does not say.")
@click.option("--tick-size", help="Price step in points, where neither file nor instruments.toml says.")
@click.option(
    "--map", "maps", multiple=True, metavar="COLUMN=SOURCE", help="Which column means what; ts_event=Date+Time."
)
@click.option("--tz", "zone", help="Zone of times that carry none, such as America/New_York.")
@click.option("--decimal", type=click.Choice([".", ","]), default=".", help="Decimal mark of a text table.")
@click.option("--price-multiplier", help="What stored prices are to be multiplied with, such as 0.01.")
@json_option
def import_(source: Path, out: Path | None, as_json: bool, **said: Any) -> None:
    """Make a tape of SRC: normalised Parquet, CSV or text, Databento DBN, Sierra Chart .scid."""
    from bot.tape.cut import refuse_itself
    from bot.tape.importers import import_source, open_source

    wishes = _wishes(**said)
    target = destination(out, f"{source.stem}.parquet")
    opened = open_source(source, wishes)
    refuse_itself(source, target)
    known = _known()
    with progress(f"importing {source.name}", opened.total, opened.unit) as advance:
        done = import_source(opened, target, wishes, known.get, advance)
    _say_losses(done.losses)
    print_facts(done.facts, target, as_json=as_json)


def _wishes(
    instrument: str | None,
    tick_size: str | None,
    maps: tuple[str, ...],
    zone: str | None,
    decimal: str,
    price_multiplier: str | None,
) -> "Wishes":
    from bot.tape.importers import Wishes

    pairs = dict(text.partition("=")[::2] for text in maps)
    for column, of in pairs.items():
        if not of:
            raise UsageError(f"--map {column} names no source column", do=f"--map {column or 'price'}=Last")
    return Wishes(
        instrument=instrument,
        tick=_positive("--tick-size", tick_size),
        maps=pairs,
        zone=_zone(zone),
        decimal=decimal,
        scale=_positive("--price-multiplier", price_multiplier),
    )


def _positive(flag: str, text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or value <= 0:
        raise UsageError(f"{flag} {text} is not a positive number", do=f"{flag} 0.25")
    return value


def _zone(name: str | None) -> Any:
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"--tz {name} is no time zone", allowed="America/New_York, Europe/Madrid, UTC, …") from None


def _say_losses(losses: "Losses") -> None:
    for cause, count in (+losses.dropped).items():
        say(f"dropped {count:,} rows {cause}")
    for cause, count in (+losses.changed).items():
        say(f"{count:,} {cause}")


@tape.command()
@click.argument("name", metavar="TAPE")
@OUT
def export(name: str, out: Path | None) -> None:
    """Write TAPE as a normalised Parquet table: the reverse of import, nothing lost."""
    from bot.tape import find_tape, open_tape
    from bot.tape.export import export_tape

    path = find_tape(name)
    if out is None:
        raise UsageError("export needs a destination", do=f"paperpit tape export {name} --out DST.parquet")
    target = destination(out, path.name)
    with open_tape(path) as reader:
        facts = reader.facts
        with progress(f"exporting {path.name}", facts.rows, "rows") as advance:
            export_tape(reader, target, advance)
    say(f"{facts.rows:,} rows of {facts.contract} written to {target}")


@tape.command()
@click.argument("name", metavar="TAPE")
@click.option("--aggressor", is_flag=True, help="Instead: how well each rule finds out who caused a print.")
@click.option("--coarse", is_flag=True, help="With --aggressor: as a slow broker's feed would tell the tape.")
@click.option("--seed", type=int, default=1, show_default=True, help="With --coarse: which prints come late.")
@json_option
def check(name: str, aggressor: bool, coarse: bool, seed: int, as_json: bool) -> None:
    """Look for what makes a replay dishonest; exit 1 when there is an error.

    \b
    paperpit tape check demo
    paperpit tape check demo --aggressor --coarse
    """
    if aggressor:
        from bot.cli.sides import compare

        compare(name, seed if coarse else None, as_json=as_json)
        return
    if coarse:
        raise UsageError("--coarse renders a tape for --aggressor alone", do=f"tape check {name} --aggressor --coarse")
    _check(name, as_json)


def _check(name: str, as_json: bool) -> None:
    from dataclasses import asdict

    from bot.tape import find_tape, open_tape
    from bot.tape.check import check_tape

    path = find_tape(name)
    with open_tape(path) as reader:
        facts = reader.facts
        with progress(f"checking {path.name}", facts.rows, "rows") as advance:
            problems = check_tape(reader, _days(facts), advance)
    ok = all(problem.severity != "error" for problem in problems)
    if as_json:
        print_json({"ok": ok, "problems": [asdict(problem) for problem in problems]})
    else:
        rows = [asdict(problem) for problem in problems]
        print_rows(rows, ("severity", "kind", "count", "first_row"), empty="nothing wrong")
        click.echo(f"{path}: {facts.rows:,} rows, {'ok' if ok else 'not fit for an honest replay'}")
    if not ok:
        raise SystemExit(1)


def _days(facts: "TapeFacts") -> "Days | None":
    from bot.config.loader import instrument, load_instruments
    from bot.sessions import days_of

    try:
        known, entry = instrument(facts.instrument, facts.tick), load_instruments().get(facts.instrument)
        return days_of(known, facts.first_ns, facts.last_ns, entry.hours if entry else ())
    except ConfigError as error:
        say(f"gaps are judged without sessions: {error}")
        return None


@tape.command()
@click.argument("names", metavar="TAPE…", nargs=-1, required=True)
@json_option
def timeframe(names: tuple[str, ...], as_json: bool) -> None:
    """Propose a bar length for the TAPEs' product, say why, and what was measured.

    \b
    paperpit tape timeframe demo
    paperpit tape timeframe monday.parquet tuesday.parquet --json
    """
    from bot.cli.timeframe import propose

    propose(names, as_json=as_json)


@tape.command()
@click.argument("name", metavar="TAPE")
@OUT
@click.option("--from", "since", metavar="TIME", help="First time; ISO 8601, New York where it has no zone.")
@click.option("--to", "until", metavar="TIME", help="Time before which the cut ends.")
@click.option("--rows", metavar="A:B", help="Rows A to B, counted from 0, B not included.")
@json_option
def cut(name: str, out: Path | None, since: str | None, until: str | None, rows: str | None, as_json: bool) -> None:
    """Cut a piece out of TAPE, by time or by rows."""
    from bot.tape import find_tape, open_tape
    from bot.tape.cut import by_rows, by_time, cut_tape

    if (rows is None) == (since is None and until is None):
        raise UsageError("a cut is by time or by rows", allowed="--from TIME --to TIME, or --rows A:B")
    keep = by_time(_time_ns(since), _time_ns(until)) if rows is None else by_rows(*_row_range(rows))
    path = find_tape(name)
    target = destination(out, f"{path.stem}-cut.parquet")
    with open_tape(path) as reader, progress(f"cutting {path.name}", reader.facts.rows, "rows") as advance:
        facts = cut_tape(reader, target, keep, advance)
    print_facts(facts, target, as_json=as_json)


def _time_ns(text: str | None) -> int | None:
    from datetime import datetime, timedelta, timezone

    from bot.cli.output import NEW_YORK

    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is not a time", allowed="2023-12-25T18:00, 2023-12-25T23:00:00Z, 2023-12-25 18:00-05:00"
        ) from None
    at = at if at.tzinfo else at.replace(tzinfo=NEW_YORK)
    since_1970 = at - datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 - timedelta arithmetic is exact
    return since_1970 // timedelta(microseconds=1) * 1000


def _row_range(text: str) -> tuple[int, int | None]:
    first, colon, end = text.partition(":")
    numbers = [part or default for part, default in ((first, "0"), (end, "-"))]
    if not colon or not numbers[0].isdigit() or not (numbers[1] == "-" or numbers[1].isdigit()):
        raise UsageError(f"--rows {text} is not a range", allowed="A:B, A:, :B")
    return int(numbers[0]), None if numbers[1] == "-" else int(numbers[1])


tape.add_command(synth)
tape.add_command(makers)
