"""`paperpit journal maker`: what a market maker's quotes came to, and what of it was spread, flow and inventory."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from bot.cli.journal_options import filter_options, filters_of, opened
from bot.cli.output import json_option, print_json, print_rows, progress
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.journal.reading import RunInfo
    from bot.review.making import Middles


@click.command()
@click.option(
    "--after", default="5s", metavar="5s", help="When flow is judged: so long after a fill.", show_default=True
)
@click.option("--tape", "tapes", multiple=True, metavar="FILE", help="Where a run's tape lies now; give it again.")
@filter_options
@json_option
def maker(journal: str | None, run: str | None, after: str, tapes: Sequence[str], as_json: bool, **wanted: Any) -> None:
    """What a maker's quotes came to: spread, adverse selection and inventory, which add up to its result.

    The run's tapes are asked where price stood before each fill and after it.

    \b
    paperpit journal maker
    paperpit journal maker --run last --after 30s --json
    """
    from bot.cli.what_if import middles
    from bot.config.params import duration_ns
    from bot.review.making import making

    try:
        after_ns = duration_ns(after)
    except ValueError as error:
        raise UsageError(f"--after {after}: {error}", allowed="5s, 500ms, 1m") from None
    filters = filters_of(**wanted)
    with opened(journal, run, "last") as found:
        runs = filters.runs(found.runs)
        with progress("asking the tapes", len(runs), "runs") as advance:

            def ask(one: "RunInfo", moments: Mapping[str, Sequence[int]]) -> "Middles":
                advance(1)
                return asyncio.run(middles(found.reader.place, one.run, moments, tapes))

            told = making(found.reader, runs, filters, after_ns, ask)
    if as_json:
        print_json(told)
        return
    if not told:
        click.echo("no market was made here: paperpit replay --strategy es-maker.toml")
        return
    print_rows([_row(one) for one in told], list(_row(told[0])), title="ticks × contracts")
    if hedged := [one for one in told if one["hedged"] is not None]:
        title = f"what was not hedged, and what holding brought with and without the hedge ({after} after a fill)"
        print_rows([_hedged(one) for one in hedged], list(_hedged(hedged[0])), title=title)
    click.echo(
        "\nspread + adverse + inventory = total, to the tick. Spread: against the middle before the fill; crossed:\n"
        f"what of it stops and exits at market paid. Adverse: where the middle was {after} later. Inventory: rest.\n"
        f"PAPER, fills by {', '.join(sorted({repr(one['fill_model']) for one in told}))}. No claim of an edge."
    )


def _row(one: Mapping[str, Any]) -> dict[str, str]:
    ticks = ("spread", "crossed", "adverse", "inventory", "total")
    return {
        "maker": f"{one['strategy']} in {one['instrument']}" + (", its hedge" if one["hedge"] else ""),
        "round trips": f"{one['round_trips']:,}",
        "fills": f"{one['fills']:,}",
        **{name: f"{one[f'{name}_ticks']:+,.1f}" for name in ticks},
        "commission": one["commission"],
        "net": one["net"],
    }


def _hedged(one: Mapping[str, Any]) -> dict[str, str]:
    told = one["hedged"]
    return {
        "maker": f"{one['strategy']} in {one['instrument']}",
        "legs alone": f"{told['legs']:,}",
        "for": f"{told['seconds']:,.1f} s",
        "at most": f"{told['most']:g}",
        "still": f"{told['open']:+g}",
        "moved them": told["money"],
        "swing alone": told["swing_alone"],
        "swing hedged": told["swing"],
    }
