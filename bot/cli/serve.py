"""`paperpit serve`: the journal in a browser."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.output import say

if TYPE_CHECKING:
    from bot.journal.place import Place
    from bot.journal.reading import Reader

PORT = 8420
LOOK_AGAIN_NS = 5_000_000_000
"""How often it is asked which journal is the newest, where none was named."""


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), default=PORT, show_default=True, help="0: any that is free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="127.0.0.1, ::1 or localhost; any with --locked.")
@click.option("--name", "names", multiple=True, metavar="HOST[:PORT]", help="Also answer to this name, of a proxy.")
@click.option("--locked", is_flag=True, help="Reading needs the token, too.")
@click.option("--journal", metavar="URL", help="A path, sqlite:///PATH or postgresql://…. Else the newest.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="The token that writing needs, made if absent. Else the one of paperpit init.",
)
def serve(
    port: int, host: str, names: tuple[str, ...], locked: bool, journal: str | None, token_file: Path | None
) -> None:
    """Show the journal in a browser, live while the desk writes it. Reads only, until a browser shows the token.

    \b
    paperpit serve
    paperpit serve --port 0 --journal monday.db
    """
    from bot.cli.what_if import asking
    from bot.config.places import find_token
    from bot.web import serve as serve_pages

    path = token_file or find_token()

    def ready(address: str) -> None:
        click.echo(address)
        reads, may = ("", "read and write") if locked else (" for reading", "write")
        say(f"serving {address}{reads}; a browser may {may} once it has shown the token in {path}; Ctrl-C ends it")

    find = _finder(journal)
    serve_pages(
        find, host=host, port=port, names=names, locked=locked, token_path=path,
        asking=asking, reached=_reached, ready=ready,
    )  # fmt: skip


def _reached(reader: "Reader", facts: Mapping[str, Any]) -> Mapping[str, str]:
    """What a signal's evidence had to reach. The detectors are loaded with the first page that shows any."""
    from bot.review.thresholds import thresholds

    return thresholds(reader, facts)


def _finder(journal: str | None) -> "Callable[[], Place]":
    """The journal that was named; without one the newest, looked for again now and then."""
    from bot.clock import WallClock
    from bot.journal.choice import choose, choose_or_default

    if journal is not None:
        named = choose(journal)[0]
        return lambda: named
    clock, found = WallClock(), choose_or_default(None)
    looked = clock.now_ns()

    def find() -> "Place":
        nonlocal found, looked
        if clock.now_ns() - looked > LOOK_AGAIN_NS:
            found, looked = choose_or_default(None), clock.now_ns()
        return found

    return find
