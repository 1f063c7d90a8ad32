"""Candidates with their label, for training: what a strategy proposed, and whether the target came first.

What was sent is labelled by its own round trip, what was refused by the tape of its run, alone in the market (as
`refused` has it); both under the queue fill model only. What never filled, or was ended by the tape's end or a person's
hand, has no label. A proposal that several runs made of one tape counts once: the newest run's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from bot.domain.abstain import won
from bot.domain.instrument import Instrument
from bot.journal import rows
from bot.journal.filters import Filters
from bot.journal.lists import Wanted
from bot.journal.reading import Reader, RunInfo
from bot.journal.round_trips import RoundTrip, round_trips_of
from bot.models.fit import Candidate
from bot.review.refused import BLOCKED, Ask, wanted
from bot.review.trips import BROKER
from bot.sessions import day_at, days_of

QUEUE = "queue"
_evidence = msgspec.json.Decoder(dict[str, float | None]).decode


@dataclass(slots=True)
class Labelled:
    """What was found, and how many were not: by why."""

    candidates: list[Candidate] = field(default_factory=list)
    untold: dict[str, str] = field(default_factory=dict)
    """Runs whose tape could not be asked → why."""
    left_out: dict[str, int] = field(default_factory=dict)

    def leave(self, why: str, count: int = 1) -> None:
        """So many more without a label."""
        if count:
            self.left_out[why] = self.left_out.get(why, 0) + count


def labelled(reader: Reader, runs: Sequence[RunInfo], filters: Filters, ask: Ask) -> Labelled:
    """What the filters let through of what the runs proposed, oldest first."""
    runs, found = filters.runs(runs), Labelled()
    passing = Wanted.of(reader, runs, filters)
    instruments = {(one.run, one.product): one for one in reader.read(rows.Instrument, runs)}
    kept: dict[tuple[object, ...], Candidate] = {}
    for run in runs:
        decisions = [row for row in reader.each(rows.Decision, [run]) if passing.has(row, row.ts)]
        mine = [row for row in decisions if filters.strategy in ("", row.strategy)]
        priced = [row for row in mine if row.signal_id and row.entry is not None]
        found.leave("no prices or no signal", len(mine) - len(priced))
        if priced and (run.fill_model or BROKER) != QUEUE:
            found.leave(f"filled by {run.fill_model or BROKER}", len(priced))
            continue
        ends = _sent(reader, priced)
        if any(row.verdict == BLOCKED for row in priced):
            told = wanted(reader, [run], filters, ask, (BLOCKED,))
            found.untold |= told.untold
            ends |= {one.id: (one.made.end, one.made.exit_ns) for one in told.refused if one.made and one.made.filled}
        signals = {row.id: row for row in reader.among(rows.Signal, "id", {row.signal_id for row in priced})}
        for row in priced:
            reason, end = ends.get(row.id, ("", 0))
            is_won = won(reason)
            if is_won is None:
                unasked = row.verdict == BLOCKED and run.run in found.untold
                found.leave("its tape cannot be asked" if unasked else "never filled, or ended by nothing of its own")
                continue
            key = (row.strategy, row.instrument, row.known, row.side, row.entry)
            one = instruments[row.run, row.instrument]
            kept[key] = _candidate(row, signals[str(row.signal_id)], one, end, won=is_won)
    found.candidates = sorted(kept.values(), key=lambda one: (one.known, one.id))
    return found


def _sent(reader: Reader, priced: Sequence[rows.Decision]) -> dict[str, tuple[str, int]]:
    """Decision → why its bracket was left, and when."""
    approved = {row.id for row in priced if row.verdict != BLOCKED}
    trips: Sequence[RoundTrip] = round_trips_of(reader, reader.among(rows.Bracket, "decision_id", approved))
    return {one.bracket.decision_id: (one.exit_reason, one.exits[-1].ts) for one in trips}


def _candidate(row: rows.Decision, signal: rows.Signal, one: rows.Instrument, end: int, *, won: bool) -> Candidate:
    assert row.entry is not None
    assert row.stop is not None
    assert row.target is not None
    side = row.side or 1
    facts = Instrument(one.product, Decimal(one.tick), Decimal(one.tick_value), commission=Decimal(one.commission))
    risk, reward = side * (row.entry - row.stop), side * (row.target - row.entry)
    evidence: Mapping[str, float | None] = _evidence(signal.evidence)
    days = days_of(one, row.known, row.known)
    return Candidate(
        id=row.id,
        strategy=row.strategy,
        session=int(days[day_at(days, row.known)]["date"]),
        known=row.known,
        end=end,
        evidence=evidence,
        params_hash=signal.params_hash,
        fill_model=QUEUE,
        break_even=float(facts.break_even(risk, reward)) if risk > 0 and reward > 0 else 1.0,
        won=won,
    )
