"""`paperpit db …`: the journal's schema, its health and its copies."""

from pathlib import Path

import click

from bot.cli.journal_options import JOURNAL
from bot.cli.output import json_option, print_json, print_rows, say
from bot.errors import Unreachable, UsageError


@click.group()
def db() -> None:
    """The journal itself: its schema, whether it is whole, and its copies."""


@db.command()
@JOURNAL
@json_option
def current(journal: str | None, as_json: bool) -> None:
    """Say which revision the journal has, and which one this program needs."""
    from bot.journal.choice import choose
    from bot.journal.maintenance import revision
    from bot.journal.schema import HEAD

    place, _, _ = choose(journal)
    found = revision(place)
    if as_json:
        print_json({"journal": place.shown, "revision": found, "head": HEAD})
    else:
        click.echo(f"{place.shown}: revision {found}" + ("" if found == HEAD else f", this program needs {HEAD}"))


@db.command()
@JOURNAL
@click.option("--to", default="head", metavar="REVISION", help="Up to this revision (default: the program's own).")
@json_option
def upgrade(journal: str | None, to: str, as_json: bool) -> None:
    """Bring a journal's schema up to date; an absent journal is made. Rows stay as they are, a copy is made first."""
    _changed(journal, to, as_json, up=True)


@db.command()
@JOURNAL
@click.option("--to", metavar="REVISION", help="Down to this revision (default: one step); 'base' empties it.")
@click.option("--yes", is_flag=True, help="Really do it.")
@json_option
def downgrade(journal: str | None, to: str | None, yes: bool, as_json: bool) -> None:
    """Take a journal's schema back for an older program; what that cannot hold is dropped."""
    if not yes:
        raise UsageError(
            "db downgrade may drop what an older schema cannot hold",
            do="add --yes; a copy of the journal is made first",
        )
    _changed(journal, to or "-1", as_json, up=False)


def _changed(journal: str | None, to: str, as_json: bool, *, up: bool) -> None:
    from bot.clock import WallClock
    from bot.journal.choice import choose, choose_or_default
    from bot.journal.maintenance import change

    place = choose_or_default(journal) if up else choose(journal)[0]
    before, after, copy = change(place, to, up=up, now_ns=WallClock().now_ns())
    if copy is not None:
        say(f"as it was: {copy}")
    elif before not in (None, after):
        say("note: no copy was made, for pg_dump is not installed here; a server's backups are its administrator's")
    if as_json:
        print_json({"journal": place.shown, "before": before, "after": after, "copy": copy and str(copy)})
    elif before == after:
        click.echo(f"{place.shown}: already at revision {after}")
    else:
        click.echo(f"{place.shown}: revision {before or 'none'} → {after or 'none'}")


@db.command()
@JOURNAL
@json_option
def check(journal: str | None, as_json: bool) -> None:
    """Look whether the journal is whole: file, schema, chain, ids, approvals, orders, sums. Exit 1 when it is not."""
    from bot.journal.check import check as problems_of
    from bot.journal.choice import choose
    from bot.journal.legality import unpaid
    from bot.journal.reading import reading

    place, _, _ = choose(journal)
    with reading(place) as reader:
        problems = problems_of(reader)
        notes = unpaid(reader, reader.runs)
        runs = len(reader.runs)
    for note in notes:
        say(f"note: {note}")
    if as_json:
        print_json({"ok": not problems, "problems": problems, "notes": notes})
    elif problems:
        print_rows(problems, ("kind", "message"))
        say(f"{place.shown}: {len(problems)} problem{'s' * (len(problems) != 1)} in {runs} runs")
    else:
        click.echo(f"{place.shown}: whole ({runs} run{'s' * (runs != 1)})")
    if problems:
        raise click.exceptions.Exit(1)


@db.command()
@JOURNAL
@click.option("--out", type=click.Path(path_type=Path), help="The copy's file; default: the day's copy in `backups`.")
@json_option
def backup(journal: str | None, out: Path | None, as_json: bool) -> None:
    """Copy the journal, also while a desk writes it, and prove the copy; a PostgreSQL database by pg_dump."""
    from bot.clock import WallClock
    from bot.journal.choice import choose
    from bot.journal.copying import back_up, copy_to
    from bot.journal.maintenance import dump, dump_of, revision

    place, _, _ = choose(journal)
    revision(place)  # that there is one
    if out is not None and out.exists():
        raise UsageError("there is a file of that name already", where=str(out), do="name another with --out")
    if place.path is None:
        copy = dump(place, out or dump_of(place))
        if copy is None:
            raise Unreachable(
                "pg_dump is not installed here", where=place.shown, do="have the server copied where it is"
            )
    elif out is None:
        copy = back_up(place.path, 0, WallClock().now_ns())
    else:
        copy_to(place.path, copy := out)
    if as_json:
        print_json({"journal": place.shown, "copy": str(copy)})
    else:
        click.echo(f"{place.shown}: copied to {copy}" + ("" if place.path is None else ", and the copy is whole"))


@db.command()
@click.argument("copy", type=click.Path(path_type=Path))
@JOURNAL
@json_option
def restore(copy: Path, journal: str | None, as_json: bool) -> None:
    """Put a copy in the journal's place. What stands there now is set aside, never deleted; no desk may be running."""
    from bot.clock import WallClock
    from bot.journal.backups import NEWER
    from bot.journal.choice import choose_or_default
    from bot.journal.copying import restore as put_back

    place = choose_or_default(journal)
    aside = put_back(place, copy, WallClock().now_ns())
    if as_json:
        print_json({"journal": place.shown, "copy": str(copy), "aside": aside and str(aside)})
        return
    click.echo(f"{place.shown}: restored from {copy}")
    click.echo(f"what stood there: {aside or 'nothing'}")
    say(f"start the desk with `paperpit run`: {NEWER}")
