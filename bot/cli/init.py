"""`paperpit init [DIR]`."""

from pathlib import Path

import click

from bot.cli.output import json_option, print_json, say


@click.command()
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False), default=Path())
@json_option
def init(folder: Path, as_json: bool) -> None:
    """Write a commented bot.toml, a strategy and a token file into DIR (default: here). Overwrites nothing."""
    from bot.cli.templates import write_settings

    written = write_settings(folder)
    if as_json:
        print_json({"files": [str(path) for path in written]})
        return
    for path in written:
        click.echo(path)
    config = "" if folder == Path() else f" --config {written[0]}"
    say(f"next: paperpit check{config}, then paperpit run{config}; keep the token to yourself")
