"""`paperpit journal stats --calibration`: whether what models say of the chance of winning comes true."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from bot.cli.output import in_columns, interval, print_rows

if TYPE_CHECKING:
    from bot.journal.filters import Filters
    from bot.journal.reading import Reader, RunInfo
    from bot.review.estimates import Bootstrap

NESTED = ("bins", "said", "monitor")
"""Of a group's keys those that are no column: a bin is a line of its own in --json alone."""
NOBODY = (
    "no model was asked in these runs: paperpit model train makes one, [model] in a strategy's file has it asked; "
    "without --run or --adapter live paper runs are counted alone"
)


def calibrations(
    reader: "Reader", runs: "Sequence[RunInfo]", filters: "Filters", bootstrap: "Bootstrap", *, blocked: bool
) -> list[dict[str, Any]]:
    """One object a model and strategy; with `blocked` also of what was refused, whose tapes are asked."""
    from bot.cli.refused import told
    from bot.journal.filters import Filters
    from bot.review.calibration import calibration, taken, turned_down
    from bot.review.trips import trips

    judged = taken(trips(reader, runs, filters))
    if blocked:
        judged += turned_down(told(reader, runs, filters))
    return calibration(judged, lambda: trips(reader, reader.runs, Filters()), bootstrap)


def flat_calibrations(groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Lines of CSV: an estimate is three columns."""
    rows = []
    for group in groups:
        row: dict[str, Any] = {}
        for key, value in group.items():
            if isinstance(value, dict) and key not in NESTED:
                row |= in_columns(key, value)
            elif key not in NESTED:
                row[key] = value
        rows.append(row | group["said"] | {f"monitor_{name}": one for name, one in group["monitor"].items()})
    return rows


def show_calibrations(groups: Sequence[Mapping[str, Any]]) -> None:
    """A table of bins a group, its scores, and what may be said of it."""
    from bot.review.calibration import REFUSED, watched
    from bot.review.export.reliability import HEADS, lines

    if not groups:
        click.echo(NOBODY)
        return
    heads = [head.lower() for head in HEADS]
    for group in groups:
        counts = f"{group['judged']:,} in {group['sessions']:,} sessions, {group['won']:,} won"
        click.echo(f"{group['group']}: {counts}{_silent(group)}")
        if group["bins"]:
            print_rows([dict(zip(heads, line, strict=True)) for line in lines(group["bins"])], heads)
            click.echo(
                f"Brier {_three(group['brier'])}, of the base rate {_three(group['base_brier'])}; log loss "
                f"{_three(group['log_loss'])}, better than the base rate by {interval(group['gain'], '{:+.3f}')}"
            )
        click.echo(f"{group['words']}; its monitor: {watched(group['monitor'])}\n")
    first = groups[0]
    click.echo(
        "Taken: what a model let pass, which is no fair sample of what it was asked about."
        + (" Refused: by what each would have made alone." if any(one["counted"] == REFUSED for one in groups) else "")
    )
    click.echo(
        f"Intervals: {100 * first['level']:g} %, {first['draws']:,} draws of whole sessions, seed {first['seed']}. "
        "PAPER. No claim of an edge."
    )


def _three(estimate: Mapping[str, Any]) -> str:
    return interval(estimate, "{:.3f}")


def _silent(group: Mapping[str, Any]) -> str:
    return f"; {group['silent']:,} more were ended by the tape's end or by hand" if group["silent"] else ""
