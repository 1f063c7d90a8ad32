"""`paperpit adapters`, `paperpit strategies` and `paperpit strategies new NAME`."""

from pathlib import Path
from typing import Any

import click

from bot.cli.output import json_option, list_options, print_json, print_rows, say

_COLUMNS = ("name", "params", "from")


@click.command()
@list_options
def adapters(as_json: bool, as_csv: bool) -> None:
    """List broker adapters and their parameters ([adapters.NAME] in bot.toml)."""
    _list("adapters", as_json, as_csv)


@click.group(invoke_without_command=True)
@list_options
@click.pass_context
def strategies(context: click.Context, as_json: bool, as_csv: bool) -> None:
    """List strategies and their parameters ([params] in a strategy's TOML), or write a new one."""
    if context.invoked_subcommand is None:
        _list("strategies", as_json, as_csv)


@strategies.command()
@click.argument("name")
@click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Where to.")
@json_option
def new(name: str, folder: Path, as_json: bool) -> None:
    """Write a strategy called NAME: its code, its TOML and a test that passes.

    \b
    paperpit strategies new first-pullback --dir mine
    pytest mine
    paperpit replay --strategy mine/first-pullback.toml
    """
    from bot.cli.templates import write_strategy

    written = write_strategy(name, folder)
    if as_json:
        print_json({"files": [str(path) for path in written]})
        return
    for path in written:
        click.echo(path)
    toml = written[1]
    say(f"next: pytest {written[2]}, paperpit check {toml}, paperpit replay --strategy {toml}")


def _list(group: Any, as_json: bool, as_csv: bool) -> None:
    from bot import plugins
    from bot.config.describe import describe

    rows = []
    for found in plugins.every(group):
        model = plugins.params_of(found.object)
        params = {key.name: key.default for key in describe(model)} if model else {}
        told = ", ".join(f"{name} = {value}" for name, value in params.items()) or "-"
        shown = params if as_json or as_csv else told
        rows.append({"name": found.name, "params": shown, "about": _about(found.object), "from": found.distribution})
    print_rows(rows, _COLUMNS, as_json=as_json, as_csv=as_csv, empty=f"no {group} are installed")


def _about(plugin: Any) -> str:
    """The first line of a class's own words, or of its module's for a function."""
    import inspect
    import sys

    words = plugin.__doc__ if inspect.isclass(plugin) else sys.modules[plugin.__module__].__doc__
    return str(words or "").strip().partition("\n")[0]
