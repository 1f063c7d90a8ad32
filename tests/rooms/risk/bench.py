"""A gate to try rules on: one ES desk on an ordinary morning, and brackets that go through their life in one line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from bot.config.bot_file import RiskSettings
from bot.config.strategy_file import BlackoutSettings, HoursSettings
from bot.domain.command import GOOD, Health
from bot.domain.decision import Approved, Blocked, Proposal, Verdict
from bot.domain.instrument import Instrument
from bot.domain.market import ABSENT
from bot.domain.order import AccountFacts, Bracket, CommissionReport, FillReport, Order, OrderType, Role
from bot.ports import Doubter
from bot.resources import shipped
from bot.risk.blackout import Blackout
from bot.risk.calendar import EventCalendar
from bot.risk.gate import Gate
from bot.sessions import days

ES = Instrument("ES", Decimal("0.25"), Decimal("12.50"), exchange="CME", commission=Decimal("2.25"))
CL = Instrument(
    "CL", Decimal("0.01"), Decimal("10"), exchange="NYMEX", calendar="CMEGlobex_Crude", commission=Decimal("2.50"),
    regular_open="09:00", regular_close="14:30", max_position=1,
)  # fmt: skip
SHIPPED = EventCalendar.load(str(shipped("config/calendar")))  # not what this user has imported
PAPER = AccountFacts("DU1", True, "made for this test")
BID, ASK = 16800, 16801
SECOND = 10**9


def ns(text: str) -> int:
    """New York time as ns UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York")).timestamp() * 1000) * 10**6


def _mirror(ticks: int) -> int:
    """The price on the other side of the middle of the ordinary book."""
    return ticks if ticks == ABSENT else BID + ASK - ticks


def _band_mirrored(one: Instrument) -> Instrument:
    low, high = (None if limit is None else _mirror(limit) for limit in (one.band_high, one.band_low))
    return replace(one, band_low=low, band_high=high)


TEN = ns("2026-12-11 10:00")


@dataclass
class Bench:
    """A gate with a fresh two-sided book at `now`; nobody waits after a stop unless a test says so.

    Mirrored, everything that a test says is meant for the other side: long is short, and prices fall where they rose.
    """

    mirrored: ClassVar[bool] = False
    now: int = TEN
    instruments: Sequence[Instrument] = (ES,)
    settings: Mapping[str, Any] = field(default_factory=dict)
    hours: Mapping[str, Any] = field(default_factory=dict)
    calendar: EventCalendar = field(default_factory=lambda: EventCalendar.load("none"))
    kinds: Sequence[str] = ("fomc", "cpi", "nfp", "ppi")
    account: AccountFacts = PAPER
    health: Health = GOOD
    order_flow: Sequence[str] = ("one", "two")
    rolls: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, Doubter] = field(default_factory=dict)
    make: type[Gate] = Gate
    blackout: type[Blackout] = Blackout

    def __post_init__(self) -> None:
        if self.mirrored:
            self.instruments = [_band_mirrored(one) for one in self.instruments]
        horizon = (self.now - 40 * 86_400 * SECOND, self.now + 40 * 86_400 * SECOND)
        self.gate = self.make(
            instruments=self.instruments,
            days=[
                days(
                    one.calendar,
                    zone=one.zone,
                    regular_open=one.regular_open,
                    regular_close=one.regular_close,
                    first_ns=horizon[0],
                    last_ns=horizon[1],
                )
                for one in self.instruments
            ],
            settings=RiskSettings.model_validate({"cooldown": "0s", **self.settings}),
            account=self.account,
            blackouts={name: self.blackout(self.calendar, self.kinds, BlackoutSettings()) for name in ("one", "two")},
            hours={name: HoursSettings.model_validate(dict(self.hours)) for name in ("one", "two")},
            health=lambda: self.health,
            order_flow=self.order_flow,
            rolls=self.rolls,
            models=self.models,
        )
        self._count = 0
        for index in range(len(self.instruments)):
            self.quote(instrument=index)

    def quote(self, bid: int = BID, ask: int = ASK, *, age: int = 0, instrument: int = 0) -> None:
        """The standing quote, `age` ns old."""
        if self.mirrored:
            bid, ask = _mirror(ask), _mirror(bid)
        self.gate.quote(instrument, self.now - age, bid, ask)

    def at(self, now: int) -> "Bench":
        """Later: time and quotes move on."""
        self.now = now
        for index in range(len(self.instruments)):
            self.quote(instrument=index)
        return self

    def want(self, *, side: int = 1, risk: int = 3, reward: int = 6, **changes: Any) -> Proposal:
        """A bracket at the touch with a signal of its own; the defaults pass every rule."""
        self._count += 1
        entry = changes.pop("entry", BID if side > 0 else ASK)
        wanted = Proposal(
            "one",
            0,
            side,
            1,
            entry,
            entry - side * risk,
            entry + side * reward,
            f"s-{self._count}",
            self.now,
            120 * SECOND,
        )
        wanted = replace(wanted, **changes)
        if not self.mirrored:
            return wanted
        prices = {name: _mirror(getattr(wanted, name)) for name in ("entry", "stop", "target")}
        return replace(wanted, side=-wanted.side, **prices)

    def judge(self, proposal: Proposal | None = None, **changes: Any) -> Verdict:
        """The gate's word on a proposal, or on the default one with changes."""
        return self.gate.judge(proposal or self.want(**changes), self.now)

    def refused(self, proposal: Proposal | None = None, **changes: Any) -> list[str]:
        """Names of the rules that refuse; empty when it is approved."""
        verdict = self.judge(proposal, **changes)
        return [reason.rule for reason in verdict.reasons] if isinstance(verdict, Blocked) else []

    def open(self, **changes: Any) -> Bracket:
        """A bracket that was approved and sent."""
        verdict = self.judge(**changes)
        assert isinstance(verdict, Approved), verdict
        wanted, self._count = verdict.proposal, self._count + 1
        name = f"b-{self._count}"

        def order(role: Role, side: int, kind: OrderType, price: int | None, stop: int | None) -> Order:
            return Order(
                f"{name}-{role}", name, wanted.instrument, role, side, kind, wanted.quantity, price, stop, self.now
            )

        bracket = Bracket(
            name,
            verdict,
            order(Role.ENTRY, wanted.side, OrderType.LIMIT, wanted.entry, None),
            order(Role.STOP, -wanted.side, OrderType.STOP, None, wanted.stop),
            order(Role.TARGET, -wanted.side, OrderType.LIMIT, wanted.target, None),
        )
        self.gate.opened(bracket)
        return bracket

    def fill(self, order: Order, price: int, quantity: int | None = None) -> FillReport:
        """An execution of an order, now."""
        return self._executed(order, _mirror(price) if self.mirrored else price, quantity)

    def _executed(self, order: Order, price: int, quantity: int | None = None) -> FillReport:
        self._count += 1
        units = order.quantity if quantity is None else quantity
        report = FillReport(order.client_order_id, f"x-{self._count}", self.now, order.side, units, price)
        self.gate.fill(report, order)
        return report

    def pay(self, fill: FillReport, amount: str) -> None:
        """The broker's word on what an execution cost."""
        self.gate.commission(CommissionReport(fill.exec_id, amount, "USD"))

    def lose(self, **changes: Any) -> None:
        """A whole round trip that ends at its stop."""
        bracket = self.open(**changes)
        self._executed(bracket.entry, bracket.approved.proposal.entry)
        self._executed(bracket.stop, bracket.approved.proposal.stop)
        self.gate.ended(bracket)

    def win(self, **changes: Any) -> None:
        """A whole round trip that ends at its target."""
        bracket = self.open(**changes)
        self._executed(bracket.entry, bracket.approved.proposal.entry)
        self._executed(bracket.target, bracket.approved.proposal.target)
        self.gate.ended(bracket)

    def facts(self, instrument: int = 0) -> dict[str, Any]:
        """What the gate tells `status`."""
        return self.gate.facts(instrument, self.now)
