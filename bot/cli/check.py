"""`paperpit check [FILE…]`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.output import json_option, print_json, say
from bot.log import without_secret_rows

if TYPE_CHECKING:
    from bot.errors import Fault


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--config", "-c", type=click.Path(path_type=Path), help="The bot.toml to judge.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Judge bot.toml with one key set.")
@json_option
def check(files: tuple[Path, ...], config: Path | None, sets: tuple[str, ...], as_json: bool) -> None:
    """Judge a whole configuration, or single FILEs of it, without a broker. Exit 1 when something is refused.

    \b
    paperpit check
    paperpit check my-strategy.toml --json
    """
    from bot.cli.judge import Judge
    from bot.clock import WallClock

    judge = Judge(config, sets, WallClock().now_ns())
    for path in files:
        judge.file(path)
    if not files or config is not None:
        judge.everything()
    if as_json:
        print_json([_row(fault) for fault in judge.faults])
    else:
        for file in dict.fromkeys([*judge.files, *(fault.file for fault in judge.faults)]):
            click.echo(_told(file, judge.files.get(file, ""), [one for one in judge.faults if one.file == file]))
    for note in judge.notes:
        say(f"note: {note}")
    if judge.refused:
        raise SystemExit(1)


def _row(fault: "Fault") -> dict[str, str | int | None]:
    names = ("file", "line", "key", "level", "message", "allowed", "do")
    return {name: getattr(fault, name) for name in names}


def _told(file: str, text: str, faults: "Sequence[Fault]") -> str:
    """A file's faults below the lines that they stand on."""
    if not faults:
        return f"{file}: ok"
    rows, told, last = text.splitlines(), [f"{file}: {_counted(faults)}"], None
    for fault in faults:
        if fault.line != last and fault.line and fault.line <= len(rows):
            told.append(f"\n{fault.line:>5} │ {without_secret_rows(rows[fault.line - 1].rstrip())}")
        last = fault.line
        mark = "!" if fault.level == "warning" else "✗"
        told.append(f"    {mark} │ {fault.key}: {fault.message}" if fault.key else f"    {mark} │ {fault.message}")
        told += [
            f"      │   {name} {words}"
            for name, words in (("allowed:", fault.allowed), ("do:     ", fault.do))
            if words
        ]
    return "\n".join(told) + "\n"


def _counted(faults: "Sequence[Fault]") -> str:
    errors = sum(fault.level == "error" for fault in faults)
    counts = ((errors, "fault"), (len(faults) - errors, "warning"))
    return ", ".join(f"{count} {word}{'s' if count > 1 else ''}" for count, word in counts if count)
