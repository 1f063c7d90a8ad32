"""What models have said, what came of it, and when a person reset one: a judge's memory, and what reviews go by."""

from collections.abc import Sequence

import msgspec

from bot.domain.abstain import MODEL, P0, Heard, Reset, Said, chance, outcome, spoken
from bot.domain.command import model_key
from bot.domain.decision import Fact
from bot.errors import InputMissing
from bot.journal import rows
from bot.journal.fold import PRIVATE
from bot.journal.place import place
from bot.journal.reading import Reader, RunInfo, both, reading
from bot.journal.round_trips import round_trips_of

_decode = msgspec.json.Decoder(dict[str, Fact]).decode
_SENT = 'SELECT "decision".id, "decision".facts FROM "bracket" JOIN "decision" ON "decision".id = "bracket".decision_id'


def promises(url: str, account: str) -> list[Heard]:
    """All of it in order of writing; nothing for a private account, or without a journal.

    Raises ConfigError for another schema, DataDamaged, Unreachable.
    """
    where = place(url)
    if account.startswith(PRIVATE) or (where.path is not None and not where.path.exists()):
        return []
    try:
        with reading(where) as reader:
            return heard(reader, [run for run in reader.runs if run.account == account])
    except InputMissing:
        return []  # a server's database that has no tables yet: the run makes them


def heard(reader: Reader, runs: Sequence[RunInfo]) -> list[Heard]:
    """The same of these runs."""
    found: list[tuple[int, Heard]] = []
    facts: dict[str, dict[str, Fact]] = {}
    for row in reader.each(rows.Decision, runs):
        if f'"{MODEL}"' not in row.facts:
            continue
        told = _decode(row.facts)
        if (said := spoken(row.strategy, told, row.known)) is not None:
            found.append((row.seq, said))
        if row.verdict == "approved":
            facts[row.id] = told
    promised = [row for row in reader.among(rows.Bracket, "decision_id", facts) if row.decision_id in facts]
    for trip in round_trips_of(reader, promised):
        told, last = facts[trip.bracket.decision_id], trip.exits[-1]
        came = outcome(trip.bracket.strategy, told, trip.bracket.id, trip.exit_reason, last.ts)
        if came is not None:
            found.append((last.seq, came))
    for control in reader.read(rows.Control, runs):
        _, dot, strategy = control.key.partition(".")
        if dot and control.key == model_key(strategy):
            found.append((control.seq, Reset(strategy, control.ts)))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def chances(reader: Reader, runs: Sequence[RunInfo]) -> dict[str, Said]:
    """The chance of winning that a model said of what `runs` sent, by decision; nothing where no model was asked."""
    where, values = both(('"decision".facts LIKE ?', [f'%"{P0}"%']), *reader.written_by("bracket", runs))
    found = ((name, chance_in(facts)) for name, facts in reader.query(f"{_SENT} WHERE {where}", values))
    return {name: said for name, said in found if said is not None}


def chance_in(facts: str) -> Said | None:
    """The same of one decision's facts, as the journal has them."""
    return chance(_decode(facts)) if f'"{P0}"' in facts else None
