"""The one writer of a journal: ports.Journal over a group of rows that becomes durable as a whole.

Each method adds a row with the next `seq` to the open group; `commit` closes the group (`bot.journal.groups`).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Literal

from bot.domain.command import Command
from bot.domain.decision import Approved, Fact, Proposal, Refusal, Signal, Verdict
from bot.domain.instrument import Instrument
from bot.domain.market import ABSENT
from bot.domain.order import (
    ENDED,
    Adjustment,
    Amended,
    Bracket,
    BracketState,
    CommissionReport,
    FillReport,
    Link,
    Order,
    OrderReport,
    OrderState,
)
from bot.journal import canon, rows
from bot.journal.first_rows import instrument_row, json_text, run_row
from bot.journal.groups import Groups
from bot.journal.store import Store
from bot.journal.unwritten import Unwritten
from bot.ports import RunFacts

Number = int | None
_Seen = tuple[str, int, int, str, str, str, str, int, Number, float, str, str]
Durability = Literal["power", "process", "replay"]

ADJUSTED = "broker"
"""`adjustment.kind` of one that makes our position what the broker says that it is."""
UNCOMPARED_SUMMARY = frozenset({"run", "seconds", "journal"})
"""Keys of a run's summary that the wall or the place decides."""


class Writer:
    """ports.Journal. Made by `open_writer`; use it as a context manager, so that the lock is let go."""

    def __init__(
        self,
        store: Store,
        facts: RunFacts,
        instruments: Sequence[Instrument],
        *,
        hold: bool,
        now_ns: Callable[[], int],
        started_ns: int,
        unwritten: Unwritten | None = None,
    ) -> None:
        self.run = facts.run
        self._opened = ExitStack()
        self._now_ns = now_ns
        self._names = [(it.product, it.contract or it.product) for it in instruments]
        self._groups = Groups(store, facts.run, hold=hold, now_ns=now_ns, started_ns=started_ns, unwritten=unwritten)
        self._ordinal = 0
        self._seq = self._groups.last_seq
        self._chain = canon.START
        self._broker_ids: dict[str, set[str]] = {}
        self._start(facts, instruments, started_ns)

    def _start(self, facts: RunFacts, instruments: Sequence[Instrument], started_ns: int) -> None:
        self._add("run", run_row(self._next(), facts, started_ns))
        for position, it in enumerate(instruments):
            self._add("instrument", instrument_row(self._next(), self.run, position, it))
        self._groups.commit_all()

    @property
    def commit_ns(self) -> int:
        """How long the newest write took."""
        return self._groups.commit_ns

    @property
    def down(self) -> str:
        """Why the journal cannot be written; empty while it can."""
        return self._groups.down

    def next_id(self) -> str:
        """The next id of this run, `<run>-<ordinal>`."""
        self._ordinal += 1
        return f"{self.run}-{self._ordinal}"

    def signal(self, signal: Signal, timeframe: str, contract: str) -> None:
        """What a detector saw."""
        self._add("signal", rows.Signal(self._next(), self.run, *self._seen(signal, timeframe, contract)))

    def candidate(self, signal: Signal, timeframe: str, contract: str) -> None:
        """What a detector saw and what falls short of a signal."""
        self._add("candidate", rows.Candidate(self._next(), self.run, *self._seen(signal, timeframe, contract)))

    def _seen(self, signal: Signal, timeframe: str, contract: str) -> _Seen:
        product, own = self._names[signal.instrument]
        price = None if signal.price == ABSENT else signal.price
        return (
            *(signal.id, signal.ts, signal.known, product, contract or own, timeframe, signal.kind, signal.side),
            *(price, signal.strength, json_text(signal.evidence), signal.params_hash),
        )

    def footprint(self, signal_id: str, bar: object) -> None:
        """A bar around a signal: times in ns, prices in ticks, `cells` = [price, at bid, at ask] a level."""
        text = json_text(bar)
        self._add("footprint", rows.Footprint(self._next(), self.run, signal_id, text, canon.digest(text)))

    def decision(self, decision_id: str, verdict: Verdict, *, dry: bool = False) -> None:
        """What the gate said; in a dry run an approval is journalled as `would-place`."""
        asked = verdict.proposal
        product, contract = self._names[asked.instrument]
        if isinstance(verdict, Approved):
            word, room, reasons = "would-place" if dry else "approved", json_text(verdict.facts), "[]"
        else:
            word, room, reasons = "blocked", "{}", json_text(verdict.reasons)
        body = (
            *(decision_id, verdict.ts, asked.known, word, asked.strategy, product, contract, asked.side),
            *(asked.signal_id or None, *_wanted(asked), room, reasons),
        )
        self._add("decision", rows.Decision(self._next(), self.run, *body, self._link("decision", body)))

    def bracket(self, bracket: Bracket, decision_id: str) -> None:
        """An approved bracket, before the broker hears of it."""
        asked = bracket.approved.proposal
        product, contract = self._names[asked.instrument]
        self._add(
            "bracket",
            rows.Bracket(
                self._next(),
                self.run,
                bracket.id,
                decision_id,
                asked.signal_id or None,
                asked.strategy,
                product,
                contract,
                asked.side,
                asked.quantity,
                asked.entry,
                asked.stop,
                asked.target,
                asked.time_stop_ns,
                bracket.approved.ts,
            ),
        )

    def bracket_state(self, bracket_id: str, state: BracketState, ts: int, why: str) -> None:
        """A bracket entered a state."""
        self._add("bracket_event", rows.BracketEvent(self._next(), self.run, bracket_id, state.value, ts, why))

    def order(self, order: Order) -> None:
        """One order as intended, before the broker hears of it."""
        product, contract = self._names[order.instrument]
        self._add(
            "order",
            rows.Order(
                self._next(),
                self.run,
                order.client_order_id,
                order.bracket_id or None,
                product,
                contract,
                order.role.value,
                order.side,
                order.type.value,
                order.quantity,
                order.price,
                order.stop_price,
                order.created_ns,
                order.reason,
            ),
        )

    def amendment(
        self, client_order_id: str, word: Amended, stop_price: Number, quantity: Number, ts: int, reason: str
    ) -> None:
        """Other terms of an order (ticks, units; None: unchanged): asked for, named by the broker, or refused."""
        body = (client_order_id, word, stop_price, quantity, ts, reason)
        self._add("amendment", rows.Amendment(self._next(), self.run, *body))

    def order_event(self, report: OrderReport) -> None:
        """The broker's word on an order, and the broker's own name for it when that is new."""
        known = self._broker_ids.setdefault(report.client_order_id, set())
        if report.broker_id and report.broker_id not in known:
            known.add(report.broker_id)
            self._add(
                "broker_order",
                rows.BrokerOrder(self._next(), self.run, report.client_order_id, report.broker_id, report.ts),
            )
        if report.state in ENDED:
            self._broker_ids.pop(report.client_order_id, None)
        self._word(report.client_order_id, report.state, report.ts, "broker", report.broker_id, report.message)

    def remember(self, broker_ids: Mapping[str, str]) -> None:
        """Names that an earlier run has written: they are not new."""
        for client_order_id, broker_id in broker_ids.items():
            self._broker_ids.setdefault(client_order_id, set()).add(broker_id)

    def order_state(self, client_order_id: str, state: OrderState, ts: int, message: str = "") -> None:
        """The desk's conclusion about an order."""
        self._word(client_order_id, state, ts, "desk", "", message)

    def _word(self, order: str, state: OrderState, ts: int, source: str, broker_id: str, message: str) -> None:
        body = (order, state.value, ts, source, broker_id, message)
        self._add("order_event", rows.OrderEvent(self._next(), self.run, *body, self._link("order_event", body)))

    def fill(self, fill_id: str, fill: FillReport, order: Order, contract: str) -> None:
        """One execution of `order`, in place of another where it says so."""
        product, own = self._names[order.instrument]
        body = (
            *(fill_id, fill.exec_id, fill.client_order_id, order.bracket_id or None),
            *(product, contract or own),
            *(order.role.value, fill.side, fill.quantity, fill.price, fill.ts, fill.source, fill.model),
            fill.corrects or None,
        )
        self._add("fill", rows.Fill(self._next(), self.run, *body, self._link("fill", body)))

    def commission(self, commission: CommissionReport) -> None:
        """What an execution cost."""
        self._add(
            "commission",
            rows.Commission(self._next(), self.run, commission.exec_id, commission.amount, commission.currency),
        )

    def adjustment(self, adjustment_id: str, adjustment: Adjustment, contract: str) -> None:
        """A position changed without a fill of ours; its price is not known."""
        product, own = self._names[adjustment.instrument]
        facts = {"bracket": adjustment.bracket_id}
        body = (
            *(adjustment_id, adjustment.ts, product, contract or own, adjustment.quantity, None),
            *(ADJUSTED, adjustment.reason, json_text(facts)),
        )
        self._add("adjustment", rows.Adjustment(self._next(), self.run, *body, self._link("adjustment", body)))

    def excursion(self, bracket_id: str, mae_ticks: int, mfe_ticks: int) -> None:
        """How far a position went against us and for us, both positive, in ticks."""
        self._add("excursion", rows.Excursion(self._next(), self.run, bracket_id, mae_ticks, mfe_ticks))

    def command(self, command: Command, result: str) -> None:
        """What a person told the desk, and what came of it."""
        self._add(
            "command",
            rows.Command(
                self._next(),
                self.run,
                command.nonce,
                command.verb,
                command.ts,
                command.reason,
                command.strategy,
                command.instrument,
                int(command.clear_kill),
                result,
                command.who,
            ),
        )

    def note(self, subject: str, text: str, ts: int, who: str) -> None:
        """A person's words about a row."""
        self._add("note", rows.Note(self._next(), self.run, subject, ts, text, who))

    def tag(self, subject: str, name: str, ts: int, who: str, *, removed: bool = False) -> None:
        """A person's label on a row, or its end."""
        self._add("tag", rows.Tag(self._next(), self.run, subject, name, ts, ts if removed else None, who))

    def mode_change(self, mode: str, causes: Sequence[str], ts: int) -> None:
        """The desk's mode changed."""
        self._add(
            "mode_change",
            rows.ModeChange(self._next(), self.run, mode, json_text(list(causes)), ts, None, None, None),
        )

    def link_event(self, state: Link, ts: int, code: str) -> None:
        """The link to the broker changed."""
        self._add("link_event", rows.LinkEvent(self._next(), self.run, state, ts, code))

    def control(self, key: str, value: Fact, ts: int, why: str) -> None:
        """A state that outlives a run changed."""
        body = (key, json_text(value), ts, why)
        self._add("control", rows.Control(self._next(), self.run, *body, self._link("control", body)))

    def calendar_event(self, kind: str, from_ns: int, to_ns: int, source: str, ts: int) -> None:
        """A blackout window came into force."""
        self._add("calendar_event", rows.CalendarEvent(self._next(), self.run, kind, from_ns, to_ns, source, ts))

    def config_revision(
        self,
        config: Mapping[str, str],
        config_hash: str,
        strategies: Sequence[str],
        calendar: str,
        ts: int,
        why: str,
        who: str,
    ) -> None:
        """Other settings (file name → text) are in force from here on."""
        body = (ts, json_text(config), config_hash, json_text(list(strategies)), calendar, why, who)
        self._add("config_revision", rows.ConfigRevision(self._next(), self.run, *body))

    def pruned(self, kind: str, up_to: int, count: int, ts: int) -> None:
        """So many rows of the table `kind`, all up to the row `up_to`, are let go next."""
        self._add("pruned", rows.Pruned(self._next(), self.run, ts, kind, up_to, count))

    def anomaly(self, kind: str, count: int, first_ns: int) -> None:
        """Rows of the tape that were counted and not used."""
        self._add("anomaly", rows.Anomaly(self._next(), self.run, kind, count, first_ns))

    def heartbeat(self, ts: int) -> None:
        """The desk was alive."""
        self._add("heartbeat", rows.Heartbeat(self._next(), self.run, ts))

    def commit(self) -> None:
        """Close the group; live it is durable on return, or `down` says why it is kept. Raises what Groups raises."""
        self._groups.commit()

    def flush(self) -> None:
        """Write every closed group. Raises Unreachable, with the rows kept; Locked."""
        self._groups.flush()

    def finish(self, summary: Mapping[str, Any]) -> None:
        """End the run: its last row holds the summary and the chain's head. Raises Unreachable: it is not written."""
        kept = {key: value for key, value in summary.items() if key not in UNCOMPARED_SUMMARY}
        self._add(
            "mode_change",
            rows.ModeChange(
                self._next(), self.run, "finished", "[]", None, self._now_ns(), json_text(kept), self._chain
            ),
        )
        self._groups.commit_all()

    def close(self) -> None:
        """Write what is closed, drop what is open, let go of the journal. Raises Unreachable."""
        with self._opened:
            self.flush()

    def closes(self, opened: ExitStack) -> None:
        """Take over what was opened for this writer: it is let go by `close`."""
        self._opened = opened

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    def _add(self, table: str, row: rows.Row) -> None:
        self._groups.add(table, row)

    def _link(self, table: str, body: tuple[object, ...]) -> str:
        self._chain = canon.link(self._chain, canon.text(table, body, self.run))
        return self._chain


def _wanted(asked: Proposal | Refusal) -> tuple[Number, Number, Number, Number, Number, Number, str, str]:
    if isinstance(asked, Refusal):  # it has no prices: the strategy could not even propose
        return (None, None, None, None, None, None, "", "{}")
    prices = (asked.quantity, asked.entry, asked.stop, asked.target)
    return (*prices, asked.ttl_ns, asked.time_stop_ns, asked.why, json_text(asked.facts))
