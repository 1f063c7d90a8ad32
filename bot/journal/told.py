"""What only one of two runs was told: a person's commands, a calendar that changed while it lasted.

None of it is a difference by itself, for a live run has what a plain replay of its tape has not. It is one as soon as
something follows from it.
"""

from collections.abc import Iterator

from bot.journal import rows
from bot.journal.causes import CALENDAR, PAUSE, Cause
from bot.journal.reading import Reader, RunInfo
from bot.journal.values import clock

_OBEYED = ("pause", "resume", "cancel-entries", "flatten", "stop", "model-reset")
_REFUSED = "refused"
"""How the result of a command begins that did nothing."""


def told_differently(reader_a: Reader, a: RunInfo, reader_b: Reader, b: RunInfo) -> list[Cause]:
    """Causes by time."""
    both = (("A", reader_a, a, b), ("B", reader_b, b, a))
    commands = {name: _commands(reader, run, other) for name, reader, run, other in both}
    renewals = {name: _renewals(reader, run) for name, reader, run, _ in both}
    found = []
    for here, there in (("A", "B"), ("B", "A")):
        for nonce, row in commands[here].items():
            if nonce not in commands[there]:
                found.append(_cause(PAUSE, row.ts, f"{_named(row)}, which only {here} was told", here, row))
        for key, renewal in renewals[here].items():
            if key not in renewals[there]:
                what = f"the calendar of {clock(renewal.ts)}, which only {here} took up"
                found.append(_cause(CALENDAR, renewal.ts, what, here, renewal))
    return sorted(found, key=lambda cause: cause.ts)


def _cause(kind: str, ts: int, what: str, here: str, row: rows.Row) -> Cause:
    told = dict(zip(row._fields, row, strict=True))
    sides = {"a": told if here == "A" else None, "b": told if here == "B" else None}
    return Cause(ts, kind, what, told={"kind": kind, **sides, "why": what})


def _commands(reader: Reader, run: RunInfo, other: RunInfo) -> dict[str, rows.Command]:
    """By nonce, which a replay has made its own; what it brings about by one, because it was in force, is none."""
    found = {row.nonce.removeprefix(f"{run.run}-"): row for row in _obeyed(reader, run)}
    return {nonce: row for nonce, row in found.items() if not nonce.startswith(f"{other.run}-")}


def _obeyed(reader: Reader, run: RunInfo) -> Iterator[rows.Command]:
    for row in reader.read(rows.Command, [run]):
        ends = row.verb == "stop" and not row.strategy and not row.instrument
        if row.verb in _OBEYED and not ends and not row.result.startswith(_REFUSED):
            yield row


def _named(row: rows.Command) -> str:
    scope = " ".join(word for word in (row.strategy, row.instrument) if word)
    reason = f" ({row.reason})" if row.reason else ""
    return f"the {row.verb}{f' of {scope}' if scope else ''} at {clock(row.ts)}{reason}"


def _renewals(reader: Reader, run: RunInfo) -> dict[tuple[str, str], rows.Control]:
    return {(row.value, row.why): row for row in reader.read(rows.Control, [run]) if row.key == CALENDAR}
