"""`paperpit journal export`: lists of the journal as files, for spreadsheets, notebooks and other journals."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from bot.cli.journal_options import Opened, filter_options, filters_of, opened
from bot.cli.output import Row, progress, say
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.journal.filters import Filters

LISTS = ["round-trips", "fills", "signals", "blocked", "orders"]
TABLES = ["csv", "parquet", "json"]
OTHERS = ["tradervue", "tradezella"]
SQLITE = b"SQLite format 3\0"


@click.command()
@click.argument("name", metavar="[LIST]", required=False, type=click.Choice(LISTS))
@click.option("--format", "form", type=click.Choice(TABLES + OTHERS), help="Else by FILE's ending, else csv.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Else standard output.")
@filter_options
def export(
    name: str | None, form: str | None, out: Path | None, journal: str | None, run: str | None, **wanted: Any
) -> None:
    """Write LIST (round-trips unless told otherwise) into a file: round-trips, fills, signals, blocked or orders.

    tradervue and tradezella are executions as those journals import them.

    \b
    paperpit journal export round-trips --run all --out trips.parquet
    paperpit journal export --day today --format tradervue --out today.csv
    """
    form = form or (out.suffix[1:] if out and out.suffix[1:] in TABLES else "csv")
    if form in OTHERS and name not in (None, "fills"):
        raise UsageError(f"{form} takes executions, not {name}", allowed="fills, or no list at all")
    if form == "parquet" and out is None:
        raise UsageError("Parquet is no text to print", do="--out FILE.parquet")
    filters = filters_of(**wanted)
    what = "executions" if form in OTHERS else (name or "round-trips").replace("-", " ")
    with opened(journal, run) as found, into(out) as file, progress(f"exporting {what}", None, "rows") as advance:
        count = _write(file, name or "round-trips", form, found, filters, advance)
    say(f"{count:,} {what} written to {out}" if out else f"{count:,} {what}")
    if form in OTHERS:
        say("times are New York: choose Eastern time where it asks for a zone")


def _write(
    file: IO[bytes], name: str, form: str, found: Opened, filters: "Filters", advance: Callable[[int], None]
) -> int:
    from bot.review.export import table
    from bot.review.export.executions import STYLES, executions

    asked = found.reader, found.runs, filters
    if form in STYLES:
        return table.write_csv(file, STYLES[form].columns, counted(executions(*asked, STYLES[form]), advance))
    columns, rows = table.columns_of(name), counted(table.EACH[name](*asked), advance)
    if form == "parquet":
        return table.write_parquet(file, columns, rows)
    if form == "json":
        return table.write_json(file, columns, rows)
    return table.write_csv(file, columns, rows)


def counted(rows: Iterable[Row], advance: Callable[[int], None]) -> Iterator[Row]:
    """The same rows, each said to whoever shows how far it is."""
    for row in rows:
        yield row
        advance(1)


@contextmanager
def into(out: Path | None) -> Iterator[IO[bytes]]:
    """The file asked for, whole or not at all; standard output without one."""
    from bot.tape.writer import AtomicFile

    if out is None:
        yield sys.stdout.buffer
        return
    _refuse_a_journal(out)
    with AtomicFile(out) as file:
        yield file


def _refuse_a_journal(out: Path) -> None:
    """Raises UsageError when a file would be written over a journal, or where a folder is."""
    if out.is_dir():
        raise UsageError("is a folder", where=str(out), do="--out FILE")
    if out.is_file() and _begins(out) == SQLITE:
        raise UsageError("would be written over a database", where=str(out), do="choose another file")


def _begins(path: Path) -> bytes:
    try:
        with path.open("rb") as there:
            return there.read(len(SQLITE))
    except OSError as error:
        raise UsageError(f"cannot be looked at: {error.strerror}", where=str(path), do="choose another file") from None
