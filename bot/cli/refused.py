"""`paperpit journal stats --blocked`: what the rules cost or saved."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from bot.cli.output import in_columns, interval, print_rows, progress, say

if TYPE_CHECKING:
    from bot.journal.filters import Filters
    from bot.journal.reading import Reader, RunInfo
    from bot.review.estimates import Bootstrap
    from bot.review.refused import Refused

COLUMNS = ("group", "refused", "first", "alone", "would fill", "won", "sum R", "R after costs", "5 min later")
BY_RULE = ("first", "alone")
"""Columns that only groups by rule have."""
SHOWN = 3
"""Runs without a tape that are named one by one."""
FIVE_MINUTES_S = 300


def refusals(
    reader: "Reader", runs: "Sequence[RunInfo]", filters: "Filters", by: Sequence[str], bootstrap: "Bootstrap"
) -> list[dict[str, Any]]:
    """One object a group; says on standard error which runs' tapes could not be asked."""
    from bot.review.worth import worth

    return worth(told(reader, runs, filters), by, bootstrap)


def with_what_if(
    rows: Sequence[dict[str, Any]], reader: "Reader", runs: "Sequence[RunInfo]", filters: "Filters"
) -> list[dict[str, Any]]:
    """Refusals as they are listed, each with what it would have made (null where no tape could be asked)."""
    made = {one.id: one.shape() for one in told(reader, runs, filters)}
    return [{**row, "what_if": made[row["id"]]} for row in rows]


def told(reader: "Reader", runs: "Sequence[RunInfo]", filters: "Filters") -> "Sequence[Refused]":
    """Refusals with what each would have made; says on standard error which runs' tapes could not be asked."""
    from bot.cli.what_if import asking, counted
    from bot.review.refused import refused

    with progress("asking the tapes", len(runs), "runs") as advance:
        found = refused(reader, runs, filters, counted(asking(reader), advance))
    missing(found.untold)
    return found.refused


def missing(untold: Mapping[str, str], then: str = "the column 'untold' of --json counts what they refused") -> None:
    """Say which runs' tapes could not be asked, and why; of many, how many more, and what follows for them (`then`)."""
    for run, why in list(untold.items())[:SHOWN]:
        say(f"run {run} cannot be asked: {why}")
    if len(untold) > SHOWN:
        say(f"nor can {len(untold) - SHOWN} more; {then}")


def flat_refusals(groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Lines of CSV: an estimate is three columns, what a group is by a column each (empty for everything together)."""
    by = dict.fromkeys(name for group in groups for name in group["by"])
    return [_flat(group, by) for group in groups]


def _flat(group: Mapping[str, Any], by: Iterable[str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for key, value in group.items():
        if key == "by":
            row |= {f"by_{name}": value.get(name, "") for name in by}
        elif key == "markouts":
            for one in value:
                row |= {f"{of}_{one['after_s']}s": one[of]["value"] for of in ("from_mid", "from_fill")}
        elif isinstance(value, dict):
            row |= in_columns(key, value)
        else:
            row[key] = value
    return row


def show_refusals(groups: Sequence[Mapping[str, Any]]) -> None:
    """As a table with what may be said of each group, and what the figures are not."""
    if not groups:
        click.echo("nothing was refused: paperpit journal signals shows what was seen, or --run last for a replay")
        return
    ways: dict[str, dict[str, Mapping[str, Any]]] = {}
    for group in groups:
        ways.setdefault(group["group"], {})[group["counted"]] = group
    by_rule = any("every" in one for one in ways.values())
    print_rows([_cells(one) for one in ways.values()], [name for name in COLUMNS if by_rule or name not in BY_RULE])
    click.echo()
    for name, one in ways.items():
        shown = one.get("once") or one.get("alone")
        click.echo(f"{name}: {shown['words'] if shown else 'never refused anything alone'}")
    first = groups[0]
    click.echo(
        "\nWhat each refusal would have made alone, by the fill model of its run: not what the run would have made."
    )
    if by_rule:
        click.echo(
            "Of a rule, what it refused and no other did; --json has also what it refused first, and with others."
        )
    click.echo(
        f"Intervals: {100 * first['level']:g} %, {first['draws']:,} draws of whole sessions, seed {first['seed']}; "
        "words hold for all groups side by side. PAPER. No claim of an edge."
    )


def _cells(ways: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """A group counted once, or a rule: how often it refused, and what it alone would have let through."""
    whole, shown = ways.get("once") or ways["every"], ways.get("once") or ways.get("alone")
    untold = f" ({whole['untold']:,} untold)" if whole["untold"] else ""
    counts = {name: f"{ways[name]['refused']:,}" if name in ways else "0" for name in BY_RULE if "every" in ways}
    return {
        "group": whole["group"],
        "refused": f"{whole['refused']:,}{untold}",
        **counts,
        **(_figures(shown) if shown else {}),
    }


def _figures(group: Mapping[str, Any]) -> dict[str, str]:
    (later,) = [one["from_mid"] for one in group["markouts"] if one["after_s"] == FIVE_MINUTES_S]
    return {
        "would fill": f"{group['filled']:,}",
        "won": f"{group['won']:,}",
        "sum R": f"{group['r_net']:+.2f}",
        "R after costs": interval(group["expectancy_r_net"], "{:+.2f}"),
        "5 min later": interval(later, "{:+.1f}"),
    }
