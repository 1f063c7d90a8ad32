"""Which contract of a future is traded, and from which day on it is the next one. Pure: dates in, a choice out.

    "8d"       the next contract from eight days before the last trading day on
    "volume"   the contract that traded more yesterday, of the nearest two; the last two days belong to the next one in
               any case. Where nobody tells yesterday's volume, "8d" stands in
    a date     the next contract from that day on; a date that belongs to a contract long gone counts for nothing and
               "8d" stands in

A contract in which a position or an order lives is kept while it trades. Last trading days are the broker's, never
computed: a third Friday may be a holiday.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

DAYS = "8d"
VOLUME = "volume"
VOLUME_DAYS = 2
WARN_DAYS = 3
"""So long before the roll it is told at every start."""
_DAY = timedelta(1)
_MONTH = timedelta(30)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One contract month of a product."""

    contract: str
    """`ESZ2026`."""
    last: date
    """Its last trading day, by the broker."""
    gap: int = 3
    """Months since the contract before it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The contract that is traded."""

    candidate: Candidate
    rolls: date
    """From this day on no entry is sent in it."""
    notes: tuple[str, ...] = ()


class Expired(ValueError):
    """There is no contract to trade, or the one that is held trades no more."""


def choose(
    candidates: Sequence[Candidate],
    rule: str,
    today: date,
    *,
    held: str = "",
    volumes: Mapping[str, float] | None = None,
) -> Chosen:
    """The contract for a start on `today` (the exchange's date). Raises Expired, in words.

    `volumes` is contract → what it traded yesterday, where the rule is "volume" and the broker answered.
    """
    alive = sorted((one for one in candidates if one.last >= today), key=lambda one: one.last)
    if held:
        return _held(candidates, alive, rule, today, held)
    if not alive:
        newest = max(candidates, key=lambda one: one.last, default=None)
        raise Expired(f"{newest.contract} stopped trading on {newest.last}" if newest else "no contract is listed")
    notes: list[str] = []
    if rule == VOLUME and volumes is None:
        notes.append(f'yesterday\'s volume was not told, so "{DAYS}" stands in for "volume"')
        rule = DAYS
    if rule == VOLUME and volumes is not None:
        found = _by_volume(alive, today, volumes)
        return Chosen(found, roll_date(found, rule), (*notes, *_warning(found, rule, today)))
    if _is_date(rule) and not any(_belongs(rule, one) for one in candidates):
        notes.append(f'roll = "{rule}" belongs to none of the contracts at hand, so "{DAYS}" stands in for it')
    found = next((one for one in alive if roll_date(one, rule) > today), alive[-1])
    if roll_date(found, rule) <= today:
        notes.append(f"nothing later than {found.contract} is listed, though it should have been left already")
    return Chosen(found, roll_date(found, rule), (*notes, *_warning(found, rule, today)))


def roll_date(one: Candidate, rule: str) -> date:
    """From which day on the next contract is traded instead of this one."""
    if rule == VOLUME:
        return one.last - VOLUME_DAYS * _DAY
    if _is_date(rule):
        if _belongs(rule, one):
            return date.fromisoformat(rule)
        rule = DAYS
    days = re.match(r"^(\d+)d$", rule)
    assert days is not None, "a roll rule is checked when it is read"
    return one.last - int(days[1]) * _DAY


def _held(candidates: Sequence[Candidate], alive: Sequence[Candidate], rule: str, today: date, held: str) -> Chosen:
    found = next((one for one in alive if one.contract == held), None)
    if found is None:
        gone = next((one for one in candidates if one.contract == held), None)
        when = f"stopped trading on {gone.last}" if gone else "is not among the contracts that the broker lists"
        raise Expired(f"the journal knows a position or an order in {held}, which {when}")
    rolls, notes = roll_date(found, rule), list[str]()
    if today >= rolls:
        notes.append(f"{held} is held though it should have been left on {rolls}; it trades until {found.last}")
    return Chosen(found, rolls, (*notes, *([] if notes else _warning(found, rule, today))))


def _by_volume(alive: Sequence[Candidate], today: date, volumes: Mapping[str, float]) -> Candidate:
    late = [one for one in alive if roll_date(one, VOLUME) > today] or list(alive[-1:])
    return max(late[:2], key=lambda one: (volumes.get(one.contract, 0), -one.last.toordinal()))


def _warning(one: Candidate, rule: str, today: date) -> list[str]:
    rolls = roll_date(one, rule)
    if not rolls - WARN_DAYS * _DAY <= today < rolls:
        return []
    days = (rolls - today).days
    return [f"{one.contract} rolls in {days} day{'s' if days > 1 else ''}: from {rolls} on no entry is sent in it"]


def _belongs(rule: str, one: Candidate) -> bool:
    """Whether a date lies in the time in which a contract is the nearest."""
    return one.last - one.gap * _MONTH < date.fromisoformat(rule) <= one.last


def _is_date(rule: str) -> bool:
    return rule != VOLUME and not re.match(r"^\d+d$", rule)
