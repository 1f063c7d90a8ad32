"""`paperpit tape timeframe`: which bar length tapes propose for their product, why, and what was measured."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from bot.cli.output import print_json, print_rows

if TYPE_CHECKING:
    from bot.signals.timeframe import Choice, DayFacts


def propose(names: Sequence[str], *, as_json: bool) -> None:
    """Print one proposal a product; the tapes of one product are its days."""
    from bot.cli.measuring import chosen, days_of, facts_of
    from bot.config import instrument, load_instruments
    from bot.tape import find_tape

    days: dict[str, list[DayFacts]] = {}
    instruments = {}
    for path in map(find_tape, names):
        facts = facts_of(path)
        one = instrument(facts.contract or facts.instrument, facts.tick)
        instruments[one.product] = one
        days.setdefault(one.product, []).extend(days_of(path))
    known = load_instruments()
    choices = {product: chosen(days[product], one, known.get(product)) for product, one in instruments.items()}
    if as_json:
        print_json([facts_json(product, choice) for product, choice in choices.items()])
        return
    for product, choice in choices.items():
        _tell(product, choice)


def facts_json(product: str, choice: "Choice") -> dict[str, Any]:
    """A proposal with its inputs, durations as TOML writes them."""
    from bot.signals.timeframe import NAMES

    seen = choice.facts
    return {
        "instrument": product,
        "timeframe": NAMES[choice.timeframe_ns],
        "context": None if choice.context_ns is None else NAMES[choice.context_ns],
        "contexts": [NAMES[one] for one in choice.contexts],
        "bound": choice.bound,
        "measured": None if choice.measured_ns is None else NAMES[choice.measured_ns],
        "reasons": list(choice.reasons),
        "days": choice.days,
        "whole_days": seen is not None and seen.whole,
        "spread_ticks": seen and seen.spread_ticks,
        "depth": seen and seen.depth,
        "prints_per_hour": seen and round(seen.prints_per_hour, 1),
        "lengths": [_length_json(NAMES[length], one) for length, one in seen.lengths.items()] if seen else [],
    }


def _length_json(name: str, one: Any) -> dict[str, Any]:
    return {
        "length": name,
        "bars": one.bars,
        "range_ticks": one.range_ticks,
        "prints": one.prints,
        "empty": round(one.empty, 6),
    }


def _tell(product: str, choice: "Choice") -> None:
    told = facts_json(product, choice)
    setting = "" if told["context"] is None else f', context = "{told["context"]}"'
    click.echo(f'{product}: timeframe = "{told["timeframe"]}"{setting}   (bound by the {choice.bound})')
    for reason in choice.reasons:
        click.echo(f"  {reason}")
    if choice.facts is None:
        return
    spread = "unknown" if told["spread_ticks"] is None else f"{told['spread_ticks']:.1f} ticks"
    depth = "unknown" if told["depth"] is None else f"{told['depth']:.1f}"
    whole = "whole day" if choice.facts.whole else "part of a day"
    click.echo(
        f"  measured over {choice.days} {whole}{'s' if choice.days > 1 else ''}: spread {spread}, "
        f"depth {depth} a side, {choice.facts.prints_per_hour:,.0f} prints an hour\n"
    )
    rows = [{**row, "empty %": 100 * row["empty"]} for row in told["lengths"]]
    print_rows(rows, ("length", "bars", "range_ticks", "prints", "empty %"))
