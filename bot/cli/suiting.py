"""Whether a strategy's bar length suits its market: measured on a tape of its product, else by the product's floor."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from bot.cli.measuring import chosen, days_of, facts_of
from bot.config import InstrumentFile, StrategyFile
from bot.config.params import duration_text
from bot.config.placing import Placing
from bot.domain.instrument import Instrument
from bot.errors import DataDamaged, Fault, InputMissing
from bot.signals.timeframe import NAMES, Choice, DayFacts


def suits(
    spec: StrategyFile, one: Instrument, entry: InstrumentFile, tapes: Iterable[str], place: Placing
) -> tuple[list[Fault], list[str]]:
    """What is wrong with the strategy's timeframe (a warning), and what is only worth knowing.

    A bar between the product's timeframe_min and timeframe_max is as the lesson has it, and the measurement may move it
    within them without a fault; beyond them, and where the measurement leaves them, strategy and proposal must agree.
    """
    name = _tape_of(one.product, tuple(tapes))
    choice = chosen(_days(name) if name else (), one, entry)
    proposed, usual = choice.timeframe_ns, (entry.timeframe_min, entry.timeframe_max)
    if spec.timeframe == proposed:
        return [], []
    why = "; ".join(choice.reasons)
    told = f"{NAMES[proposed]} is proposed for {one.product} by {_measured(choice, name)}: {why}"
    if all(usual[0] <= length <= usual[1] for length in (spec.timeframe, proposed)):
        return [], [f"{spec.name}: {told}"] if name else []
    setting = "" if choice.context_ns is None else f', context = "{NAMES[choice.context_ns]}"'
    message = f"TIMEFRAME {duration_text(spec.timeframe)}: {told}"
    do = f'timeframe = "{NAMES[proposed]}"{setting}'
    return [place.fault(("timeframe",), message, level="warning", do=do)], []


def _measured(choice: Choice, name: str | None) -> str:
    if name is None or choice.facts is None:
        return "its floor, no tape of it being at hand"
    spread = choice.facts.spread_ticks
    told = "no quotes" if spread is None else f"spread {spread:.1f} ticks"
    return f"its {choice.bound} on {name} ({told}, {choice.facts.prints_per_hour:,.0f} prints an hour)"


def _tape_of(product: str, names: tuple[str, ...]) -> str | None:
    """The first of these tapes that is one of the product."""
    return next((name for name in names if _product(name) == product), None)


@cache
def _product(name: str) -> str | None:
    from bot.tape import find_tape

    try:
        return facts_of(find_tape(name)).instrument
    except (InputMissing, DataDamaged):
        return None  # it is told of where it is to be replayed


@cache
def _days(name: str) -> tuple[DayFacts, ...]:
    from bot.tape import find_tape

    return tuple(days_of(Path(find_tape(name))))
