"""Everything that can refuse before a run is written: the adapter, the calendar, the sessions, the detectors."""

import hashlib
import importlib.metadata
import inspect
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache

from bot import plugins
from bot.clock import TapeClock, WallClock
from bot.config import BotFile, Params, StrategyFile, instrument, read_params
from bot.config.hours import load_hours
from bot.config.places import shown
from bot.config.placing import Placing
from bot.daemon.asked import Asked
from bot.daemon.hedging import hedges_of, unhedged
from bot.daemon.recording import recorded, repeated, said_by
from bot.domain.hedge import Hedge
from bot.domain.instrument import Instrument
from bot.domain.market import Days
from bot.domain.order import OVER, AccountFacts
from bot.domain.past import Past
from bot.errors import ConfigError, DataDamaged, InputMissing, Locked
from bot.journal.first_rows import BROKER, CALENDAR
from bot.journal.fold import fold
from bot.journal.lock import holder
from bot.journal.place import place
from bot.ports import Adapter, AdapterNeeds, Clock, RunFacts
from bot.risk.calendar import EventCalendar, must_refuse_replay
from bot.risk.in_force import InForce
from bot.sessions import days_of, trading_days
from bot.signals.engine import Wish, build
from bot.signals.engines import MultiEngine
from bot.tape.recorder import Recorder
from bot.warm import Memories

DAY_NS = 86_400_000_000_000
LIVE_HORIZON_NS = 60 * DAY_NS
"""How far ahead the sessions and edges of a run without a known end are made."""
MILLISECOND_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class Opened:
    """What stands before the account is proven: a market and a broker, and all that is known about their hours."""

    run: str
    asked: Asked
    adapter: Adapter
    clock: Clock
    """The time that the market goes by: the wall's, the tape's, or the adapter's own."""
    warm: Memories
    days: Mapping[str, Days]
    """Product → its sessions by the calendar, as detectors know them."""
    hours: Mapping[str, Days]
    """Product → the sessions in which orders are sent: no wider than what a broker said of them."""
    differences: Mapping[str, Sequence[str]]
    """Product → where calendar and broker do not agree, in sentences."""
    in_force: InForce
    """The event calendar, and the files that it was read from."""
    engine: MultiEngine
    specs: Sequence[StrategyFile]
    """Strategies whose product is on the market."""
    hears: Sequence[frozenset[int]]
    """For each of `specs` the sources of the engine that it may hear."""
    order_flow: frozenset[str]
    """Names of the strategies that read single prints and quotes."""
    idle: Mapping[str, str]
    """Strategies that are not asked in this run, and why."""
    hedges: dict[str, Hedge] = field(default_factory=dict)
    """Strategy → how its inventory is hedged."""
    left: Mapping[str, str] = field(default_factory=dict)
    """Strategies that an earlier run left a bracket of and that are asked no more → their product."""
    recorder: Recorder | None = None
    """What keeps the market's ticks; None: nobody does."""

    @property
    def products(self) -> list[str]:
        """By instrument index."""
        return [one.product for one in self.adapter.market.instruments]

    @property
    def calendar(self) -> EventCalendar:
        """The event calendar that is in force now."""
        return self.in_force.calendar

    @property
    def live(self) -> bool:
        """Whether the market goes by the wall's clock."""
        return isinstance(self.clock, WallClock)

    @property
    def last_ns(self) -> int:
        """Until when sessions and edges are known."""
        return last_of(self.adapter)

    def facts(self, account: AccountFacts) -> RunFacts:
        """What the journal says about the run before it starts."""
        texts, said = self.asked.texts, said_by(self.adapter)
        return RunFacts(
            run=self.run,
            adapter=self.adapter.name,
            account=account.account,
            tape=", ".join(str(tape["contract"]) for tape in self.adapter.tapes),
            tapes=self.adapter.tapes,
            config={**texts, CALENDAR: self.calendar.text, **({BROKER: said} if said else {})},
            config_hash=hash_of(texts),
            strategies=[spec.name for spec in self.asked.specs],
            seed=self.asked.bot.value.seed,
            fill_model=self.adapter.fill_model,
            calendar=named(self.calendar),
            versions=_versions(),
            dry=self.asked.dry,
            warm=self.warm.hash,
        )


async def opened(asked: Asked, run: str, stack: AsyncExitStack) -> Opened:
    """Open the adapter and get everything ready; what must be closed again is `stack`'s.

    Raises whatever refuses the run: ConfigError, InputMissing, DataDamaged, Unreachable, NotPaper.
    """
    past, flow = _past(asked), flow_of(asked)
    adapter = await open_adapter(asked, needs_of(asked, run, flow, past))
    stack.push_async_callback(adapter.broker.close)
    adapter, recorder = recorded(asked, adapter, run, stack)
    warm = stack.enter_context(Memories(asked.warm, asked.journal, adapter))
    days = {one.product: _sessions(asked, adapter, warm, one) for one in adapter.market.instruments}
    clock = adapter.clock or (WallClock() if adapter.market.last_ns is None else TapeClock())
    if isinstance(clock, WallClock) and adapter.wake is not None:
        clock.rung = adapter.wake
        await stack.enter_async_context(clock)
    hours, differences = dict(days), dict[str, list[str]]()
    if isinstance(clock, WallClock) or adapter.open_hours or adapter.trading_hours:
        for one in adapter.market.instruments:
            hours[one.product], differences[one.product] = _hours(asked, adapter, one)
    calendar = asked.calendar or _calendar(asked, adapter)
    if asked.calendar is None:
        _refuse_uncovered(asked, adapter, calendar)
    idle = idle_of(asked, adapter, flow)
    specs = [spec for spec in asked.specs if spec.name not in idle]
    hedges = hedges_of(specs, adapter.market.instruments)
    engine, hears = _detectors(asked, adapter, warm, days, specs)
    return Opened(
        run=run,
        asked=asked,
        adapter=adapter,
        clock=clock,
        warm=warm,
        days=days,
        hours=hours,
        differences=differences,
        in_force=InForce(calendar, asked.bot.value.calendar),
        engine=engine,
        specs=specs,
        hears=hears,
        order_flow=readers_of(asked, flow),
        idle=idle,
        hedges=hedges,
        left=_left(past, [spec.name for spec in specs]),
        recorder=recorder,
    )


def _left(past: Past, names: Sequence[str]) -> dict[str, str]:
    alive = [one.proposal for one in past.brackets if one.state not in OVER]
    return {one.strategy: past.products[one.instrument] for one in alive if one.strategy not in names}


def _past(asked: Asked) -> Past:
    """The fold of earlier runs. Raises Locked when another process owns the journal: it is not asked what it holds."""
    if asked.durability == "replay":
        return Past()
    where = place(asked.journal)
    owner = holder(where.lock) if where.path is not None else None
    if owner is not None:
        raise Locked(
            f"the journal is owned by {owner}",
            where=where.shown,
            do="stop that process, or name another journal with --journal",
        )
    adapter = asked.bot.value.adapter
    account = str(asked.bot.value.adapters.get(adapter, {}).get("account") or "")
    return fold(asked.journal, account=account, adapter=adapter)


async def open_adapter(asked: Asked, needs: AdapterNeeds) -> Adapter:
    """Call the adapter's factory, be it a function or a coroutine function. Raises ConfigError and what it raises."""
    bot = asked.bot.value
    factory = plugins.find("adapters", bot.adapter, asked.bot.path.parent)
    model = plugins.params_of(factory) or Params
    table, place = bot.adapters.get(bot.adapter, {}), Placing(shown(asked.bot.path), asked.bot.text)
    params = read_params(model, table, place, prefix=("adapters", bot.adapter))
    made = factory(params, needs)
    adapter: Adapter = await made if inspect.isawaitable(made) else made
    return repeated(adapter, asked.broker)


def last_of(adapter: Adapter) -> int:
    """The market's end, or the horizon of one that has none, ns UTC."""
    market = adapter.market
    return market.last_ns if market.last_ns is not None else market.first_ns + LIVE_HORIZON_NS


def needs_of(asked: Asked, run: str, flow: Mapping[str, Sequence[str]], past: Past) -> AdapterNeeds:
    """What an adapter is given beside its own settings.

    `flow` is what `flow_of` says of the strategies, `past` what earlier runs left.
    """
    bot, products = asked.bot.value, asked.products
    latency = latency_ns(bot, [one.value for one in asked.strategies])
    cancel_ms = bot.replay.cancel_latency_ms

    def facts_of(name: str, tick: Decimal | None) -> Instrument:
        return instrument(name, tick, known=products)

    return AdapterNeeds(
        account=f"REPLAY-{run}",
        instrument=facts_of,
        tapes=asked.tapes,
        batch=bot.replay.batch,
        fill_model=bot.replay.fill_model,
        latency_ns=latency,
        cancel_latency_ns=latency if cancel_ms is None else cancel_ms * MILLISECOND_NS,
        # A bracket that lives is looked after, whether or not anybody still wants to trade its product.
        products=tuple(dict.fromkeys([*traded_by(asked.specs), *past.trading])),
        order_flow=_by_product(asked, flow),
        rolls={product: one.roll for product, one in products.items()},
        dry=asked.dry,
        held=past.held,
        broker_ids=past.broker_ids,
        last_broker_id=past.last_broker_id,
    )


def traded_by(specs: Sequence[StrategyFile]) -> list[str]:
    """The products of strategies and of their hedges."""
    return [spec.instrument for spec in specs] + [spec.hedge.instrument for spec in specs if spec.hedge is not None]


def flow_of(asked: Asked) -> dict[str, tuple[str, ...]]:
    """Strategy → the kinds that it hears and that need every print and quote. Raises ConfigError for what cannot be."""
    folder, found = asked.bot.path.parent, dict[str, tuple[str, ...]]()
    known = asked.products
    for spec in asked.specs:
        if spec.instrument in known:
            loaded = asked.loaded(spec)
            one = instrument(spec.instrument, known=known)
            made = plugins.find("strategies", spec.strategy, loaded.path.parent)(spec, one)
            _, others = plugins.detectors({**asked.bot.value.detectors, **spec.detectors}, loaded.path.parent)
            found[spec.name] = plugins.order_flow(made, others)
            if why := plugins.unquoted(made, asked.bot.value.adapter, folder):
                raise ConfigError(why, where=shown(loaded.path), allowed="adapter replay or synthetic")
            if why := unhedged(spec, made, None):
                raise ConfigError(why, where=shown(loaded.path))
    return found


def readers_of(asked: Asked, flow: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Names of the strategies that read single prints and quotes; of what nobody knows that is one."""
    return frozenset(spec.name for spec in asked.specs if flow.get(spec.name, ("unknown",)))


def _by_product(asked: Asked, flow: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for spec in asked.specs:
        found.setdefault(spec.instrument, []).extend(flow.get(spec.name, ()))
    return found


def idle_of(asked: Asked, adapter: Adapter, flow: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Strategies that cannot be asked in this run, and why."""
    products = {one.product for one in adapter.market.instruments}
    found = {}
    for spec in asked.specs:
        if spec.instrument not in products:
            found[spec.name] = "its product is not on the tape"
        elif adapter.feeds.get(spec.instrument) == "sampled" and flow.get(spec.name):
            kinds = ", ".join(flow[spec.name])
            found[spec.name] = f"it hears {kinds}, and {spec.instrument} is only sampled"
    return found


def _hours(asked: Asked, adapter: Adapter, one: Instrument) -> tuple[Days, list[str]]:
    """When orders are sent in a live run or its repetition: the narrower of two, unless a person knows better."""
    folder = asked.bot.path.parent
    known = asked.products.get(one.product)
    return trading_days(
        one,
        adapter.market.first_ns,
        last_of(adapter),
        known=known.hours if known else (),
        told=load_hours(folder).get(one.product, ()),
        liquid=adapter.open_hours.get(one.product, ()),
        trading=adapter.trading_hours.get(one.product, ()),
    )


def _sessions(asked: Asked, adapter: Adapter, warm: Memories, one: Instrument) -> Days:
    known = asked.products.get(one.product)
    return days_of(one, warm.reach_ns, last_of(adapter), known.hours if known else ())


def _calendar(asked: Asked, adapter: Adapter) -> EventCalendar:
    """The calendar in force. A live desk without one starts, and every hour is closed; a replay is refused."""
    try:
        return EventCalendar.load(asked.bot.value.calendar)
    except (DataDamaged, InputMissing) as error:
        if adapter.market.last_ns is not None:
            raise
        return EventCalendar.absent(f"{error.where}: {error.what}" if error.where else error.what)


def _refuse_uncovered(asked: Asked, adapter: Adapter, calendar: EventCalendar) -> None:
    """A tape older than what the calendar knows would be traded blind: say so before a run is written."""
    if adapter.market.last_ns is None:
        return
    traded = set(traded_by(asked.specs))
    for one in adapter.market.instruments:
        refusal = must_refuse_replay(calendar, one.events, adapter.market.first_ns)
        if refusal and one.product in traded:
            raise ConfigError(
                refusal, allowed="--calendar FILE, or --calendar none", do="paperpit calendar list --json"
            )


def _detectors(
    asked: Asked, adapter: Adapter, warm: Memories, days: Mapping[str, Days], specs: Sequence[StrategyFile]
) -> tuple[MultiEngine, list[frozenset[int]]]:
    """One engine an instrument, warm where it was asked for; for each strategy the sources that it may hear."""
    wishes, where = wishes_of(asked, adapter, specs)
    instruments = adapter.market.instruments
    engine = warm.begin([build(one, days[one.product], mine) for one, mine in zip(instruments, wishes, strict=True)])
    return engine, [engine.belongs(at, number) for at, number in where]


def wishes_of(
    asked: Asked, adapter: Adapter, specs: Sequence[StrategyFile]
) -> tuple[list[list[Wish]], list[tuple[int, int]]]:
    """What is to be heard of each instrument; for each strategy its instrument and which of the wishes is its own."""
    heard, where = [], [(-1, -1)] * len(specs)
    for at, one in enumerate(adapter.market.instruments):
        mine = [index for index, spec in enumerate(specs) if spec.instrument == one.product]
        wishes = plugins.wishes(asked.bot, [asked.loaded(specs[index]) for index in mine], one)
        sampled = adapter.feeds.get(one.product) == "sampled"
        heard.append([replace(wish, order_flow=False) for wish in wishes] if sampled else wishes)
        for number, index in enumerate(mine):
            where[index] = (at, number)
    return heard, where


def latency_ns(bot: BotFile, specs: Sequence[StrategyFile]) -> int:
    """A broker has one latency: a strategy may set it when it is alone, else the settings' holds."""
    own = {spec.replay.latency_ms for spec in specs if spec.replay.latency_ms is not None}
    return (own.pop() if len(own) == 1 and len(specs) == 1 else bot.replay.latency_ms) * MILLISECOND_NS


def named(calendar: EventCalendar) -> str:
    """Where a calendar comes from, and the hash of all that it says."""
    return f"{calendar.source} {hash_of({CALENDAR: calendar.text})}"


def hash_of(texts: Mapping[str, str]) -> str:
    """Short hash of settings, by file name."""
    digest = hashlib.sha256()
    for name in sorted(texts):
        digest.update(f"{name}\0{texts[name]}\0".encode())
    return digest.hexdigest()[:16]


def _versions() -> dict[str, str]:
    return {
        "paperpit": version("paperpit"),
        "python": ".".join(map(str, sys.version_info[:3])),
        "numba": version("numba"),
        "numpy": version("numpy"),
    }


@cache
def version(package: str) -> str:
    """Of an installed package; it is read once."""
    return importlib.metadata.version(package)
