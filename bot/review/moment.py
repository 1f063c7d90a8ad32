"""What the journal knows about one moment: was a desk there, could it enter, what was seen, wanted, refused, done.

    moment(reader, runs, asked)    the facts; `moment_words.tell` puts them into words

It answers "why was there no trade at 10:14": one look, whatever the reason was.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from bot.domain.command import DAY_END, KILL, PAUSE, STRATEGY
from bot.domain.market import Days
from bot.domain.mode import Mode
from bot.errors import InputMissing
from bot.journal import rows
from bot.journal.explain import decision_facts, fill_facts, order_facts, run_facts, signal_facts
from bot.journal.reading import Condition, Reader, RunInfo, both, table_of
from bot.journal.standing import standing
from bot.journal.values import LONG_SHORT, Grid, grids
from bot.review.allowed import allowed, exchange, sessions_of
from bot.review.moment_words import answer
from bot.review.when import Asked, Span, found

Facts = dict[str, Any]
R = TypeVar("R", bound=tuple[Any, ...])
Placed = TypeVar("Placed", rows.Signal, rows.Candidate, rows.Decision, rows.Bracket, rows.Order, rows.Fill)

FEED, HOUSE, CALENDAR = "feed", "house", "calendar"
_OPEN = (None, False, 0, "", "live", "sampled")
"""Values of `control` that close nothing."""
_OF_THE_RUN = (FEED, HOUSE)
_CLOSES = (PAUSE, KILL, STRATEGY, DAY_END, *_OF_THE_RUN)
_MODES = frozenset(Mode)
_PERHAPS_HELD = """
    SELECT bracket_id FROM fill WHERE ts <= ? GROUP BY bracket_id
    HAVING SUM(side * quantity) <> 0 OR COUNT(corrects) > 0
"""
"""Brackets that are worth a look: what their executions come to is not nothing, or may not be what stands."""


def moment(reader: Reader, runs: Sequence[RunInfo], asked: Asked) -> Facts:
    """The facts of a moment; `answer` has the sentences that matter most. Raises UsageError, InputMissing."""
    at = found(reader, runs, asked)
    facts: Facts = {
        "kind": "moment",
        "from_ns": at.from_ns,
        "to_ns": at.to_ns,
        "instrument": asked.instrument or None,
        "run": None if at.here is None else run_facts(reader, at.here.run),
        "before": _neighbour(reader, at.before),
        "after": _neighbour(reader, at.after),
    }
    if at.here is not None:
        facts |= _of_run(reader, at.here.run, at.from_ns, at.to_ns, asked.instrument)
    return {**facts, "answer": answer(facts)}


def _neighbour(reader: Reader, span: Span | None) -> Facts | None:
    if span is None:
        return None
    return {**run_facts(reader, span.run), "from_ns": span.first, "to_ns": span.last}


def _of_run(reader: Reader, run: RunInfo, from_ns: int, to_ns: int, wanted: str) -> Facts:
    """What one run knew, said and did in [from, to)."""
    (row,) = reader.where(rows.Run, "run", run.run)
    revised = [one for one in reader.read(rows.ConfigRevision, [run]) if one.ts < to_ns]
    if revised:
        row = row._replace(config=revised[-1].config)
    every = reader.read(rows.Instrument, [run])
    instruments = [one for one in every if wanted in ("", one.product, one.contract)]
    if not instruments:
        raise InputMissing(
            f"run {run.run} had no instrument {wanted!r}", allowed=", ".join(one.product for one in every)
        )
    grid = {product: one for (_, product), one in grids(every).items()}
    known = {one.product: sessions_of(one, from_ns) for one in instruments}
    controls = [one for one in _controls(reader, run) if one.ts < to_ns]
    renewed = [one for one in controls if one.key == CALENDAR and msgspec.json.decode(one.value)]
    text = msgspec.json.decode(renewed[-1].value) if renewed else msgspec.json.decode(row.config).get(CALENDAR, "")
    strategies, unread = allowed(row, text, known, from_ns)
    look = _Look(reader, run, from_ns, to_ns, wanted)
    decisions = list(look.about(rows.Decision, "known"))
    return {
        "dry": bool(row.dry),
        "exchange": [_exchange(one, known[one.product], from_ns) for one in instruments],
        "mode": _mode(reader, run, from_ns, to_ns),
        "closed": [_closed(one) for one in _in_force(controls, from_ns, _date(known, from_ns))],
        "link": _link(reader, run, to_ns),
        "strategies": strategies,
        "unread": unread,
        "held": _held(reader, run, from_ns, wanted),
        "signals": _seen(look, list(look.about(rows.Signal, "known")), grid),
        "candidates": [
            _placed(one, signal_facts(one, grid[one.instrument], ())) for one in look.about(rows.Candidate, "known")
        ],
        "decisions": [_placed(one, decision_facts(one, grid[one.instrument])) for one in decisions],
        "orders": [_order(one, grid[one.instrument]) for one in look.about(rows.Order, "created_ns")],
        "fills": [_fill(one, grid[one.instrument]) for one in standing(look.about(rows.Fill, "ts"))],
        "commands": [
            {"ts_ns": one.ts, "verb": one.verb, "reason": one.reason, "result": one.result}
            for one in look.of(rows.Command, "ts")
        ],
        "last_signal": _nearest(look, grid, "MAX", '"signal"."known" < ?', from_ns),
        "next_signal": _nearest(look, grid, "MIN", '"signal"."known" >= ?', to_ns),
    }


class _Look:
    """Rows of one run in one span of time, of one instrument where that is wanted.

    A run's rows begin after its own: a database that is told a lower bound twice may well take the worse one.
    """

    def __init__(self, reader: Reader, run: RunInfo, from_ns: int, to_ns: int, wanted: str) -> None:
        self.reader, self.run = reader, run
        self._span, self._wanted = (from_ns, to_ns), wanted

    def of(self, kind: type[R], column: str) -> list[R]:
        """Rows whose `column` lies in the span, whatever they speak of."""
        table = table_of(kind)
        inside = (f'"{table}"."{column}" >= ? AND "{table}"."{column}" < ?', [*self._span])
        return self.reader.some(kind, [*self.reader.written_by(table, [self.run]), inside], self.run.seq)

    def about(self, kind: type[Placed], column: str) -> Iterator[Placed]:
        """The same, of the instrument that is wanted."""
        return (one for one in self.of(kind, column) if self._wanted in ("", one.instrument, one.contract))

    def decisions_on(self, ids: Sequence[str]) -> list[rows.Decision]:
        """What was decided about these signals."""
        among = (f'"decision"."signal_id" IN ({", ".join("?" * len(ids)) or "NULL"})', ids)
        return self.reader.some(rows.Decision, [*self.reader.written_by("decision", [self.run]), among], self.run.seq)

    def nearest(self, which: str, beyond: str, ts: int) -> rows.Signal | None:
        """The signal that was known last before, or first after."""
        own: list[Condition] = [*self.reader.written_by("signal", [self.run])]
        if self._wanted:
            own.append(('("signal"."instrument" = ? OR "signal"."contract" = ?)', [self._wanted, self._wanted]))
        where, values = both((beyond, [ts]), *own)
        ((at,),) = self.reader.query(f'SELECT {which}("known") FROM "signal" WHERE {where}', values)
        if at is None:
            return None
        return self.reader.some(rows.Signal, [*own, ('"signal"."known" = ?', [at])], self.run.seq, 1)[0]


def _nearest(look: _Look, grid: dict[str, Grid], which: str, beyond: str, ts: int) -> Facts | None:
    row = look.nearest(which, beyond, ts)
    return None if row is None else _seen(look, [row], grid)[0]


def _seen(look: _Look, signals: Sequence[rows.Signal], grid: dict[str, Grid]) -> list[Facts]:
    asked = look.decisions_on([one.id for one in signals])
    return [_placed(one, signal_facts(one, grid[one.instrument], asked)) for one in signals]


def _placed(row: rows.Signal | rows.Candidate | rows.Decision, facts: Facts) -> Facts:
    return {"instrument": row.instrument, "contract": row.contract, **facts, "known_ns": row.known}


def _order(row: rows.Order, grid: Grid) -> Facts:
    return {"bracket_id": row.bracket_id, "contract": row.contract, **order_facts(row, grid)}


def _fill(row: rows.Fill, grid: Grid) -> Facts:
    return {"bracket_id": row.bracket_id, "contract": row.contract, **fill_facts(row, grid)}


def _exchange(it: rows.Instrument, known: Days, ts: int) -> Facts:
    return {"instrument": it.product, "contract": it.contract, **exchange(known, ts)}


def _date(known: dict[str, Days], ts: int) -> int:
    return max((int(exchange(days, ts)["date"]) for days in known.values()), default=0)


def _mode(reader: Reader, run: RunInfo, from_ns: int, to_ns: int) -> list[Facts]:
    """The desk's mode as the moment began, and every change in it; empty in a replay, which has none."""
    told = [one for one in reader.read(rows.ModeChange, [run]) if one.ts is not None and one.mode in _MODES]
    before = [one for one in told if (one.ts or 0) <= from_ns][-1:]
    inside = [one for one in told if from_ns < (one.ts or 0) < to_ns]
    return [
        {"mode": one.mode, "since_ns": one.ts, "causes": msgspec.json.decode(one.causes)} for one in (*before, *inside)
    ]


def _link(reader: Reader, run: RunInfo, to_ns: int) -> Facts | None:
    told = [one for one in reader.read(rows.LinkEvent, [run]) if one.ts < to_ns]
    return {"state": told[-1].state, "since_ns": told[-1].ts, "code": told[-1].code} if told else None


def _controls(reader: Reader, run: RunInfo) -> list[rows.Control]:
    """What this run has set, and what earlier runs of the account have left in force for it."""
    account = [one for one in reader.runs if one.account == run.account and one.seq <= run.seq]
    told = reader.read(rows.Control, account)
    return [one for one in told if one.run == run.run or not one.key.startswith((*_OF_THE_RUN, CALENDAR))]


def _in_force(controls: Sequence[rows.Control], from_ns: int, date: int) -> Iterator[rows.Control]:
    """What closed entries at some time of the moment."""
    standing_now: dict[str, rows.Control] = {}
    for row in controls:
        before = standing_now.get(row.key)
        if before is not None and row.ts > from_ns and _shuts(before, date):
            yield before
        standing_now[row.key] = row
    yield from (row for row in standing_now.values() if _shuts(row, date))


def _shuts(row: rows.Control, date: int) -> bool:
    value = msgspec.json.decode(row.value)
    if not row.key.startswith(_CLOSES) or value in _OPEN:
        return False
    if row.key == DAY_END:
        return bool(value == date)
    # Of a strategy a number counts its errors: it is asked until it has failed.
    return not row.key.startswith(f"{STRATEGY}.") or isinstance(value, str)


def _closed(row: rows.Control) -> Facts:
    return {"key": row.key, "since_ns": row.ts, "why": row.why, "run": row.run}


def _held(reader: Reader, run: RunInfo, ts: int, wanted: str) -> list[Facts]:
    """Positions as the moment began, bracket by bracket, those of earlier runs of the account too."""
    account = {one.run for one in reader.runs if one.account == run.account and one.seq <= run.seq}
    held: dict[str, int] = {}
    since: dict[str, int] = {}
    told = reader.among(rows.Fill, "bracket_id", [one for (one,) in reader.query(_PERHAPS_HELD, [ts])])
    for fill in standing(fill for fill in told if fill.ts <= ts and fill.run in account):
        if fill.bracket_id is not None and wanted in ("", fill.instrument, fill.contract):
            held[fill.bracket_id] = held.get(fill.bracket_id, 0) + fill.side * fill.quantity
            since.setdefault(fill.bracket_id, fill.ts)
    opened = reader.among(rows.Bracket, "id", [one for one, quantity in held.items() if quantity])
    return [
        {
            "bracket_id": one.id,
            "strategy": one.strategy,
            "contract": one.contract,
            "side": LONG_SHORT[one.side],
            "quantity": abs(held[one.id]),
            "since_ns": since[one.id],
        }
        for one in opened
    ]
