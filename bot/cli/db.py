"""`paperpit db …`: the journal's schema and its health."""

import click

from bot.cli.journal_options import JOURNAL
from bot.cli.output import json_option, print_json, print_rows, say
from bot.errors import UsageError


@click.group()
def db() -> None:
    """The journal's schema: upgrade, downgrade, current, check."""


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
