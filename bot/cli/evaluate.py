"""`paperpit journal evaluate`: whether what strategies did is more than chance, and the sentence that follows."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from bot.cli.journal_options import filter_options, filters_of, opened, say_left_out
from bot.cli.output import json_option, print_json, print_rows, progress
from bot.cli.refused import missing

if TYPE_CHECKING:
    from bot.journal.reading import Reader
    from bot.review.evaluate import Asks

MARKED = ("filled", "from_fill", "unfilled", "refused")
"""Of what markouts are told: the first two of what was taken and filled, from the mid and from the fill."""


@click.command()
@click.option("--tape", "tapes", multiple=True, metavar="FILE", help="Where a run's tape lies now; give it again.")
@click.option("--level", default=0.95, type=click.FloatRange(0.5, 0.999), help="Of the bounds.", show_default=True)
@click.option("--draws", default=2_000, type=click.IntRange(100, 20_000), help="Of whole days.", show_default=True)
@click.option("--each", default=50, type=click.IntRange(1, 500), help="Random entries an entry.", show_default=True)
@click.option("--seed", default=1, type=click.IntRange(0), help="Of everything that is drawn.", show_default=True)
@filter_options
@json_option
def evaluate(
    journal: str | None,
    run: str | None,
    tapes: Sequence[str],
    level: float,
    draws: int,
    each: int,
    seed: int,
    as_json: bool,
    **wanted: Any,
) -> None:
    """Whether what strategies did is more than chance: random entries, markouts, costs, bounds that hold at every look.

    The tapes of the runs are asked; answers for runs that are over are kept. Without --run or --adapter it speaks of
    the live paper runs only, and says what it left out.

    \b
    paperpit journal evaluate --run last
    paperpit journal evaluate --strategy es-open-absorption --since 2026-09-01
    """
    from bot.domain.what_if import Draw
    from bot.review.estimates import Bootstrap
    from bot.review.evaluate import evaluate as evaluated

    filters = filters_of(**wanted)
    with opened(journal, run, "all") as found:
        runs, left_out = found.reviewed(journal, run, filters)
        runs = filters.runs(runs)
        with progress("asking the tapes", len(runs), "runs") as advance:
            asks = _asks(found.reader, Draw(each, seed), tapes, advance)
            groups, untold = evaluated(found.reader, runs, filters, asks, Bootstrap(level, draws, seed))
    missing(untold)
    if as_json:
        print_json(groups)
    else:
        show(groups)
    say_left_out(left_out)


def _asks(reader: "Reader", draw: Any, tapes: Sequence[str], advance: Any) -> "Asks":
    from bot.cli.what_if import asking, counted, drawing
    from bot.review.evaluate import MODELS, Asks

    own = counted(asking(reader, tapes=tapes, folder="evaluate"), advance)
    return Asks(own, {model: asking(reader, model, tapes) for model in MODELS}, drawing(reader, draw, tapes))


def show(groups: Sequence[Mapping[str, Any]]) -> None:
    """The sentences first, then what they were drawn from."""
    if not groups:
        click.echo("nothing to evaluate: paperpit run, or --run last for a replay")
        return
    for group in groups:
        click.echo(f"{group['group']}: {group['words']}")
    click.echo()
    print_rows([_row(group) for group in groups], list(_row(groups[0])))
    for group in groups:
        if group["taken"]:
            click.echo(f"\n{group['group']}: ticks in favour, seconds after")
            print_rows([_marked(group, name) for name in MARKED], list(_marked(group, MARKED[0])))
            click.echo(f"\n{group['group']}: mean R of what was taken, by fill model and costs")
            print_rows(_costs(group), ("fill model", "filled", "no costs", "costs", "twice"))
    first = groups[0]
    click.echo(
        f"\nPAPER. Bounds hold at every look together, for all {first['among']} groups; R of round trips after costs, "
        f"clipped to −1.5 and 3. Seed {first['seed']}.\n"
        "Random entries: same half-hour, liveliness, spread, side and bracket, each alone in the market; "
        "who does not fill makes 0 R."
    )


def _row(group: Mapping[str, Any]) -> dict[str, str]:
    mean, random = group["mean_r"], group["random"]
    untold = f" ({group['untold']:,} untold)" if group["untold"] else ""
    return {
        "group": group["group"],
        "wanted": f"{group['wanted']:,}{untold}",
        "taken": f"{group['taken']:,}",
        "filled": f"{group['filled']:,}",
        "sessions": f"{group['sessions']:,}",
        "R a session": _number(mean["value"], "{:+.2f}"),
        "at every look": "-" if mean["value"] is None else f"{mean['low']:+.2f} to {mean['high']:+.2f}",
        "R an entry": _number(random["r"], "{:+.3f}"),
        "at random": _number(random["r_random"], "{:+.3f}"),
        "p": _number(random["p"], "{:.3f}"),
        "unmatched": f"{random['unmatched']:,}",
    }


def _marked(group: Mapping[str, Any], name: str) -> dict[str, str]:
    words = {"filled": "filled, from the mid", "from_fill": "filled, from the fill", "unfilled": "not filled"}
    row = {"of": words.get(name, name), "n": f"{max(one[name]['n'] for one in group['markouts']):,}"}
    return {**row, **{f"{one['after_s']}": _number(one[name]["value"], "{:+.2f}") for one in group["markouts"]}}


def _costs(group: Mapping[str, Any]) -> list[dict[str, str]]:
    rows: dict[str, dict[str, str]] = {}
    for one in group["costs"]:
        row = rows.setdefault(one["fill_model"], {"fill model": one["fill_model"], "filled": f"{one['filled']:,}"})
        row[("no costs", "costs", "twice")[one["times"]]] = _number(one["r"], "{:+.3f}")
    return list(rows.values())


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)
