"""How a tape's facts are shown, and where a new tape goes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.output import new_york, print_json
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.tape import TapeFacts

OUT = click.option("--out", type=click.Path(path_type=Path), help="DST.parquet, or a folder for it.")


def facts_of(facts: "TapeFacts", path: Path) -> dict[str, Any]:
    """The object that `--json` prints of a tape."""
    return {
        "instrument": facts.instrument,
        "contract": facts.contract,
        "tick_size": f"{facts.tick:f}",
        "rows": facts.rows,
        "prints": facts.prints,
        "quotes": facts.quotes,
        "first_ns": facts.first_ns,
        "last_ns": facts.last_ns,
        "side_known": facts.side_known,
        "resolution_ns": facts.resolution_ns,
        "source": facts.source,
        "hash": facts.hash,
        "run": facts.run or None,
        "from_ns": facts.from_ns or None,
        "until_ns": facts.until_ns or None,
        "path": str(path),
    }


def print_facts(facts: "TapeFacts", path: Path, *, as_json: bool) -> None:
    """The tape's facts, for people or as JSON."""
    if as_json:
        print_json(facts_of(facts, path))
        return
    status = facts.rows - facts.prints - facts.quotes
    lines = {
        "tape": path,
        "contract": f"{facts.contract}, tick {facts.tick:f}",
        "rows": f"{facts.rows:,}: {facts.prints:,} prints, {facts.quotes:,} quotes"
        + (f", {status:,} status" if status else ""),
        "first": new_york(facts.first_ns),
        "last": new_york(facts.last_ns),
        "aggressor": "told by the feed" if facts.side_known else "not told by the feed: inferred when it is read",
        "source": facts.source,
        "hash": facts.hash,
    } | ({"recorded": f"by run {facts.run}, until {new_york(facts.until_ns)}"} if facts.run else {})
    for name, value in lines.items():
        click.echo(f"{name:<10} {value}")


def destination(out: Path | None, name: str) -> Path:
    """The file that `--out` means: itself, or `name` in the folder that it is; in the tapes folder without it.

    Raises UsageError for a file that is no Parquet file.
    """
    from bot.tape import tapes_folder

    if out is None:
        return tapes_folder() / name
    if out.suffix == ".parquet" and not out.is_dir():
        return out
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file, but no .parquet and no folder", do="--out NAME.parquet, or a folder")
    return out / name
