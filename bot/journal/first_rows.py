"""The rows that every run starts with, and the one way in which this room writes JSON."""

import msgspec

from bot.domain.instrument import Instrument
from bot.journal import rows
from bot.ports import RunFacts

BOT, STRATEGIES, CALENDAR, BROKER = "bot.toml", "strategies/", "calendar", "broker"
"""Names under which a run keeps the exact texts that it was made of; each strategy's file stands behind its own."""
MOMENT = "detectors-from"
"""Under which a revision keeps the stamp (ns UTC) of the first row that other detectors may read."""

_encode = msgspec.json.Encoder(order="deterministic").encode


def json_text(value: object) -> str:
    """`value` as JSON with sorted keys: equal values have equal texts. NaN becomes null."""
    return _encode(value).decode()


def run_row(seq: int, facts: RunFacts, started_ns: int) -> rows.Run:
    """What the journal says about a run before it starts."""
    return rows.Run(
        seq,
        facts.run,
        started_ns,
        facts.adapter,
        facts.account,
        facts.tape,
        json_text(list(facts.tapes)),
        json_text(facts.config),
        facts.config_hash,
        json_text(list(facts.strategies)),
        facts.seed,
        facts.fill_model,
        facts.calendar,
        json_text(facts.versions),
        int(facts.dry),
        facts.warm,
    )


def instrument_row(seq: int, run: str, position: int, it: Instrument) -> rows.Instrument:
    """An instrument's facts as this run uses them."""
    return rows.Instrument(
        seq,
        run,
        position,
        it.product,
        it.contract or it.product,
        it.kind,
        str(it.tick),
        str(it.tick_value),
        it.currency,
        it.exchange,
        it.calendar,
        it.zone,
        it.regular_open,
        it.regular_close,
        str(it.commission),
        int(it.generic),
    )
