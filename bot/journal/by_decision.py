"""A live run against a replay of its tape: what was seen, wanted, decided and filled, and why each difference is there.

What only a live run can have (links, clocks, heartbeats, modes, commands, the broker's names, the stamps of its
acknowledgements, what a commission came to) is no difference. Signals and proposals must be the same. A fill is the
broker's word in one of the runs and a model's in the other: where they part the kind is `fill-model`. What the two
decided differently afterwards, because a position was or was not there, is a consequence and named as one; a refusal
by a rule that only a desk with a broker has (`link`, `feed`, `health` …) has that rule as its kind.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.journal import rows
from bot.journal.made_of import made_differently
from bot.journal.outcome import Outcome, clock, filled_differently, outcomes
from bot.journal.reading import Reader, RunInfo
from bot.journal.row_diff import Difference, keyed, table_differences

REPLAY, SYNTHETIC = "replay", "synthetic"
_OUR_OWN = frozenset({REPLAY, SYNTHETIC})

_LIVE_RULES: Mapping[str, str] = {
    "link": "link",
    "feed": "feed",
    "health": "health",
    "house": "health",
    "freshness": "health",
    "paper": "account",
    "reconciled": "link",
    "foreign": "account",
    "roll": "roll",
    "hours": "calendar",
    "blackout": "calendar",
    "pause": "pause",
    "kill_switch": "pause",
}
"""Rule → kind of difference, where the rule speaks of what no tape tells, or of what a person said."""
_DAY_RULES = frozenset(
    {
        *(
            "position",
            "notional",
            "margin",
            "opposite",
            "open_brackets",
            "brackets_per_minute",
            "brackets_per_strategy",
        ),
        *("brackets_per_day", "losses_in_a_row", "cooldown", "day_end", "daily_loss", "daily_loss_r", "drawdown"),
        "duplicate",
    }
)
"""Rules that count what was done before, by an earlier run of the account too."""

Key = tuple[object, ...]
_FOLLOWS = "a consequence of"


@dataclass(frozen=True, slots=True)
class Cause:
    """A difference from which others may follow."""

    ts: int
    kind: str
    what: str  # "the short bracket in ES of 13:41:00.250Z"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs."""

    name: str  # "A" or "B"
    info: RunInfo
    decisions: Mapping[Key, rows.Decision]
    outcomes: Mapping[str, Outcome]  # by decision id
    first: bool  # no run of this account came before it
    until_ns: int | None  # the end of its tapes


def by_decision(a: RunInfo, b: RunInfo) -> bool:
    """Whether two runs had different kinds of brokers, or a live one: their rows cannot all be the same."""
    return a.adapter != b.adapter or not {a.adapter, b.adapter} <= _OUR_OWN


def decided(reader_a: Reader, a: RunInfo, reader_b: Reader, b: RunInfo) -> list[Difference]:
    """What two runs saw, wanted, decided and had filled differently, causes before their consequences."""
    found = list(made_differently(reader_a, a, reader_b, b))
    one, other = _side("A", reader_a, a), _side("B", reader_b, b)
    for table in ("signal", "candidate"):
        seen = table_differences(table, keyed(reader_a, a, table), keyed(reader_b, b, table))
        found += [_beyond_the_tape(difference, one, other) for difference in seen]
    parted = sorted(_parted(one, other), key=lambda difference: difference[0].ts)
    found += [difference for _, difference in parted]
    causes = [cause for cause, _ in parted]
    keys = sorted({*one.decisions, *other.decisions}, key=lambda key: (key[0], str(key)))
    for key in keys:
        difference = _decision(key, one, other, causes)
        if difference is None:
            continue
        found.append(difference)
        # A consequence is no cause: what follows from it follows from its own.
        if _FOLLOWS not in difference["why"]:
            causes.append(Cause(int(str(key[0])), difference["kind"], difference["why"].partition(":")[0]))
    return found


def _side(name: str, reader: Reader, info: RunInfo) -> Side:
    decisions: dict[Key, rows.Decision] = {}
    seen: Counter[Key] = Counter()
    for row in reader.read(rows.Decision, [info]):
        key = (row.known, row.strategy, row.instrument, row.side)
        decisions[(*key, seen[key])] = row
        seen[key] += 1
    earlier = [run for run in reader.runs if run.account == info.account and run.seq < info.seq]
    (row_of_run,) = reader.where(rows.Run, "run", info.run)
    ends = [tape.get("last_ns") for tape in json.loads(row_of_run.tapes)]
    until = max(ends) if ends and all(isinstance(end, int) for end in ends) else None
    return Side(name, info, decisions, outcomes(reader, info), not earlier, until)


def _beyond_the_tape(difference: Difference, one: Side, other: Side) -> Difference:
    """What a run saw after the other's tape had ended: the last moments of a process that was killed."""
    for here, there, row in ((one, other, difference["a"]), (other, one, difference["b"])):
        alone = difference["b" if row is difference["a"] else "a"] is None
        if row is not None and alone and there.until_ns is not None and row["known"] > there.until_ns:
            why = f"only in {here.name}: it was seen after the end of {there.name}'s tape"
            return {**difference, "kind": "recording", "why": why}
    return difference


def _parted(one: Side, other: Side) -> Iterator[tuple[Cause, Difference]]:
    """Brackets that both runs sent and that were not filled alike."""
    for key in one.decisions.keys() & other.decisions.keys():
        left, right = (side.outcomes.get(side.decisions[key].id) for side in (one, other))
        if left is None or right is None:
            continue
        parted = filled_differently(left, right)
        if parted is None:
            continue
        ts, why = parted
        modelled = (
            one.info.fill_model != other.info.fill_model or not {one.info.adapter, other.info.adapter} <= _OUR_OWN
        )
        kind = "fill-model" if modelled else "fill"
        yield Cause(ts, kind, left.named), {"kind": kind, "a": left.told(), "b": right.told(), "why": why}


def _decision(key: Key, one: Side, other: Side, causes: Sequence[Cause]) -> Difference | None:
    """How a decision differs and why; None when it does not."""
    left, right = one.decisions.get(key), other.decisions.get(key)
    told = {"a": _told(left), "b": _told(right)}
    known = int(str(key[0]))
    before = [cause for cause in causes if cause.ts <= known]
    if left is None or right is None:
        here, there, row = (one, other, left) if left is not None else (other, one, right)
        assert row is not None, "a key comes from one of the two"
        what = f"a proposal of {row.strategy} in {row.instrument} at {clock(known)} only in {here.name}"
        if there.until_ns is not None and known > there.until_ns:
            return {"kind": "recording", **told, "why": f"{what}: it came after the end of {there.name}'s tape"}
        return _consequence(what, before, told) or {"kind": "decision", **told, "why": f"{what}: nothing explains it"}
    changed = _changed(left, right)
    if changed:
        return {"kind": "decision", **told, "why": f"another proposal of {left.strategy}: {changed}"}
    if _passed(left) == _passed(right) and _rules(left) == _rules(right):
        return None
    return _verdict(left, right, one, other, before, told)


def _verdict(
    left: rows.Decision,
    right: rows.Decision,
    one: Side,
    other: Side,
    before: Sequence[Cause],
    told: Mapping[str, Any],
) -> Difference:
    """The same proposal, judged differently."""
    what = f"{left.strategy} in {left.instrument} at {clock(left.known)} was {_verdict_of(left)} in A"
    what += f" and {_verdict_of(right)} in B"
    mine, others = _rules(left), _rules(right)
    differing = mine ^ others
    kinds = {_LIVE_RULES[rule] for rule in differing if rule in _LIVE_RULES}
    if kinds and differing <= _LIVE_RULES.keys():
        said = [text for row in (left, right) for rule, text in _reasons(row) if rule in differing]
        return {"kind": min(kinds), **told, "why": f"{what}: {'; '.join(said)}"}
    found = _consequence(what, before, told)
    if found is not None:
        return found
    if differing <= _DAY_RULES | _LIVE_RULES.keys() and not (one.first and other.first):
        return {"kind": "account", **told, "why": f"{what}: an earlier run of the account counts there"}
    return {"kind": "decision", **told, "why": f"{what}: nothing explains it"}


def _consequence(what: str, before: Sequence[Cause], told: Mapping[str, Any]) -> Difference | None:
    if not before:
        return None
    cause = max(before, key=lambda one: one.ts)
    return {"kind": cause.kind, **told, "why": f"{what}: {_FOLLOWS} {cause.what}"}


def _changed(left: rows.Decision, right: rows.Decision) -> str:
    """What two proposals of one moment differ in."""
    columns = ("quantity", "entry", "stop", "target", "ttl_ns", "time_stop_ns", "why", "facts")
    pairs = [(name, getattr(left, name), getattr(right, name)) for name in columns]
    # A strategy that could not even propose has no prices: that is a verdict, not another proposal.
    if left.entry is None or right.entry is None:
        return ""
    return "; ".join(f"{name} is {one!r} in A, {other!r} in B" for name, one, other in pairs if one != other)


def _passed(row: rows.Decision) -> bool:
    return row.verdict != "blocked"


def _rules(row: rows.Decision) -> frozenset[str]:
    return frozenset(rule for rule, _ in _reasons(row))


def _reasons(row: rows.Decision) -> list[tuple[str, str]]:
    return [(reason["rule"], reason["message"]) for reason in json.loads(row.reasons)]


def _verdict_of(row: rows.Decision) -> str:
    return "let through" if _passed(row) else f"refused by {', '.join(sorted(_rules(row)))}"


def _told(row: rows.Decision | None) -> dict[str, Any] | None:
    if row is None:
        return None
    names = ("id", "known", "verdict", "strategy", "instrument", "side", "quantity", "entry", "stop", "target")
    return {**{name: getattr(row, name) for name in names}, "reasons": json.loads(row.reasons)}
