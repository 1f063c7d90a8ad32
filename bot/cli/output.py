"""How results leave the program: tables for people, JSON and CSV for programs, progress on standard error."""

import csv
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from bot.log import structured, without_secrets
from bot.review.export.cells import cell

Command = TypeVar("Command", bound=Callable[..., Any])
Row = Mapping[str, Any]
NEW_YORK = ZoneInfo("America/New_York")


def say(text: str = "") -> None:
    """A note for a person: standard error, so that standard output stays the result. No secret is in it."""
    click.echo(without_secrets(text), err=True)


def tell(event: str, text: str, **facts: Any) -> None:
    """What happens to a desk: a line for a person, one JSON object for programs. `event` is one of `bot.log.EVENTS`."""
    if structured():
        note(event, text=text, **facts)
    else:
        say(text)


def note(event: str, **facts: Any) -> None:
    """What only programs want to hear."""
    if structured():
        import structlog

        structlog.get_logger("paperpit").info(event, **facts)


def counted(counts: Mapping[str, int]) -> str:
    """Counts in one line: `3 hours, 1 blackout`."""
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def interval(estimate: Mapping[str, Any], form: str) -> str:
    """A figure with its interval, as people read it."""
    if estimate["value"] is None:
        return "-"
    low, high = ("?" if estimate[end] is None else form.format(estimate[end]) for end in ("low", "high"))
    return f"{form.format(estimate['value'])} ({low} to {high})"


def in_columns(name: str, estimate: Mapping[str, Any]) -> dict[str, Any]:
    """A figure with its interval as three columns of CSV."""
    return {name: estimate["value"], f"{name}_low": estimate["low"], f"{name}_high": estimate["high"]}


def called() -> str:
    """How this program can be called again from here: `paperpit`, or the path that it was called by."""
    own = Path(sys.argv[0])
    found = shutil.which("paperpit")
    if own.name != "paperpit" or (found and Path(found).resolve() == own.resolve()):
        return "paperpit"
    here = own.absolute()
    return str(here.relative_to(Path.cwd())) if here.is_relative_to(Path.cwd()) else str(here)


def json_option(command: Command) -> Command:
    """`--json` alone, for commands that answer with one object."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")(command)


def list_options(command: Command) -> Command:
    """`--json` and `--csv`, for commands that answer with rows."""
    return json_option(click.option("--csv", "as_csv", is_flag=True, help="Print CSV and nothing else.")(command))


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    import msgspec

    text = msgspec.json.format(msgspec.json.encode(value), indent=2 if sys.stdout.isatty() else 0)
    click.echo(text.decode())


def print_rows(
    rows: Sequence[Row],
    columns: Sequence[str],
    *,
    as_json: bool = False,
    as_csv: bool = False,
    empty: str = "nothing found",
    title: str | None = None,
) -> None:
    """Rows as JSON array, as CSV with all keys, or as a table of `columns`; `empty` says what to do without any."""
    if as_json:
        print_json(list(rows))
    elif as_csv:
        names = list(rows[0]) if rows else list(columns)
        writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: cell(value) for key, value in row.items()} for row in rows)
    elif not rows:
        click.echo(empty)
    else:
        _table(rows, columns, title)


def _table(rows: Sequence[Row], columns: Sequence[str], title: str | None) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, header_style="bold", box=None, pad_edge=False)
    for name in columns:
        numeric = isinstance(rows[0].get(name), (int, float)) and not name.endswith("_ns")
        table.add_column(name.removesuffix("_ns").replace("_", " "), justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(_cell(name, row.get(name)) for name in columns))
    # A pipe has no width: a table must not be cut to 80 columns there.
    Console(width=None if sys.stdout.isatty() else 200, soft_wrap=not sys.stdout.isatty()).print(table)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name.endswith("_ns") and isinstance(value, int):
        return new_york(value)
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)


def new_york(ns: int) -> str:
    """A UTC stamp as a trader reads it: New York date and time with milliseconds."""
    at = datetime.fromtimestamp(ns // 1_000_000_000, UTC).astimezone(NEW_YORK)
    return f"{at:%Y-%m-%d %H:%M:%S}.{ns % 1_000_000_000 // 1_000_000:03d} ET"


@contextmanager
def progress(label: str, total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error (none when that is not a terminal); yields `advance(by)`.

    Without a total it says how far it is, not of how much.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda by: None
        return
    columns = (TextColumn(label), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), MofNCompleteColumn())
    with Progress(*columns, TextColumn(unit), TimeElapsedColumn(), console=console) as bar:
        task = bar.add_task(label, total=total)
        yield lambda by: bar.advance(task, by)
