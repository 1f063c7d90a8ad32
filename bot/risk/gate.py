"""The one door for entries. Every rule is asked, and all their reasons are told, not only the first.

    Gate(instruments=[...], days=[...], settings=RiskSettings(), account=AccountFacts,
         blackouts={strategy: Blackout}, hours={strategy: HoursSettings}, health=clock.health,
         order_flow={strategies that read order flow}, rolls={product: ISO date})

    judge(proposal | refusal, now, sent=, signal=) -> Approved | Blocked
    standing(strategy, instrument, now)     what would refuse any entry of a strategy just now
    quote(instrument, ts, bid, ask) · guard(instrument, number, on, facts)    what the market shows
    opened(bracket) · ended(bracket) · woke(bracket) · fill(fill, order) · commission(report)
    pause(on, why, strategy=, instrument=) · kill(on, why) · hold(instrument, why) · foreign(instrument, why)
    end_day(day, why) · reset_model(strategy, ts)    a trading day takes no more entries; a model may judge again
    closed()                                what it has closed by itself since it was asked last, to be written down
    state(now)                              all that follows from the journal
    revise(settings=, blackouts=, hours=, order_flow=)   other settings from here on; what was counted stays
    shut(what, why) · link(state, why) · feed(instrument, state, why)
    readmit(proposal, ts, facts)            an earlier run's approval, for its bracket that still lives
    facts(instrument, now)                  the day so far, for `status`
    quoting(strategy, instrument, bid, ask, risk_ticks)  what works of a maker's quotes

`days` and `instruments` go by the same index. Times are ns UTC, prices ticks. No clock is read.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bot.config.bot_file import RiskSettings
from bot.config.strategy_file import HoursSettings
from bot.domain.command import DAY_END, GOOD, Health, pause_key
from bot.domain.decision import Approved, Blocked, Fact, Proposal, Reason, Refusal, Signal, Verdict
from bot.domain.expiry import last_day_to_hold
from bot.domain.hedge import LegRisk
from bot.domain.instrument import Instrument
from bot.domain.market import ABSENT, Days
from bot.domain.mode import House
from bot.domain.order import AccountFacts, Adjustment, Bracket, CommissionReport, Feed, FillReport, Link, Order
from bot.domain.past import Setting
from bot.domain.seal import SEAL
from bot.ports import Doubter
from bot.risk.blackout import Blackout
from bot.risk.context import Book, Context, Control, Rule
from bot.risk.day import ZERO, Day
from bot.risk.hours import Hours, Sessions
from bot.risk.ledger import Ledger
from bot.risk.models import closed, doubted, reset, tell
from bot.risk.room import left, room, so_far
from bot.risk.rules import ALL, QUOTING, REDUCING, STANDING, Guard
from bot.risk.rules.pace import told
from bot.risk.trips import Trip


class Gate:
    """Judges proposals, and folds what its rules count. The only maker of `Approved`."""

    def __init__(
        self,
        *,
        instruments: Sequence[Instrument],
        days: Sequence[Days],
        settings: RiskSettings,
        account: AccountFacts,
        blackouts: Mapping[str, Blackout],
        hours: Mapping[str, HoursSettings],
        health: Callable[[], Health] = lambda: GOOD,
        order_flow: Collection[str] | None = None,
        rolls: Mapping[str, str] | None = None,
        models: Mapping[str, Doubter] | None = None,
    ) -> None:
        assert len(instruments) == len(days)
        self._instruments, self._settings, self._account = instruments, settings, account
        self._sessions = [Sessions(rows) for rows in days]
        self._blackouts, self._hours_settings, self._health = blackouts, hours, health
        self._hours: dict[tuple[str, int], Hours] = {}
        self._books = [Book() for _ in instruments]
        self._ledger = Ledger(instruments, self._sessions)
        self._control = Control()
        self._rules: list[Rule] = [rule() for rule in ALL]
        self._lasting_rules = [rule for rule in self._rules if isinstance(rule, STANDING)]
        self._guards: set[int] = set()
        self._order_flow = frozenset(hours if order_flow is None else order_flow)
        self._rolls, self._models = rolls or {}, models or {}
        self._last_days = [_last_day(one, sessions) for one, sessions in zip(instruments, self._sessions, strict=True)]
        self._contexts: dict[tuple[str, int], Context] = {}
        self._closed: dict[str, Setting] = {}

    def judge(self, proposal: Proposal | Refusal, now: int, *, sent: int = 0, signal: Signal | None = None) -> Verdict:
        """Approved, or Blocked with every reason. A strategy's own Refusal is blocked with the reasons it gave.

        `sent`: when the entry would leave, ns UTC, where that is later than the moment at which it is judged.
        `signal`: what led to it; only the strategy's model reads it.
        """
        if isinstance(proposal, Refusal):
            return Blocked(proposal, now, proposal.reasons)
        if proposal.quote:
            return self._judge_quote(proposal, now, sent)
        if proposal.strategy in self._models:
            proposal = doubted(self._models, proposal, signal, self._context(proposal, now, sent), self._rules)
        return self._verdict(proposal, self._rules, now, sent)

    def _verdict(self, proposal: Proposal, rules: Iterable[Rule], now: int, sent: int) -> Verdict:
        ctx = self._context(proposal, now, sent)
        reasons = [reason for rule in rules if (reason := rule.check(proposal, ctx)) is not None]
        if reasons:
            return Blocked(proposal, now, tuple(reasons))
        self._intend(proposal, now)
        return Approved(proposal, now, left(ctx), SEAL)

    def _judge_quote(self, proposal: Proposal, now: int, sent: int) -> Verdict:
        """One side of a maker's quote, as if what works of it on that side were gone: it would be replaced.

        What can only make its own inventory smaller is an exit: rules that close entries do not hold it up. What others
        hold there is not for it to take out.
        """
        strategy, at, ledger = proposal.strategy, proposal.instrument, self._ledger
        reduces = 0 < proposal.quantity <= -proposal.side * ledger.held(strategy, at)
        rules = [rule for rule in self._rules if isinstance(rule, REDUCING if reduces else QUOTING)]
        ledger.price[at] = ledger.price[at] or proposal.entry  # of what works and has never filled
        works = ledger.quoting(strategy, at, 0, 0, 0)
        ledger.quoting(strategy, at, *((0, works.ask) if proposal.side > 0 else (works.bid, 0)), 0)
        try:
            return self._verdict(proposal, rules, now, sent)
        finally:
            ledger.quoting(strategy, at, works.bid, works.ask, works.risk_ticks)

    def quoting(self, strategy: str, instrument: int, bid: int, ask: int, risk_ticks: int) -> None:
        """What works of a maker's quotes from here on."""
        self._ledger.quoting(strategy, instrument, bid, ask, risk_ticks)

    def standing(self, strategy: str, instrument: int, now: int, *, quote: bool = False) -> list[Reason]:
        """Every reason for which no entry (or `quote`) of a strategy would pass at `now`, whatever it wanted."""
        anything = Proposal(strategy, instrument, 0, 0, ABSENT, ABSENT, ABSENT, "", now, 0)
        ctx = self._context(anything, now, 0)
        rules = (rule for rule in self._lasting_rules if not quote or isinstance(rule, QUOTING))
        told = [*(rule.check(anything, ctx) for rule in rules), closed({} if quote else self._models, strategy, now)]
        return [reason for reason in told if reason is not None]

    def hedged(self, strategy: str, leg: LegRisk | None, closed: str) -> None:
        """What of a strategy's inventory is not hedged (None: little enough), and why nothing could be now."""
        self._control.legs[strategy], self._control.unhedgeable[strategy] = leg, closed

    def readmit(self, proposal: Proposal, ts: int, facts: Mapping[str, Fact]) -> Approved:
        """What an earlier run approved, as its journal has it: its bracket lives and must be looked after.

        Nothing is judged and nothing counted. No entry comes of it: orders never sends an old bracket again.
        """
        return Approved(proposal, ts, facts, SEAL)

    def hold(self, instrument: int, why: str) -> None:
        """Close entries in an instrument while what is there is not certain; an empty `why` opens them again."""
        if why:
            self._control.holds[instrument] = why
        else:
            self._control.holds.pop(instrument, None)

    def quote(self, instrument: int, ts: int, bid: int, ask: int) -> None:
        """The standing quote in ticks (ABSENT = none) and the stamp of the instrument's newest row of either kind."""
        book = self._books[instrument]
        book.ts, book.bid, book.ask = ts, bid, ask

    def guard(self, instrument: int, number: int, on: bool, facts: Mapping[str, Fact]) -> None:
        """A regime guard of an instrument went on or off."""
        if number not in self._guards:
            self._guards.add(number)
            guard = Guard(number)
            self._rules.append(guard)
            self._lasting_rules.append(guard)
        if on:
            self._control.guards[instrument, number] = facts
        else:
            self._control.guards.pop((instrument, number), None)

    def foreign(self, instrument: int, why: str) -> None:
        """Somebody else has orders or units in an instrument; an empty `why`: nobody has, or they may stay."""
        if why:
            self._control.foreign[instrument] = why
        else:
            self._control.foreign.pop(instrument, None)

    def opened(self, bracket: Bracket) -> None:
        """A bracket was sent. Its signal and its intent are spent, also when a restart folds it again."""
        self._intend(bracket.approved.proposal, bracket.approved.ts)
        self._ledger.opened(bracket)

    def ended(self, bracket: Bracket) -> None:
        """A bracket has ended, with or without a round trip."""
        trip = self._ledger.ended(bracket)
        if trip is not None:
            self._count_losses(trip)
            self._look_at(trip.day, bracket.entry.instrument, trip.ts)
            tell(self._models, trip)

    def woke(self, bracket: Bracket) -> None:
        """A bracket that had ended lives again."""
        self._ledger.woke(bracket)

    def fill(self, fill: FillReport, order: Order) -> None:
        """An execution of one of our orders."""
        self._ledger.fill(fill, order)
        self._look_at(self._ledger.day(order.instrument, fill.ts), order.instrument, fill.ts)

    def commission(self, report: CommissionReport) -> None:
        """What an execution really cost."""
        booked = self._ledger.commission(report)
        if booked is None:
            return
        self._look_at(booked.day, booked.order.instrument, booked.fill.ts)
        trip = self._ledger.trips.get(booked.order.bracket_id)
        if trip is not None:
            self._count_losses(trip)

    def adjusted(self, adjustment: Adjustment) -> None:
        """A position changed without a fill of ours."""
        self._ledger.adjusted(adjustment)

    def elsewhere(self, ts: int, net: Decimal) -> None:
        """What a bracket in a product that is not traded here any more has brought: it belongs to the account's day."""
        day = self._ledger.day(0, ts)
        day.book(net)
        self._look_at(day, 0, ts)

    def pause(self, on: bool, why: str, *, strategy: str = "", instrument: int | None = None) -> None:
        """Close or reopen entries: all, one strategy's, one instrument's, or both. Reopening opens what it names.

        Whoever lets a strategy go on, or everybody, forgives it the losses that it has made in a row.
        """
        if instrument is None:
            self._closed.pop(pause_key(strategy, ""), None)
        if on:
            self._control.pauses[strategy, instrument] = why
            return
        self._control.pauses.pop((strategy, instrument), None)
        if instrument is None:
            self._ledger.trips.forgive(strategy)

    def end_day(self, day: int, why: str) -> None:
        """A trading day (yyyymmdd) takes no more entries; nothing but the next one opens."""
        self._closed.pop(DAY_END, None)
        if self._control.day_end is None or day >= self._control.day_end[0]:
            self._control.day_end = (day, why)

    def closed(self) -> Mapping[str, Setting]:
        """What the gate has closed by itself since it was asked last, by key of `control`: the desk writes it down."""
        found, self._closed = self._closed, {}
        return found

    def state(self, now: int) -> dict[str, object]:
        """All that follows from the journal and can change a verdict at `now` or later, as plain values to compare.

        Quotes, links and holds are not in it: a start hears them anew. Nor are signals and intents that were judged.
        """
        control, today = self._control, min((sessions.date(now) for sessions in self._sessions), default=0)
        locked = control.day_end is not None and control.day_end[0] >= today
        return self._ledger.state(now, today, self._settings.cooldown) | {
            "pauses": sorted(control.pauses, key=str),
            "kill": control.kill is not None,
            "day_end": control.day_end[0] if locked and control.day_end is not None else None,
            "models": {name: one.state for name, one in self._models.items()},
        }

    def reset_model(self, strategy: str, ts: int) -> None:
        """A person lets a strategy's model judge again. Raises UsageError where it has none."""
        reset(self._models, strategy, ts)

    def kill(self, on: bool, why: str) -> None:
        """Set or clear the kill switch."""
        self._control.kill = why if on else None

    def shut(self, what: House, why: str) -> None:
        """Close entries for a cause of the house; an empty `why` opens them again."""
        if why:
            self._control.house[what] = why
        else:
            self._control.house.pop(what, None)

    def link(self, state: Link, why: str) -> None:
        """The link to the broker changed."""
        self._control.link, self._control.link_why = state, why

    def feed(self, instrument: int, state: Feed, why: str) -> None:
        """What an instrument's data is worth changed."""
        self._control.feeds[instrument] = (state, why)

    def newest(self, instrument: int) -> int:
        """Stamp of the instrument's newest row that was told of, ns UTC; 0 before the first."""
        return self._books[instrument].ts

    def facts(self, instrument: int, now: int) -> dict[str, Fact]:
        """The day so far and what the account carries, for `status`."""
        return so_far(self._ledger, self._ledger.day(instrument, now), self._settings, instrument)

    def room(self, now: int) -> list[dict[str, Any]]:
        """What is used of each limit (`bot.risk.room`)."""
        day = self._ledger.day(0, now)
        return room(self._ledger, day, self._settings, self._instruments, self._blackouts, self._control.legs, now)

    def sent(self, now: int) -> Counter[str]:
        """Brackets that each strategy has sent in the session of `now`."""
        return self._ledger.day(0, now).sent

    def revise(
        self,
        *,
        settings: RiskSettings,
        blackouts: Mapping[str, Blackout],
        hours: Mapping[str, HoursSettings],
        order_flow: Collection[str],
        models: Mapping[str, Doubter] | None = None,
    ) -> None:
        """Other settings and strategies from here on. Everything that was counted or closed stays as it is."""
        self._settings, self._blackouts, self._hours_settings = settings, blackouts, hours
        self._order_flow, self._models = frozenset(order_flow), models or {}
        self._hours.clear()
        self._contexts.clear()

    def _context(self, proposal: Proposal, now: int, sent: int) -> Context:
        """One moment, as the rules see it. Its lasting part is kept: making it anew would take as long as the rules."""
        at = proposal.instrument
        ctx = self._contexts.get((proposal.strategy, at))
        if ctx is None:
            ctx = self._contexts[proposal.strategy, at] = self._lasting(proposal.strategy, at)
        ctx.now, ctx.sent = now, sent
        ctx.day, ctx.health = self._ledger.day(at, now), self._health()
        ctx.blackout = self._blackouts[proposal.strategy]  # a calendar that is read anew makes another one
        return ctx

    def _lasting(self, strategy: str, at: int) -> Context:
        last, settings = self._last_days[at], self._settings
        near = None if last is None else last - timedelta(days=settings.min_days_to_expiry - 1)
        return Context(
            now=0,
            instrument=self._instruments[at],
            settings=settings,
            account=self._account,
            book=self._books[at],
            sessions=self._sessions[at],
            hours=self._hours_of(strategy, at),
            blackout=self._blackouts[strategy],
            ledger=self._ledger,
            day=Day(),
            control=self._control,
            order_flow=strategy in self._order_flow,
            roll=self._rolls.get(self._instruments[at].product, ""),
            last_day=last,
            closes_on=0 if near is None else int(f"{near:%Y%m%d}"),
            equity=self._account.net_liquidation or settings.account_usd,
        )

    def _hours_of(self, strategy: str, instrument: int) -> Hours:
        found = self._hours.get((strategy, instrument))
        if found is None:
            settings = self._hours_settings[strategy]
            found = self._hours[strategy, instrument] = Hours(self._sessions[instrument], settings, self._settings)
        return found

    def _count_losses(self, trip: Trip) -> None:
        """The last of too many losses in a row pauses its strategy, or everybody. A maker's are not counted."""
        if trip.bracket.approved.proposal.quote:
            return
        settings, trips = self._settings, self._ledger.trips
        for strategy, limit in ((trip.strategy, settings.max_losses_in_a_row), ("", settings.max_losses_in_a_row_all)):
            count = trips.losses(strategy, trip.ts)
            if count >= limit and (strategy, None) not in self._control.pauses:
                why = told(strategy, count)
                self._control.pauses[strategy, None] = why
                self._closed[pause_key(strategy, "")] = Setting(True, why, trip.ts)

    def _look_at(self, day: Day, instrument: int, ts: int) -> None:
        """A realised loss that has reached a limit ends its day, whatever is won later."""
        settings, date = self._settings, self._sessions[instrument].date(ts)
        if self._control.day_end is not None and self._control.day_end[0] >= date:
            return
        limits = (
            (-day.worst, settings.max_daily_loss_usd, "the day has lost {0}, limit {1}"),
            (-day.worst_r, settings.max_daily_loss_r, "the day has lost {0} R, limit {1} R"),
            (day.fallen if day.best else ZERO, settings.max_drawdown_usd, "the day fell {0} below its best, limit {1}"),
        )
        reached = [words.format(lost, limit) for lost, limit, words in limits if lost >= limit]
        if reached:
            why = "; ".join(reached)
            self._control.day_end = (date, why)
            self._closed[DAY_END] = Setting(date, why, ts)

    def _intend(self, proposal: Proposal, ts: int) -> None:
        if proposal.signal_id:
            self._control.signals.add((proposal.strategy, proposal.signal_id))
        if proposal.quote:
            return  # the same quote again is no double
        key = (proposal.strategy, proposal.instrument, proposal.side, proposal.entry)
        self._control.intents[key] = ts


def _last_day(one: Instrument, sessions: Sessions) -> date | None:
    """The last day on which the contract at hand may be held."""
    near = str(sessions.dates[0]) if sessions.dates else ""
    return last_day_to_hold(one.contract, one.expires, date.fromisoformat(near)) if near else None
