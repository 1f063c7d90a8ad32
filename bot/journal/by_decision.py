"""A live run against a replay of its tape: what was seen, wanted, decided and filled, and why each difference is there.

What only a live run can have (links, clocks, heartbeats, modes, the broker's names, the stamps of its acknowledgements,
what a commission came to) is no difference; a command is one as soon as something follows from it. Signals and
proposals must be the same. A fill is the broker's word in one of the runs and a model's in the other: where they part
the kind is `fill-model`, or `late-fill`. A refusal by a rule that only a desk with a broker has (`link`, `feed`,
`health` …) has that rule as its kind. All are gone through in the order of time: what follows from one has its kind.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.domain.order import Role
from bot.journal import rows
from bot.journal.causes import (
    CALENDAR,
    DECISION,
    FILL,
    FILL_MODEL,
    LATE_FILL,
    MISSED_TICK,
    PAUSE,
    ROLL,
    SIGNAL,
    Cause,
    Causes,
    made_of,
)
from bot.journal.made_of import made_differently
from bot.journal.outcome import Outcome, Parted, filled_differently, outcomes
from bot.journal.reading import Reader, RunInfo
from bot.journal.row_diff import CONFIG, Difference, keyed, table_differences
from bot.journal.ticks import RECORDING, missed
from bot.journal.told import told_differently
from bot.journal.values import clock

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

_BY_SETTINGS = frozenset({CALENDAR, ROLL})
"""Kinds of rules that settings can move as well: a strategy's own hours, for one."""

Key = tuple[object, ...]
Step = tuple[int, int, Callable[[Causes], Difference | None]]
"""When (ns UTC), its place among those of one moment, and what finds the difference, given all that came before."""


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
    made = list(made_differently(reader_a, a, reader_b, b))
    causes = Causes([*map(made_of, made), *told_differently(reader_a, a, reader_b, b)])
    if lost := missed(reader_a, a, reader_b, b):
        causes.add(lost[0])
        made.append(lost[1])
    one, other = _side("A", reader_a, a), _side("B", reader_b, b)
    steps = [*_seen(reader_a, reader_b, one, other), *_filled(one, other), *_judged(one, other)]
    found = []
    for ts, _, find in sorted(steps, key=lambda step: step[:2]):
        difference = find(causes)
        if difference is not None:
            found.append((ts, difference))
    # What was told comes before whatever has its stamp.
    told = [(cause.ts, cause.told) for cause in causes.explained if cause.told]
    return [*made, *(difference for _, difference in sorted([*told, *found], key=lambda pair: pair[0]))]


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


def _seen(reader_a: Reader, reader_b: Reader, one: Side, other: Side) -> Iterator[Step]:
    for table in ("signal", "candidate"):
        for difference in table_differences(
            table, keyed(reader_a, one.info, table), keyed(reader_b, other.info, table)
        ):
            row = difference["a"] or difference["b"]
            yield row["known"], 0, partial(_signal, difference, table, one, other)


def _signal(difference: Difference, table: str, one: Side, other: Side, causes: Causes) -> Difference:
    """What was seen after the other's tape had ended is the last moments of a process that was killed."""
    for there, row in ((other, difference["a"]), (one, difference["b"])):
        alone = difference["b" if row is difference["a"] else "a"] is None
        if row is not None and alone and there.until_ns is not None and row["known"] > there.until_ns:
            why = f"{difference['why']}: it was seen after the end of {there.name}'s tape"
            return {**difference, "kind": RECORDING, "why": why}
    row = difference["a"] or difference["b"]
    if cause := causes.of(SIGNAL, row["known"]):
        return causes.follows(difference, cause)
    if table == "signal":
        what = f"the {row['kind']} signal in {row['instrument']} of {clock(row['ts'])}"
        causes.add(Cause(row["known"], difference["kind"], what))
    return difference


def _filled(one: Side, other: Side) -> Iterator[Step]:
    """Brackets that both runs sent and that were not filled alike."""
    for key in one.decisions.keys() & other.decisions.keys():
        left, right = (side.outcomes.get(side.decisions[key].id) for side in (one, other))
        if left is None or right is None:
            continue
        parted = filled_differently(left, right)
        if parted is not None:
            yield parted.ts, 1, partial(_fill, parted, left, right, one, other)


def _fill(parted: Parted, left: Outcome, right: Outcome, one: Side, other: Side, causes: Causes) -> Difference:
    """A broker's word against a model's, unless the desk itself did something else."""
    difference = {"kind": FILL, "a": left.told(), "b": right.told(), "why": parted.why}
    ours, models = {one.info.adapter, other.info.adapter} <= _OUR_OWN, {one.info.fill_model, other.info.fill_model}
    same_model = len(models) == 1 or "" in models  # a broker does not tell its own
    if ours and same_model:
        cause = causes.of(FILL, parted.ts)
    elif parted.role == Role.FLATTEN:
        cause = causes.of(FILL, parted.ts, CALENDAR, CONFIG, PAUSE)
    else:
        cause = causes.of(FILL, parted.ts, MISSED_TICK) if same_model else None
    if cause is not None:
        return causes.follows(difference, cause)
    if same_model and (parted.later if ours else parted.late):
        kind = LATE_FILL
    else:
        kind = FILL if ours and same_model else FILL_MODEL
    causes.add(Cause(parted.ts, kind, left.named))
    return {**difference, "kind": kind}


def _judged(one: Side, other: Side) -> Iterator[Step]:
    for key in sorted({*one.decisions, *other.decisions}, key=lambda key: (key[0], str(key))):
        yield int(str(key[0])), 2, partial(_decision, key, one, other)


def _decision(key: Key, one: Side, other: Side, causes: Causes) -> Difference | None:
    """How a decision differs and why; None when it does not. A consequence is no cause: it has one."""
    difference = _decided(key, one, other, causes)
    if difference is not None and "follows" not in difference:
        known, strategy, product, *_ = key
        ts = int(str(known))
        causes.add(Cause(ts, difference["kind"], f"the decision on {strategy} in {product} at {clock(ts)}"))
    return difference


def _decided(key: Key, one: Side, other: Side, causes: Causes) -> Difference | None:
    left, right = one.decisions.get(key), other.decisions.get(key)
    told = {"a": _told(left), "b": _told(right)}
    known = int(str(key[0]))
    if left is None or right is None:
        here, there, row = (one, other, left) if left is not None else (other, one, right)
        assert row is not None, "a key comes from one of the two"
        what = f"a proposal of {row.strategy} in {row.instrument} at {clock(known)} only in {here.name}"
        if there.until_ns is not None and known > there.until_ns:
            return {"kind": RECORDING, **told, "why": f"{what}: it came after the end of {there.name}'s tape"}
        return _consequence(what, known, told, causes)
    changed = _changed(left, right)
    if changed:
        return _consequence(f"another proposal of {left.strategy}: {changed}", known, told, causes, alone="")
    if _passed(left) == _passed(right) and _rules(left) == _rules(right):
        return None
    return _verdict(left, right, one, other, told, causes)


def _verdict(
    left: rows.Decision,
    right: rows.Decision,
    one: Side,
    other: Side,
    told: Mapping[str, Any],
    causes: Causes,
) -> Difference:
    """The same proposal, judged differently."""
    what = f"{left.strategy} in {left.instrument} at {clock(left.known)} was {_verdict_of(left)} in A"
    what += f" and {_verdict_of(right)} in B"
    differing = _rules(left) ^ _rules(right)
    kinds = {_LIVE_RULES[rule] for rule in differing if rule in _LIVE_RULES}
    if kinds and differing <= _LIVE_RULES.keys():
        kind = min(kinds)
        said = [text for row in (left, right) for rule, text in _reasons(row) if rule in differing]
        difference = {"kind": kind, **told, "why": f"{what}: {'; '.join(said)}"}
        kinds = {kind, CONFIG} if kind in _BY_SETTINGS else {kind}
        by = causes.standing(DECISION, left.known, *kinds)
        return difference if by is None else causes.follows(difference, by)
    if causes.of(DECISION, left.known):
        return _consequence(what, left.known, told, causes)
    if differing <= _DAY_RULES | _LIVE_RULES.keys() and not (one.first and other.first):
        return {"kind": "account", **told, "why": f"{what}: an earlier run of the account counts there"}
    return _consequence(what, left.known, told, causes)


def _consequence(
    what: str, known: int, told: Mapping[str, Any], causes: Causes, alone: str = ": nothing explains it"
) -> Difference:
    """A difference with its cause, or with the words that it has none."""
    cause = causes.of(DECISION, known)
    if cause is None:
        return {"kind": DECISION, **told, "why": f"{what}{alone}"}
    return causes.follows({"kind": DECISION, **told, "why": what}, cause)


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
