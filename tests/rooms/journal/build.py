"""A run told to the journal through its port, in the desk's order, in a few words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bot.domain.decision import Approved, Blocked, Fact, Proposal, Reason, Signal
from bot.domain.instrument import Instrument
from bot.domain.order import (
    Bracket,
    BracketState,
    CommissionReport,
    FillReport,
    Order,
    OrderReport,
    OrderState,
    OrderType,
    Role,
)
from bot.domain.seal import SEAL
from bot.journal import Writer, new_run_id, open_writer
from bot.ports import RunFacts

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
OPENING = 1_685_021_400 * SECOND  # 25 May 2023, 09:30 New York
WALL = 1_790_000_000 * SECOND

ES = Instrument("ES", Decimal("0.25"), Decimal("12.50"), contract="ESM2023", exchange="CME")
CL = Instrument("CL", Decimal("0.01"), Decimal("10"), contract="CLN2023", calendar="CMEGlobex_CrudeAndRefined")


class Wall:
    """A wall clock that goes on by `step` at each look."""

    def __init__(self, start: int = WALL, step: int = 1000) -> None:
        self.now, self.step = start, step

    def __call__(self) -> int:
        self.now += self.step
        return self.now


def facts(run: str, **changed: Any) -> RunFacts:
    """What a replay says about itself."""
    told: dict[str, Any] = {
        "run": run,
        "adapter": "replay",
        "account": f"REPLAY-{run}",
        "tape": "lesson",
        "tapes": [{"name": "lesson", "rows": 360}],
        "config": {"bot.toml": 'adapter = "replay"\n'},
        "config_hash": "c0ffee",
        "strategies": ["lesson"],
        "seed": 1,
        "fill_model": "queue",
        "calendar": "shipped",
        "versions": {"paperpit": "0.1.0"},
    }
    return RunFacts(**(told | changed))


def writer(url: str, *, durability: Any = "replay", wall: Callable[[], int] | None = None, **changed: Any) -> Writer:
    """A writer of a new run."""
    wall = wall or Wall()
    run = changed.pop("run", None) or new_run_id(wall())
    instruments = changed.pop("instruments", (ES, CL))
    return open_writer(url, facts(run, **changed), instruments, durability=durability, now_ns=wall)


@dataclass
class Told:
    """Tells one writer about signals, brackets and fills; times are seconds after 09:30 New York."""

    journal: Writer
    instrument: int = 0
    contract: str = "ESM2023"
    strategy: str = "lesson"
    commission: str = "2.06"
    executions: int = field(default=0)
    facts: Mapping[str, Fact] = field(default_factory=lambda: {"cluster_low": 16800})
    """Of every proposal."""

    def at(self, seconds: float) -> int:
        """Nanoseconds of a moment."""
        return OPENING + round(seconds * SECOND)

    def signal(
        self, seconds: float, *, side: int = 1, kind: str = "absorption_rejection", price: int = 16801
    ) -> Signal:
        """A signal, journalled."""
        evidence = {"atr_ticks": 3.5, "cluster_low": 16800.0, "zone": float("nan"), "volume": 244.0, "share": 0.72165}
        known = self.at(seconds) + 250_000_000
        seen = Signal(
            *(self.journal.next_id(), self.at(seconds), known, self.instrument, kind, side, price, 0.84, MINUTE),
            evidence,
            "9f2c",
        )
        self.journal.signal(seen, "1m", self.contract)
        return seen

    def proposal(
        self, signal: Signal, *, quantity: int = 1, entry: int = 16802, stop: int = 3, target: int = 6
    ) -> Proposal:
        """A bracket wanted at a signal; stop and target are distances."""
        side = signal.side
        return Proposal(
            strategy=self.strategy,
            instrument=self.instrument,
            side=side,
            quantity=quantity,
            entry=entry,
            stop=entry - side * stop,
            target=entry + side * target,
            signal_id=signal.id,
            known=signal.known,
            ttl_ns=2 * MINUTE,
            time_stop_ns=20 * MINUTE,
            why="sellers were absorbed at 4200.25",
            facts=self.facts,
        )

    def approved(self, signal: Signal, room: Mapping[str, Fact] | None = None, **wanted: int) -> Approved:
        """What the gate would say when nothing is against it."""
        return Approved(self.proposal(signal, **wanted), signal.known, room or {"daily_loss_left": "300"}, SEAL)

    def blocked(self, seconds: float, *reasons: Reason) -> str:
        """A signal whose proposal did not pass; gives the decision's id."""
        signal = self.signal(seconds)
        decision = self.journal.next_id()
        self.journal.decision(decision, Blocked(self.proposal(signal), signal.known, reasons or (CPI,)))
        self.journal.commit()
        return decision

    def bracket(
        self, seconds: float, *, side: int = 1, room: Mapping[str, Fact] | None = None, **wanted: int
    ) -> Bracket:
        """A signal, approved, its bracket journalled and sent."""
        signal = self.signal(seconds, side=side)
        approved = self.approved(signal, room, **wanted)
        proposal = approved.proposal
        decision, bracket_id = self.journal.next_id(), self.journal.next_id()
        orders = [
            Order(
                self.journal.next_id(),
                bracket_id,
                self.instrument,
                role,
                way,
                kind,
                proposal.quantity,
                price,
                stop,
                signal.known,
            )
            for role, way, kind, price, stop in (
                (Role.ENTRY, side, OrderType.LIMIT, proposal.entry, None),
                (Role.STOP, -side, OrderType.STOP, None, proposal.stop),
                (Role.TARGET, -side, OrderType.LIMIT, proposal.target, None),
            )
        ]
        made = Bracket(bracket_id, approved, *orders)
        self.journal.decision(decision, approved)
        self.journal.bracket(made, decision)
        for order in orders:
            self.journal.order(order)
        self.journal.commit()
        self.journal.bracket_state(bracket_id, BracketState.SENT, signal.known, "sent")
        for order in orders:
            self.journal.order_event(OrderReport(order.client_order_id, OrderState.WORKING, signal.known, "77"))
        self.journal.commit()
        return made

    def flatten(self, bracket: Bracket, seconds: float, reason: str) -> Order:
        """A market order that leaves the position, journalled."""
        order = Order(
            client_order_id=self.journal.next_id(),
            bracket_id=bracket.id,
            instrument=self.instrument,
            role=Role.FLATTEN,
            side=-bracket.approved.proposal.side,
            type=OrderType.MARKET,
            quantity=bracket.entry.quantity,
            price=None,
            stop_price=None,
            created_ns=self.at(seconds),
            reason=reason,
        )
        self.journal.order(order)
        self.journal.commit()
        return order

    def fill(
        self, order: Order, seconds: float, price: int, *, quantity: int | None = None, commit: bool = True
    ) -> str:
        """An execution with its commission and its effects; gives its id."""
        self.executions += 1
        exec_id = f"{self.journal.run}-x{self.executions}"
        fill_id = self.journal.next_id()
        size = quantity or order.quantity
        report = FillReport(order.client_order_id, exec_id, self.at(seconds), order.side, size, price, "queue")
        self.journal.fill(fill_id, report, order, self.contract)
        self.journal.commission(CommissionReport(exec_id, str(Decimal(self.commission) * size), "USD"))
        state = OrderState.FILLED if size == order.quantity else OrderState.PARTIAL
        self.journal.order_state(order.client_order_id, state, self.at(seconds))
        if commit:
            self.journal.commit()
        return fill_id

    def closed(self, bracket: Bracket, seconds: float, mae: int, mfe: int, why: str) -> None:
        """The bracket is over."""
        self.journal.excursion(bracket.id, mae, mfe)
        self.journal.bracket_state(bracket.id, BracketState.CLOSED, self.at(seconds), why)
        self.journal.commit()


CPI = Reason("blackout", "CPI at 08:30 closes entries 08:25–08:45", {"kind": "cpi", "source": "bls-2026.csv"})


def the_lesson(told: Told) -> Bracket:
    """The worked trade: bought 4200.50, sold 4202.00 at the target 14 minutes later."""
    bracket = told.bracket(660)
    told.fill(bracket.entry, 690, 16802)
    told.fill(bracket.target, 1550, 16808)
    told.closed(bracket, 1550, 1, 6, "target")
    return bracket
