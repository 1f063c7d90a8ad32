"""`paperpit tape synth`: make tapes of a market whose truth is known."""

from datetime import time
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from bot.cli.facts import OUT, destination, facts_of, print_facts
from bot.cli.output import json_option, print_json, progress, say
from bot.errors import UsageError

KINDS = "KINDS|none"


@click.command()
@click.option("--instrument", default="ES", show_default=True, help="The product whose market is imitated.")
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same tape.")
@click.option(
    "--hours", type=click.FloatRange(0, 24, min_open=True), default=6.5, show_default=True, help="Of each day."
)
@click.option("--start", default="09:30", show_default=True, metavar="HH:MM", help="When a day begins, New York.")
@click.option(
    "--days", type=click.IntRange(1, 250), default=1, show_default=True, help="Consecutive trading days, one tape."
)
@click.option("--per-day", is_flag=True, help="One file a day instead, NAME-DATE.parquet.")
@click.option("--null", is_flag=True, help="Leave every pattern and decoy out: whatever is detected is false.")
@click.option("--plants", metavar=KINDS, help="Only these patterns, such as sweep,absorption. Default: all that fit.")
@click.option("--decoys", metavar=KINDS, help="Only these decoys, such as halt,block_print. Default: all that fit.")
@click.option(
    "--base-share",
    type=click.FloatRange(0.25, 0.75),
    default=0.5,
    show_default=True,
    help="Buyers' share of the whole day's market orders; price stays where it would.",
)
@click.option(
    "--maker",
    type=click.Choice(["literature", "seed", "none"]),
    default="literature",
    show_default=True,
    help="What inventory does to quotes: shift both, widen, nothing.",
)
@OUT
@json_option
def synth(out: Path | None, as_json: bool, per_day: bool, **said: Any) -> None:
    """Make a synthetic tape with known patterns, their labels beside it.

    Patterns: absorption, rejection, absorption_rejection, imbalance, sweep, accumulation (CL and GC, or if named).
    Decoys: quote_stuffing, limit_lock, fast_news, one_sided, break_no_reclaim, halt, block_print, feed_disorder,
    trend_run, range_no_break. The long ones (accumulation, range_no_break, trend_run) need a day of four hours.
    MES follows the ES of the same seed and options, in which everything is staged.
    """
    wish = _wish(**said)
    market = import_module("adapters.synthetic.synth")
    target = destination(out, f"synth-{wish.seed}.parquet")
    if per_day and out is not None and out.suffix == ".parquet":
        raise UsageError("--per-day writes several files", where="--out", do=f"--out {out.with_suffix('')}")
    with progress(f"making {target.name}", round(wish.hours * 3600 * wish.days), "s of market") as advance:
        if per_day:
            made = market.write_days(target.parent, target.stem, wish, progress=advance)
        else:
            made = [(target, market.write_wish(target, wish, progress=advance))]
    for path, facts in made:
        say(f"labels: {path.with_name(path.stem + '.labels.parquet')}")
        if not (per_day and as_json):
            print_facts(facts, path, as_json=as_json)
    if per_day and as_json:
        print_json([facts_of(facts, path) for path, facts in made])


def _wish(
    instrument: str,
    seed: int,
    hours: float,
    start: str,
    days: int,
    null: bool,
    plants: str | None,
    decoys: str | None,
    base_share: float,
    maker: str,
) -> Any:
    synthetic, kinds = import_module("adapters.synthetic.synth"), import_module("adapters.synthetic.kinds")
    if null and (plants or decoys):
        raise UsageError("--null stages nothing", where="--plants, --decoys", do="leave out --null, or the lists")
    staged = [
        kinds.chosen("none" if null else text, known, flag)
        for text, known, flag in ((plants, kinds.PATTERNS, "--plants"), (decoys, kinds.DECOYS, "--decoys"))
    ]
    return synthetic.Wish(
        product=instrument,
        seed=seed,
        hours=hours,
        start=_start(start),
        days=days,
        menu=synthetic.menu_of(instrument, *staged),
        base_share=round(base_share * 1_000),
        maker=kinds.MAKERS[maker],
    )


def _start(text: str) -> time:
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise UsageError(f"--start {text} is no time of day", allowed="09:30, 18:00, 07:30:15") from None
