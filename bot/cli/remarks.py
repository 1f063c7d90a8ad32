"""`paperpit journal note | tag`: what a person says about a row, through the desk that owns the journal or straight."""

from typing import TYPE_CHECKING, Any

import click

from bot.cli.journal_options import journal_options, opened

if TYPE_CHECKING:
    from bot.domain.command import Verb


@click.command()
@click.argument("row_id", metavar="ID")
@click.argument("text", nargs=-1, required=True)
@journal_options
def note(row_id: str, text: tuple[str, ...], journal: str | None, run: str | None) -> None:
    """Write some words about a row, or about a run.

    \b
    paperpit journal note 3 should have waited for the retest
    """
    _say("note", row_id, journal, run, text=" ".join(text))
    click.echo("noted")


@click.command()
@click.argument("row_id", metavar="ID")
@click.argument("tags", metavar="TAG...", nargs=-1, required=True)
@click.option("--remove", is_flag=True, help="Take them off instead.")
@journal_options
def tag(row_id: str, tags: tuple[str, ...], remove: bool, journal: str | None, run: str | None) -> None:
    """Put labels on a row, or take them off.

    \b
    paperpit journal tag 3 impatient news
    """
    names = tuple(dict.fromkeys(one.strip() for one in tags))
    if "" in names:
        raise click.UsageError("a tag has at least one letter")
    _say("tag", row_id, journal, run, tags=names, remove=remove)
    click.echo(f"{'taken off' if remove else 'tagged'}: {', '.join(names)}")


def _say(verb: "Verb", row_id: str, journal: str | None, run: str | None, **said: Any) -> None:
    """Raises InputMissing for an id that is not there, Locked when a process owns the journal that is no desk."""
    from bot.control.asking import asked
    from bot.control.remarks import remark
    from bot.journal.show import run_of

    with opened(journal, run) as found:
        subject, place = found.id(row_id), found.reader.place
        run_of(found.reader, subject)
    remark(place, asked(verb, subject=subject, **said))
