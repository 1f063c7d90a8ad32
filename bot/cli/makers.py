"""`paperpit tape makers`: what makers earn on a tape, how they quote, and whose model of them it bears out."""

from typing import Any

import click

from bot.cli.output import json_option, print_json, print_rows, progress

SAYS = {
    "literature": "as the literature has it: both quotes move against the inventory",
    "seed": "as the lesson has it: the quotes part",
    "both": "the quotes fall and part",
    "neither": "as neither the literature nor the lesson has it",
    "no claim": "no claim: the intervals hold zero",
    "insufficient": "no claim: too few stretches for an interval",
}


@click.command()
@click.argument("name", metavar="TAPE")
@json_option
def makers(name: str, as_json: bool) -> None:
    """What TAPE shows of market makers: spreads, quote steps, consumption, reaction to inventory.

    \b
    paperpit tape makers demo
    paperpit tape makers demo --json
    """
    from bot.scoring.making import Making

    making = Making(name)
    with progress(f"reading {name}", making.rows, "rows") as advance:
        told = making.read(advance)
    if as_json:
        print_json(told)
        return
    _tell(told)


def _tell(told: dict[str, Any]) -> None:
    click.echo(
        f"{told['instrument']}: {told['rows']:,} rows, {told['prints']:,} prints; "
        f"distances in ticks of {told['tick_size']}"
    )
    spread = told["spread"]
    rows = [{"spread": "quoted", "ticks": spread["quoted"]}]
    rows += [{"spread": of, **_figure(spread[of], "ticks")} for of in ("effective", "realised", "impact")]
    print_rows(
        rows,
        ("spread", "ticks", "low", "high", "samples", "blocks"),
        title="what takers pay, makers keep, and the price takes",
    )
    steps = [{"side": one["side"], "steps": one["steps"], **one["counts"]} for one in told["steps"]]
    print_rows(
        steps, ("side", "steps", *told["steps"][0]["counts"]), title="steps of the quotes by ticks (the last: and more)"
    )
    eaten = [{**one, "after 30 s": one["markout"]["value"]} for one in told["consumption"]]
    columns = ("side", "volume", "lifts", "median_until", "lifts_per_1000", "low", "high", "after 30 s")
    print_rows(eaten, columns, title="what is taken at a level before it gives way")
    slopes = [{**one, **_figure(one, "slope"), "says": SAYS[one["says"]]} for one in told["regression"]]
    columns = ("over", "change", "slope", "low", "high", "samples", "blocks", "says")
    print_rows(
        slopes, columns, title="the next 30 s on what makers hold (literature: d_mid below 0; lesson: d_spread above 0)"
    )
    readings = [{"reading": one["reading"], "signals": one["signals"], **_values(one)} for one in told["readings"]]
    print_rows(readings, tuple(readings[0]), title="where the mid went after an imbalance, with its side")


def _figure(one: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        name: one["value"],
        "low": one["low"],
        "high": one["high"],
        "samples": one["samples"],
        "blocks": one["blocks"],
    }


def _values(one: dict[str, Any]) -> dict[str, Any]:
    return {name: told["value"] for name, told in one.items() if isinstance(told, dict)}
