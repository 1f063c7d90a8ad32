"""The composition root: settings become parts, parts become a desk, in the one order of start and stop.

journal locked and opened → adapter connected, account proven paper → calendar, sessions, signals, strategies,
gate → desk. Stopping goes the other way. It is the only room that knows every other.
"""

import asyncio
import importlib.metadata
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from bot import plugins
from bot.clock import TapeClock, WallClock
from bot.config import BotFile, Loaded, Params, StrategyFile, instrument, load_instruments, read_params
from bot.config.places import shown
from bot.config.placing import Placing
from bot.desk import Desk, Parts, Seat, Tally
from bot.domain.instrument import Instrument
from bot.domain.market import Days
from bot.domain.order import AccountFacts, Unavailable
from bot.errors import ConfigError, DataDamaged, InputMissing, NotPaper, Unreachable
from bot.journal import Writer, new_run_id, open_writer
from bot.orders.manager import OrderManager
from bot.orders.reconcile import compare
from bot.ports import Adapter, AdapterNeeds, RunFacts, Strategy
from bot.risk.blackout import Blackout
from bot.risk.calendar import EventCalendar, must_refuse_replay
from bot.risk.gate import Gate
from bot.risk.schedule import Agenda, Watched
from bot.sessions import days_of
from bot.signals.engine import MultiEngine, build
from bot.warm import Memories, Wanted

BOT, STRATEGIES, CALENDAR = "bot.toml", "strategies/", "calendar"
"""Names under which a run keeps the exact texts that it was made of."""
DAY_NS = 86_400_000_000_000
LIVE_HORIZON_NS = 60 * DAY_NS
MILLISECOND_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked for; everything has been found and judged already."""

    bot: Loaded[BotFile]
    strategies: Sequence[Loaded[StrategyFile]]
    journal: str
    durability: Literal["power", "process", "replay"]
    tapes: Sequence[str] = ()
    dry: bool = False
    calendar: EventCalendar | None = None
    """A recorded run's calendar; None: the one that the settings name."""
    warm: Wanted = field(default_factory=Wanted)
    """What the detectors start with, and whether they are saved."""


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    run: str
    adapter: Adapter
    journal: str
    idle: Sequence[str]  # strategies whose product is not on the tape
    tally: Tally = field(default_factory=Tally)
    seconds: float = 0.0
    round_trips: int = 0
    net_ticks: int = 0
    anomalies: Mapping[str, int] = field(default_factory=dict)
    stopped_by: int | None = None  # number of the signal that ended it
    warm: str = ""  # SHA-256 of the snapshot that the detectors started with
    trouble: str = ""  # why the newest snapshot could not be written

    def summary(self) -> dict[str, Any]:
        """The object that `replay --json` prints."""
        tally = self.tally
        return {
            "run": self.run,
            "tape": ", ".join(str(tape["contract"]) for tape in self.adapter.tapes),
            "tapes": list(self.adapter.tapes),
            "rows": tally.rows,
            "seconds": round(self.seconds, 3),
            "bars": tally.bars,
            "signals": tally.signals.total(),
            "candidates": tally.candidates.total(),
            "approved": tally.approved,
            "blocked": tally.blocked,
            "round_trips": self.round_trips,
            "net_ticks": self.net_ticks,
            "anomalies": sum(self.anomalies.values()),
            "anomaly_kinds": dict(self.anomalies),
            "failed": dict(tally.failed),
            "fill_model": self.adapter.fill_model,
            "warm": self.warm or None,
            "journal": self.journal,
        }


class Run:
    """One run from its opening to its end. Use it as a context manager: the journal's lock is let go at the end."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._opened = ExitStack()
        self._clock = WallClock()
        self._run = new_run_id(self._clock.now_ns())
        self.adapter = self._open_adapter()
        self.warm = self._opened.enter_context(Memories(asked.warm, asked.journal, self.adapter))
        self._days = {one.product: self._sessions(one) for one in self.adapter.market.instruments}
        self._specs = [one.value for one in asked.strategies if one.value.enabled]
        self.desk: Desk | None = None
        self.calendar = asked.calendar or self._calendar()
        if asked.calendar is None:
            self._refuse_uncovered()
        self._engine, self._hears = self._detectors()

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *exc: object) -> None:
        self._opened.close()

    @property
    def rows(self) -> int:
        """Rows to come, where a tape knows; 0 otherwise."""
        return sum(int(tape["rows"]) for tape in self.adapter.tapes)

    async def trade(self, seen: Callable[[int], None] = lambda rows: None) -> Outcome:
        """Open the journal, prove the account, trade to the end or to a signal, and close in order."""
        started = time.perf_counter()
        account = await self.adapter.broker.connect()
        if not account.paper:
            raise NotPaper(f"account {account.account} is not provably a paper account; nothing was sent")
        writer = self._open_journal(account)
        await self._reconcile()
        desk, orders, idle = self._desk(writer, account)
        self.desk = desk
        outcome = Outcome(self._run, self.adapter, self._asked.journal, idle)
        outcome.warm = self.warm.hash
        outcome.stopped_by = await _until_signal(desk, seen)
        outcome.trouble = self.warm.end(stopped=outcome.stopped_by is not None)
        outcome.tally = desk.tally
        outcome.anomalies = dict(self.adapter.market.anomalies)
        outcome.round_trips, outcome.net_ticks = orders.round_trips, orders.net_ticks
        for kind, count in outcome.anomalies.items():
            writer.anomaly(kind, count, self.adapter.market.first_ns)
        outcome.seconds = time.perf_counter() - started
        writer.finish(_kept(outcome))
        return outcome

    async def _reconcile(self) -> None:
        """The one start path: ask what the broker holds and compare. A clean start is a recovery that finds nothing."""
        answer = await self.adapter.broker.snapshot()
        if isinstance(answer, Unavailable):
            raise Unreachable(f"the broker did not say what it holds: {answer.reason} {answer.detail}".rstrip())
        differences = compare({}, frozenset(), frozenset(), answer.value)
        if differences:
            raise Unreachable(
                "the broker holds what this journal does not know:\n  " + "\n  ".join(map(str, differences)),
                do="close it at the broker, or start with the journal that opened it",
            )

    def _open_adapter(self) -> Adapter:
        bot = self._asked.bot.value
        factory = plugins.find("adapters", bot.adapter, self._asked.bot.path.parent)
        latency = _latency_ns(bot, [one.value for one in self._asked.strategies])
        cancel_ms = bot.replay.cancel_latency_ms
        needs = AdapterNeeds(
            account=f"REPLAY-{self._run}",
            instrument=self._instrument,
            tapes=self._asked.tapes,
            batch=bot.replay.batch,
            fill_model=bot.replay.fill_model,
            latency_ns=latency,
            cancel_latency_ns=latency if cancel_ms is None else cancel_ms * MILLISECOND_NS,
        )
        model = plugins.params_of(factory) or Params
        table, place = bot.adapters.get(bot.adapter, {}), Placing(shown(self._asked.bot.path), self._asked.bot.text)
        adapter: Adapter = factory(read_params(model, table, place, prefix=("adapters", bot.adapter)), needs)
        return adapter

    def _instrument(self, name: str, tick: Decimal) -> Instrument:
        return instrument(name, tick, folder=self._asked.bot.path.parent)

    def _sessions(self, one: Instrument) -> Days:
        known = load_instruments(self._asked.bot.path.parent).get(one.product)
        market = self.adapter.market
        last_ns = market.last_ns if market.last_ns is not None else market.first_ns + LIVE_HORIZON_NS
        return days_of(one, self.warm.reach_ns, last_ns, known.hours if known else ())

    def _calendar(self) -> EventCalendar:
        """The calendar in force. A live desk without one starts, and every hour is closed; a replay is refused."""
        try:
            return EventCalendar.load(self._asked.bot.value.calendar)
        except (DataDamaged, InputMissing) as error:
            if self.adapter.market.last_ns is not None:
                raise
            return EventCalendar.absent(str(error))

    def _refuse_uncovered(self) -> None:
        """A tape older than what the calendar knows would be traded blind: say so before a run is written."""
        if self.adapter.market.last_ns is None:
            return
        traded = {spec.instrument for spec in self._specs}
        for one in self.adapter.market.instruments:
            refusal = must_refuse_replay(self.calendar, one.events, self.adapter.market.first_ns)
            if refusal and one.product in traded:
                raise ConfigError(
                    refusal, allowed="--calendar FILE, or --calendar none", do="paperpit calendar list --json"
                )

    def _open_journal(self, account: AccountFacts) -> Writer:
        bot, strategies = self._asked.bot, self._asked.strategies
        texts = {BOT: bot.text, **{f"{STRATEGIES}{one.path.name}": one.text for one in strategies}}
        known = self.calendar.text
        facts = RunFacts(
            run=self._run,
            adapter=self.adapter.name,
            account=account.account,
            tape=", ".join(str(tape["contract"]) for tape in self.adapter.tapes),
            tapes=self.adapter.tapes,
            config={**texts, CALENDAR: known},
            config_hash=_hash(texts),
            strategies=[spec.name for spec in self._specs],
            seed=bot.value.seed,
            fill_model=self.adapter.fill_model,
            calendar=f"{self.calendar.source} {_hash({CALENDAR: known})}",
            versions=_versions(),
            dry=self._asked.dry,
            warm=self.warm.hash,
        )
        return self._opened.enter_context(
            open_writer(
                self._asked.journal,
                facts,
                self.adapter.market.instruments,
                durability=self._asked.durability,
                now_ns=self._clock.now_ns,
            )
        )

    def _desk(self, writer: Writer, account: AccountFacts) -> tuple[Desk, OrderManager, list[str]]:
        instruments = self.adapter.market.instruments
        products = [one.product for one in instruments]
        specs = [spec for spec in self._specs if spec.instrument in products]
        idle = [spec.name for spec in self._specs if spec.instrument not in products]
        blackouts = {
            spec.name: Blackout(self.calendar, instruments[products.index(spec.instrument)].events, spec.blackout)
            for spec in specs
        }
        gate = Gate(
            instruments=instruments,
            days=[self._days[product] for product in products],
            settings=self._asked.bot.value.risk,
            account=account,
            blackouts=blackouts,
            hours={spec.name: spec.hours for spec in specs},
            health=self._clock.health if self.adapter.market.last_ns is None else TapeClock().health,
        )
        for at, one in enumerate(self._engine.engines):
            # What was on when the memory was saved is on still; the gate has not heard of it.
            for number in one.standing:
                gate.guard(at, number, True, {"number": number})
        contracts = [one.contract or one.product for one in instruments]
        orders = OrderManager(self.adapter.broker, writer, gate, contracts)
        seats = [
            Seat(self._strategy(spec, instruments[at := products.index(spec.instrument)]), at, heard)
            for spec, heard in zip(specs, self._hears, strict=True)
        ]
        parts = Parts(
            instruments=instruments,
            market=self.adapter.market,
            broker=self.adapter.broker,
            engine=self._engine,
            seats=seats,
            gate=gate,
            orders=orders,
            journal=writer,
            schedule=self._agenda(specs, products, blackouts),
            dry=self._asked.dry,
        )
        return Desk(parts), orders, idle

    def _detectors(self) -> tuple[MultiEngine, list[frozenset[int]]]:
        """One engine an instrument, warm where it was asked for; for each strategy the sources that it may hear."""
        market, engines = self.adapter.market, []
        products = [one.product for one in market.instruments]
        specs = [spec for spec in self._specs if spec.instrument in products]
        where: list[tuple[int, int]] = [(-1, -1)] * len(specs)
        for at, one in enumerate(market.instruments):
            mine = [index for index, spec in enumerate(specs) if spec.instrument == one.product]
            wishes = plugins.wishes(self._asked.bot, [self._loaded(specs[index]) for index in mine], one)
            engines.append(build(one, self._days[one.product], wishes))
            for number, index in enumerate(mine):
                where[index] = (at, number)
        engine = self.warm.begin(engines)
        return engine, [engine.belongs(at, number) for at, number in where]

    def _loaded(self, spec: StrategyFile) -> Loaded[StrategyFile]:
        return next(found for found in self._asked.strategies if found.value is spec)

    def _strategy(self, spec: StrategyFile, one: Instrument) -> Strategy:
        loaded = self._loaded(spec)
        made: Strategy = plugins.find("strategies", spec.strategy, loaded.path.parent)(spec, one)
        return made

    def _agenda(
        self, specs: Sequence[StrategyFile], products: Sequence[str], blackouts: Mapping[str, Blackout]
    ) -> Agenda:
        market, risk = self.adapter.market, self._asked.bot.value.risk
        watched = [
            Watched(
                spec.name,
                at := products.index(spec.instrument),
                self._days[spec.instrument],
                blackouts[spec.name],
                risk.flatten_before_close,
                spec.flat_by,
                regular=market.instruments[at].kind == "stock" and spec.hours.session == "regular",
            )
            for spec in specs
        ]
        last = market.last_ns if market.last_ns is not None else market.first_ns + LIVE_HORIZON_NS
        return Agenda(watched, market.first_ns, last + 1)


async def _until_signal(desk: Desk, seen: Callable[[int], None]) -> int | None:
    """Run the desk; SIGINT and SIGTERM stop it in order. The signal's number, or None at the market's own end."""
    caught: list[int] = []

    def stop(number: int) -> None:
        caught.append(number)
        desk.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    try:
        await desk.run(seen)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    return caught[0] if caught else None


def _latency_ns(bot: BotFile, specs: Sequence[StrategyFile]) -> int:
    """A broker has one latency: a strategy may set it when it is alone, else the settings' holds."""
    own = {spec.replay.latency_ms for spec in specs if spec.replay.latency_ms is not None}
    return (own.pop() if len(own) == 1 and len(specs) == 1 else bot.replay.latency_ms) * MILLISECOND_NS


def _hash(texts: Mapping[str, str]) -> str:
    import hashlib

    digest = hashlib.sha256()
    for name in sorted(texts):
        digest.update(f"{name}\0{texts[name]}\0".encode())
    return digest.hexdigest()[:16]


def _versions() -> dict[str, str]:
    return {
        "paperpit": importlib.metadata.version("paperpit"),
        "python": ".".join(map(str, sys.version_info[:3])),
        "numba": importlib.metadata.version("numba"),
        "numpy": importlib.metadata.version("numpy"),
    }


def _kept(outcome: Outcome) -> dict[str, Any]:
    """The summary as the run's last row keeps it; what the tapes are stands in its first row."""
    summary = outcome.summary()
    del summary["tapes"]
    return {**summary, "stopped_by": outcome.stopped_by}
