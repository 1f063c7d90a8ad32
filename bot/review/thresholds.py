"""What a signal's evidence had to reach, by the very texts that its run was made of."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from bot.domain.instrument import Instrument
from bot.errors import ConfigError
from bot.journal import rows
from bot.journal.reading import Reader
from bot.review.settings_of import bot_of, strategies_of
from bot.signals.marks import MARKS
from bot.signals.roster import Wish, made_by


def thresholds(reader: Reader, facts: Mapping[str, Any]) -> dict[str, str]:
    """Name of a measure → `≥ 2.4`, for the signal of a story (`explain`).

    Empty without a signal, for a kind of others, and where the run's texts cannot be read any more.
    """
    signal = facts["signal"]
    marks = MARKS.get(signal["kind"], {}) if signal else {}
    if not marks:
        return {}
    (row,) = reader.where(rows.Signal, "id", signal["id"])
    one = Instrument(facts["instrument"], Decimal(facts["tick"]), Decimal(facts["tick_value"]))
    for wish in _wishes(reader, row.run, one):
        try:
            found = made_by(row.kind, row.params_hash, one.product, wish)
        except ConfigError:  # a parameter that this program does not know any more
            continue
        if found:
            return {
                name: _words(mark.sign, getattr(found[mark.of], mark.param) * mark.unit) for name, mark in marks.items()
            }
    return {}


def _words(sign: str, value: float) -> str:
    return f"{sign} {value:,.2f}".rstrip("0").rstrip(".").replace("-", "\u2212")


def _wishes(reader: Reader, run: str, one: Instrument) -> Iterator[Wish]:
    """What the run's strategies wished to hear of an instrument, under each of its settings; and what none wishes."""
    began = [row.config for row in reader.where(rows.Run, "run", run)]
    revised = [row.config for row in reader.where(rows.ConfigRevision, "run", run)]
    for config in (*began, *revised):
        texts: Mapping[str, str] = msgspec.json.decode(config)
        try:
            everybody = bot_of(texts).detectors
        except ConfigError:
            continue
        for spec in strategies_of(texts, lambda name, error: None):
            if spec.instrument == one.product:
                yield Wish(spec.timeframe, spec.context, {**everybody, **spec.detectors})
        yield Wish.default(one, everybody)
