"""The fold of an account's runs: what a start must take up. Reads only; a private account has no past.

    fold(url, account="DU1234567") -> Past          every earlier run of that account
    fold(url, adapter="ib") -> Past                 of the account that this adapter's newest run traded

Positions are Σ fills + Σ adjustments by contract, with corrected executions replaced. A bracket has ended when its
newest state says so and it holds nothing: an execution may be the last thing that a run wrote of it. Counters of the
gate want what the last days brought, not the years before.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from bot.domain.command import DAY_END, KILL, STRATEGY, paused
from bot.domain.decision import Proposal
from bot.domain.order import (
    ENDED,
    OVER,
    Adjustment,
    BracketState,
    CommissionReport,
    FillReport,
    Order,
    OrderState,
    OrderType,
    Role,
)
from bot.domain.past import Happening, Past, PastBracket, PastMove, PastOrder, Setting
from bot.errors import InputMissing
from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import Reader, RunInfo, reading
from bot.journal.standing import standing

PRIVATE = "REPLAY-"
"""Accounts that begin so belong to one run alone."""
DAY_NS = 86_400_000_000_000
RECENT_NS = 8 * DAY_NS
"""How far back before the newest row counters and late fills reach: a broker tells the executions of seven days."""

_decode = msgspec.json.decode


def fold(url: str, *, account: str = "", adapter: str = "") -> Past:
    """What an account's earlier runs in the journal at `url` left behind; without a journal or a run, nothing.

    Without `account` it is the one of the newest run of `adapter`. Raises ConfigError for another schema, DataDamaged,
    Unreachable.
    """
    where = place(url)
    if account.startswith(PRIVATE) or (where.path is not None and not where.path.exists()):
        return Past(account)
    try:
        with reading(where) as reader:
            named = account or _newest(reader, adapter)
            runs = [run for run in reader.runs if run.account == named]
            return _Fold(reader, runs).past(named) if named and runs else Past(named)
    except InputMissing:
        return Past(account)  # a server's database that has no tables yet: the run makes them


def _newest(reader: Reader, adapter: str) -> str:
    found = (run.account for run in reversed(reader.runs) if run.adapter == adapter)
    return next((account for account in found if not account.startswith(PRIVATE)), "")


@dataclass(slots=True)
class _Kept:
    """One bracket's rows."""

    row: rows.Bracket
    decision: rows.Decision
    state: BracketState


class _Fold:
    """Everything that the runs wrote, sorted by what it speaks of."""

    def __init__(self, reader: Reader, runs: Sequence[RunInfo]) -> None:
        self._reader, self._runs = reader, runs
        self._fills = reader.read(rows.Fill, runs)
        self._adjustments = reader.read(rows.Adjustment, runs)
        self._brackets = reader.read(rows.Bracket, runs)
        self._events = reader.read(rows.BracketEvent, runs)
        self._states = {row.bracket_id: row for row in self._events}
        self._controls = reader.read(rows.Control, runs)
        self._instruments = {row.product: row for row in reader.read(rows.Instrument, runs)}
        self._products = tuple(self._instruments)
        newest = max((row.ts for row in self._states.values()), default=0)
        self._since = newest - RECENT_NS
        self._shares = self._held()

    def past(self, account: str) -> Past:
        """All of it."""
        kept = [bracket for bracket in map(self._keep, self._brackets) if bracket is not None]
        orders = self._orders({bracket.row.id for bracket in kept})
        brackets = tuple(self._bracket(bracket, orders[bracket.row.id]) for bracket in kept)
        live = [bracket for bracket in brackets if bracket.state not in OVER]
        positions = self._positions()
        named = {row.client_order_id: row.broker_id for row in self._reader.read(rows.BrokerOrder, self._runs)}
        alive = [one.order.client_order_id for it in live for one in it.orders if one.state not in ENDED]
        return Past(
            account=account,
            products=self._products,
            tick_values={name: Decimal(row.tick_value) for name, row in self._instruments.items()},
            brackets=brackets,
            happened=self._happened(kept),
            fills={fill.exec_id: fill.side * fill.quantity for fill in self._fills},
            positions=positions,
            settings=self._settings(),
            done={row.nonce: row.result for row in self._reader.read(rows.Command, self._runs)},
            held={
                **dict(positions.keys()),
                **{self._products[bracket.proposal.instrument]: bracket.contract for bracket in live},
            },
            broker_ids={name: named.get(name, "") for name in alive},
            last_broker_id=next(reversed(named.values()), ""),
        )

    def _keep(self, row: rows.Bracket) -> _Kept | None:
        event = self._states.get(row.id)
        state = BracketState(event.state) if event else BracketState.INTENDED
        if state in OVER and self._shares[row.id]:
            state = BracketState.UNVERIFIED
        elif state in OVER and event is not None and event.ts < self._since:
            return None
        (decision,) = self._reader.where(rows.Decision, "id", row.decision_id)
        return _Kept(row, decision, state)

    def _held(self) -> Counter[str | None]:
        """Bracket → signed units that it holds."""
        units = Counter[str | None]()
        for fill in standing(self._fills):
            units[fill.bracket_id] += fill.side * fill.quantity
        for row in self._adjustments:
            units[str(_decode(row.facts).get("bracket", ""))] += row.quantity
        return units

    def _orders(self, brackets: set[str]) -> Mapping[str, list[PastOrder]]:
        found: dict[str, list[PastOrder]] = defaultdict(list)
        names: dict[str, list[str]] = defaultdict(list)
        for named in self._reader.read(rows.BrokerOrder, self._runs):
            names[named.client_order_id].append(named.broker_id)
        moves = self._moves()
        words = {row.client_order_id: row.state for row in self._reader.read(rows.OrderEvent, self._runs)}
        for row in self._reader.read(rows.Order, self._runs):
            if row.bracket_id in brackets:
                word = words.get(row.client_order_id, OrderState.INTENDED.value)
                order, told = self._order(row), tuple(names[row.client_order_id])
                moved = moves[row.client_order_id]
                past = PastOrder(order, OrderState(word), told, moved.get("named"), moved.get("asked"))
                found[row.bracket_id].append(past)
        return found

    def _moves(self) -> Mapping[str, Mapping[str, PastMove]]:
        """Order → where its stop stands by the broker's word, and where it is wanted without one."""
        found: dict[str, dict[str, PastMove]] = defaultdict(dict)
        for row in self._reader.read(rows.Amendment, self._runs):
            if row.stop_price is None:
                continue
            own = found[row.client_order_id]
            if row.word != "refused":
                own[row.word] = PastMove(row.stop_price, row.reason, row.ts)
            if row.word != "asked":
                own.pop("asked", None)
        return found

    def _order(self, row: rows.Order) -> Order:
        return Order(
            row.client_order_id,
            row.bracket_id or "",
            self._products.index(row.instrument),
            Role(row.role),
            row.side,
            OrderType(row.type),
            row.quantity,
            row.price,
            row.stop_price,
            row.created_ns,
            row.reason,
        )

    def _bracket(self, kept: _Kept, orders: Sequence[PastOrder]) -> PastBracket:
        row, asked = kept.row, kept.decision
        proposal = Proposal(
            strategy=row.strategy,
            instrument=self._products.index(row.instrument),
            side=row.side,
            quantity=row.quantity,
            entry=row.entry,
            stop=row.stop,
            target=row.target,
            signal_id=row.signal_id or "",
            known=asked.known,
            ttl_ns=asked.ttl_ns or 0,
            time_stop_ns=row.time_stop_ns,
            why=asked.why,
            facts=_decode(asked.facts),
        )
        own = [fill for fill in self._fills if fill.bracket_id == row.id]
        taken = (one.quantity for one in self._adjustments if _decode(one.facts).get("bracket") == row.id)
        return PastBracket(
            id=row.id,
            proposal=proposal,
            approved_ns=row.created_ns,
            room=_decode(asked.room),
            contract=row.contract,
            state=kept.state,
            orders=tuple(orders),
            fills=tuple(map(_report, standing(own))),
            taken=_taken(own),
            adjusted=sum(taken),
        )

    def _positions(self) -> dict[tuple[str, str], int]:
        units: dict[tuple[str, str], int] = defaultdict(int)
        for fill in standing(self._fills):
            units[fill.instrument, fill.contract] += fill.side * fill.quantity
        for row in self._adjustments:
            units[row.instrument, row.contract] += row.quantity
        return {key: held for key, held in units.items() if held}

    def _happened(self, kept: Sequence[_Kept]) -> tuple[Happening, ...]:
        """What the gate counts, of the brackets that are kept, in order of seq."""
        found: list[tuple[int, Happening]] = []
        own = {bracket.row.id for bracket in kept}
        executions: set[str] = set()
        written = {fill.exec_id for fill in self._fills}
        found += ((bracket.row.seq, Happening("opened", bracket.row.id)) for bracket in kept)
        over: set[str] = set()
        for event in self._events:
            ends = BracketState(event.state) in OVER
            if event.bracket_id in own and ends != (event.bracket_id in over):
                found.append((event.seq, Happening("ended" if ends else "woke", event.bracket_id)))
                over ^= {event.bracket_id}
        for told in self._controls:
            scope = paused(told.key)
            if scope is not None and not scope[1] and not _decode(told.value):
                found.append((told.seq, Happening("resumed", strategy=scope[0])))
        for fill in self._fills:
            if fill.bracket_id in own:
                executions.add(fill.exec_id)
                found.append((fill.seq, Happening("fill", fill.bracket_id, _report(fill))))
        newest = {fill.bracket_id: fill.seq for fill in self._fills}
        # The desk ended between an execution and the state that it brought; equal numbers stay in this order.
        found += ((newest[name], Happening("woke", name)) for name in over if self._shares[name] and name in newest)
        for row in self._adjustments:
            if (bracket_id := str(_decode(row.facts).get("bracket", ""))) in own:
                found.append((row.seq, Happening("adjusted", bracket_id, self._adjustment(row, bracket_id))))
        for paid in self._reader.read(rows.Commission, self._runs):
            # One whose execution nobody has heard of waits for it.
            if paid.exec_id in executions or paid.exec_id not in written:
                report = CommissionReport(paid.exec_id, paid.amount, paid.currency)
                found.append((paid.seq, Happening("commission", report=report)))
        return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))

    def _adjustment(self, row: rows.Adjustment, bracket_id: str) -> Adjustment:
        return Adjustment(self._products.index(row.instrument), row.quantity, row.ts, row.reason, bracket_id)

    def _settings(self) -> dict[str, Setting]:
        newest: dict[str, Setting] = {}
        for row in self._controls:
            kept = row.key in (KILL, DAY_END) or row.key.startswith(f"{STRATEGY}.")
            if kept or paused(row.key) is not None:
                newest[row.key] = Setting(_decode(row.value), row.why, row.ts)
        return newest


def _taken(fills: Sequence[rows.Fill]) -> dict[str, int]:
    """Order → units that corrections took back from it."""
    before = {fill.exec_id: fill.quantity for fill in fills}
    taken: dict[str, int] = defaultdict(int)
    for fill in fills:
        if fill.corrects in before:
            taken[fill.client_order_id] += before[fill.corrects] - fill.quantity
    return dict(taken)


def _report(row: rows.Fill) -> FillReport:
    return FillReport(
        row.client_order_id,
        row.exec_id,
        row.ts,
        row.side,
        row.quantity,
        row.price,
        row.model,
        source="live" if row.source == "live" else "recovered",
        corrects=row.corrects or "",
    )
