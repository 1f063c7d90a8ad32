"""`paperpit journal stats`: what the round trips come to, each figure with its interval and what may be said of it."""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from bot.cli.journal_options import filter_options, filters_of, opened, say_left_out
from bot.cli.output import in_columns, interval, list_options, print_json, print_rows
from bot.errors import UsageError
from bot.review.words import no_edge

BY = [
    *("strategy", "instrument", "kind", "hour", "weekday", "regime", "fill-model", "session", "tag", "exit-reason"),
    "config",
]
BY_BLOCKED = ("rule", "strategy", "kind", "instrument")
"""What refusals are grouped by."""
ESTIMATES = (
    *("win_rate", "expectancy_r", "expectancy_r_net", "expectancy_ticks", "profit_factor", "drawdown_r"),
    *("mae_ticks", "mfe_ticks", "slippage_ticks", "minutes"),
)


@click.command()
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(["rule", *BY]),
    help="Group by this (strategy; with --blocked: rule); give it again for more.",
)
@click.option("--blocked", is_flag=True, help="Instead, what was refused and what it would have made, by rule.")
@click.option(
    "--calibration", is_flag=True, help="Instead, whether models' chances came true; with --blocked also of refusals."
)
@click.option("--level", default=0.95, type=click.FloatRange(0.5, 0.999), help="Of the intervals.", show_default=True)
@click.option("--draws", default=2_000, type=click.IntRange(100, 20_000), help="Of sessions.", show_default=True)
@click.option("--seed", default=1, type=click.IntRange(0), help="Of the draws.", show_default=True)
@filter_options
@list_options
def stats(
    journal: str | None,
    run: str | None,
    by: Sequence[str],
    blocked: bool,
    calibration: bool,
    level: float,
    draws: int,
    seed: int,
    as_json: bool,
    as_csv: bool,
    **wanted: Any,
) -> None:
    """What round trips come to: win rate, expectancy, drawdown, with intervals and the number of tries.

    Without --run or --adapter it speaks of the live paper runs only, and says what it left out. Below 20 sessions or
    30 round trips it says so instead of a number.

    \b
    paperpit journal stats --by hour --by weekday
    paperpit journal stats --run last
    paperpit journal stats --run last --blocked
    paperpit journal stats --run last --calibration
    """
    from bot.cli.calibration import calibrations, flat_calibrations, show_calibrations
    from bot.cli.refused import flat_refusals, refusals, show_refusals
    from bot.review.estimates import Bootstrap
    from bot.review.stats import Asked
    from bot.review.stats import stats as figures_of

    if calibration and by:
        raise UsageError("--calibration stands by strategy and model always", do="leave --by out")
    _possible(by, blocked=blocked)
    filters, bootstrap = filters_of(**wanted), Bootstrap(level, draws, seed)
    with opened(journal, run, "all") as found:
        runs, left_out = found.reviewed(journal, run, filters)
        if calibration:
            groups = calibrations(found.reader, runs, filters, bootstrap, blocked=blocked)
        elif blocked:
            groups = refusals(found.reader, runs, filters, by or ("rule",), bootstrap)
        else:
            groups = figures_of(found.reader, runs, filters, Asked(tuple(by) or ("strategy",), bootstrap))
    if as_json:
        print_json(groups)
    elif as_csv:
        if calibration:
            rows, first = flat_calibrations(groups), "judged"
        elif blocked:
            rows, first = flat_refusals(groups), "refused"
        else:
            rows, first = [_flat(group) for group in groups], "round_trips"
        print_rows(rows, ("group", first), as_csv=True)
    elif calibration:
        show_calibrations(groups)
    elif blocked:
        show_refusals(groups)
    else:
        _show(groups)
    say_left_out(left_out)


def _possible(by: Sequence[str], *, blocked: bool) -> None:
    """Raises UsageError where one of `by` says nothing of what is asked for."""
    allowed = BY_BLOCKED if blocked else BY
    for name in by:
        if name not in allowed:
            of = "refusals" if blocked else "round trips"
            do = "" if blocked else "paperpit journal stats --blocked --by rule"
            raise UsageError(f"--by {name}: {of} have none", allowed=", ".join(allowed), do=do)


def _flat(group: Mapping[str, Any]) -> dict[str, Any]:
    """One line of CSV: an estimate is three columns, what a group is by a column each."""
    row: dict[str, Any] = {}
    for key, value in group.items():
        if key in ESTIMATES:
            row |= in_columns(key, value)
        elif key == "by":
            row |= {f"by_{name}": one for name, one in value.items()}
        elif isinstance(value, dict):
            row[key] = value["value"]
        else:
            row[key] = value
    return row


def _show(groups: Sequence[Mapping[str, Any]]) -> None:
    if not groups:
        click.echo("no round trip to count: paperpit run, or --run last for a replay")
        return
    alike = len({group["fill_model"] for group in groups}) == 1
    names = [_without_model(group) if alike else group["group"] for group in groups]
    print_rows([{"group": name, **_cells(group)} for name, group in zip(names, groups, strict=True)], _columns())
    click.echo()
    for name, group in zip(names, groups, strict=True):
        click.echo(f"{name}: {group['words']}")
    for line in _notes(groups):
        click.echo(line)


COLUMNS = (
    *("group", "n (days)", "won", "win rate", "R after costs", "profit factor", "drawdown R", "MAE/MFE"),
    *("slip", "minutes", "net", "tries"),
)
NARROW = ("group", "n (days)", "win rate", "R after costs", "net")
WIDE = 160
"""Columns of a terminal that holds all of them; --csv and --json have more."""


def _columns() -> Sequence[str]:
    """What fits: figures must not be cut in the middle."""
    wide = not sys.stdout.isatty() or shutil.get_terminal_size().columns >= WIDE
    return COLUMNS if wide else NARROW


def _without_model(group: Mapping[str, Any]) -> str:
    """A group's name where the fill model, which the line below the table says, tells no group from another."""
    return " · ".join(part for part in group["group"].split(" · ") if part != group["fill_model"]) or "all"


def _cells(group: Mapping[str, Any]) -> dict[str, str]:
    return {
        "n (days)": f"{group['round_trips']:,} ({group['sessions']:,})",
        "won": f"{group['won']:,}",
        "win rate": interval(group["win_rate"], "{:.1%}"),
        "R after costs": interval(group["expectancy_r_net"], "{:+.2f}"),
        "profit factor": interval(group["profit_factor"], "{:.2f}"),
        "drawdown R": interval(group["drawdown_r"], "{:.1f}"),
        "MAE/MFE": f"{_value(group['mae_ticks'], '{:.1f}')}/{_value(group['mfe_ticks'], '{:.1f}')}",
        "slip": _value(group["slippage_ticks"], "{:+.2f}"),
        "minutes": _value(group["minutes"], "{:.1f}"),
        "net": group["net"],
        "tries": f"{group['tries']:,}",
    }


def _value(estimate: Mapping[str, Any], form: str) -> str:
    return "-" if estimate["value"] is None else form.format(estimate["value"])


def _notes(groups: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What the figures are of, how they were drawn, and what they do not say."""
    first = groups[0]
    models = " and ".join(f"'{name}'" for name in dict.fromkeys(group["by"]["fill_model"] for group in groups))
    yield f"\nPAPER, fills by {models}. No claim of an edge."
    yield (
        f"Intervals: {100 * first['level']:g} %, {first['draws']:,} draws of whole sessions, seed {first['seed']}. "
        "Ticks and minutes are means; R after costs."
    )
    if words := no_edge(max(group["round_trips"] for group in groups)):
        yield words
