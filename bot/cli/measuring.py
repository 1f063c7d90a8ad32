"""Measures tapes for the choice of a bar length; shared by `tape timeframe` and `check`."""

from collections.abc import Sequence
from pathlib import Path

from bot.cli.output import progress
from bot.config import InstrumentFile, instrument
from bot.domain.instrument import Instrument
from bot.signals.timeframe import MINUTE_NS, Choice, DayFacts, choose
from bot.tape import TapeFacts, open_tape


def days_of(path: Path, folder: Path | None = None) -> list[DayFacts]:
    """A tape's days by the regular hours of its product; by the whole session where it has none of them."""
    from bot.sessions import days_of
    from bot.signals.timeframe_days import Measure

    with open_tape(path) as reader:
        facts = reader.facts
        one = instrument(facts.contract or facts.instrument, facts.tick, folder=folder)
        known = days_of(one, facts.first_ns, facts.last_ns)
        with progress(f"measuring {path.name}", facts.rows, "rows") as advance:
            regular, session = Measure(known), Measure(known, whole_session=True)
            for ticks in reader.batches(65_536):
                regular.read(ticks)
                session.read(ticks)
                advance(len(ticks))
    return regular.facts() or session.facts()


def facts_of(path: Path) -> TapeFacts:
    """What a tape says of itself."""
    with open_tape(path) as reader:
        return reader.facts


def chosen(days: Sequence[DayFacts], one: Instrument, entry: InstrumentFile | None) -> Choice:
    """The bar length for one product by these days, in order of date."""
    fees = float(2 * one.commission / one.tick_value)
    floor = MINUTE_NS if entry is None else entry.timeframe_min
    return choose(sorted(days, key=lambda day: day.date), fee_ticks=fees, floor_ns=floor)
