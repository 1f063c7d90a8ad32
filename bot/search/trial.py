"""One trial: a strategy's TOML over one tape, through the desk of a replay, into a journal that is kept nowhere.

Everything here is a plain function of values that can be sent to another process: a tape is its path and its hash,
never its rows. What trials of one process share (rows, signals) is made by whichever needs it first.
"""

import asyncio
import gc
import hashlib
import os
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from math import fsum
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from bot import plugins
from bot.clock import TapeClock
from bot.config import BotFile, Loaded, StrategyFile, products_of, read_strategy
from bot.config.places import shown
from bot.daemon import Asked, Run
from bot.daemon.opening import (
    Opened,
    flow_of,
    idle_of,
    needs_of,
    open_adapter,
    opened,
    readers_of,
    wishes_of,
)
from bot.daemon.stopping import Stopping
from bot.domain.order import AccountFacts
from bot.domain.past import Past
from bot.errors import ConfigError, PaperpitError
from bot.journal import Writer, new_run_id
from bot.journal.passing import PassingStore, passing_writer
from bot.journal.round_trips import RoundTrip
from bot.risk.calendar import EventCalendar
from bot.search.held import HeldMarket, held
from bot.search.scans import Newest, Recalled, Seen
from bot.sessions import day_at
from bot.signals.engine import build
from bot.signals.engines import MultiEngine

T = TypeVar("T")
NOWHERE = "sqlite:///kept-nowhere"
STRANGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a strategy of somebody else may raise where it is made; while it is asked, the desk takes care of that."""


@dataclass(frozen=True, slots=True)
class Tape:
    """One tape: as it is called in a journal, where this machine has it, and what it holds."""

    name: str
    path: Path
    hash: str
    instrument: str = ""
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """What all trials of a sweep have in common."""

    bot: Loaded[BotFile]
    path: Path
    """Of the sweep file: code that it names is looked for beside it."""
    calendar: EventCalendar | None
    """That is in force for all of them; None: it is still to be read."""
    instruments: Sequence[tuple[str, str]]
    """Names and texts of the instruments.toml in force."""

    @property
    def key(self) -> str:
        """Names all of it: a worker of a cluster outlives many sweeps."""
        known = () if self.calendar is None else (self.calendar.source, self.calendar.text)
        texts = (text for _, text in self.instruments)
        return hashlib.sha256("\0".join((str(self.bot.path), self.bot.text, *texts, *known)).encode()).hexdigest()

    def asked(self, tape: Tape, strategy: Loaded[StrategyFile]) -> Asked:
        """What a replay of this strategy over this tape would be asked for."""
        tapes, known = (str(tape.path),), products_of(self.instruments)
        return Asked(self.bot, [strategy], NOWHERE, "replay", tapes, calendar=self.calendar, known=known)

    def strategy(self, text: str) -> Loaded[StrategyFile]:
        """A trial's strategy. Raises ConfigError with every fault."""
        found = read_strategy(self.path, self.path.parent, text=text, known=products_of(self.instruments))
        plugins.judge(found)
        return found


@dataclass(frozen=True, slots=True)
class Part:
    """What came of one trial on one tape."""

    number: int
    round_trips: int = 0
    net_ticks: int = 0
    r: tuple[float, ...] = ()
    """Of each round trip that has one, before costs."""
    days: Mapping[int, float] = field(default_factory=dict)
    """Session (yyyymmdd) → Σ R after costs, of the sessions with a round trip."""
    journal_hash: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """A tape as all trials of this process use it."""

    market: HeldMarket
    opened: Opened
    scans: Newest


GROUNDS = Newest(2)
"""Two tapes: when one is done with, trials of the next have begun."""
SCANS = os.cpu_count() or 1


def play_all(scene: Scene, tape: Tape, trials: Sequence[tuple[int, str]]) -> list[Part]:
    """Several trials (number, text) over one tape, in order. Raises what the tape raises; a trial only fails."""
    return list(played(scene, tape, trials))


def played(scene: Scene, tape: Tape, trials: Sequence[tuple[int, str]]) -> Iterator[Part]:
    """The same, one by one as they come."""
    for number, text in trials:
        yield play(scene, tape, number, text)


def play(scene: Scene, tape: Tape, number: int, text: str) -> Part:
    """One trial over one tape. Raises what the tape raises."""
    try:
        asked = scene.asked(tape, scene.strategy(text))
        flow = made(asked)
    except PaperpitError as error:
        # Without its folder: the same wherever it is played.
        return Part(number, error=str(error).replace(shown(scene.path), scene.path.name))
    ground = _ground(scene, tape, asked)
    try:
        return _awaited(_play(ground, tape, asked, flow, number))
    except PaperpitError as error:
        return Part(number, error=str(error))
    except STRANGE as error:
        return Part(number, error=_named(error))
    finally:
        # The parts of a desk know each other. What they hold would wait for a round of the collector's own, many trials
        # long; with the rest at rest it takes a moment to look for it.
        gc.collect()


def made(asked: Asked) -> Mapping[str, Sequence[str]]:
    """See that a trial's strategy can be made; the kinds that it hears. Raises ConfigError."""
    try:
        return flow_of(asked)
    except STRANGE as error:
        raise ConfigError(_named(error)) from error


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _ground(scene: Scene, tape: Tape, asked: Asked) -> Ground:
    found: Ground = GROUNDS.of(f"{tape.hash} {scene.key}", lambda: _awaited(_stand_on(replace(asked, strategies=()))))
    return found


def _awaited(work: Coroutine[Any, Any, T]) -> T:
    """What comes of it. `asyncio.run` would also take the process's signals, and print the whole of it on the way."""
    with closing(asyncio.new_event_loop()) as loop:
        try:
            return loop.run_until_complete(work)
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())


async def _stand_on(asked: Asked) -> Ground:
    """Open the tape as a replay does, and read it to its end."""
    async with AsyncExitStack() as stack:
        found = await opened(asked, new_run_id(0), stack)
        ground = Ground(await held(found.adapter.market), found, Newest(SCANS + 1))
    if not gc.get_freeze_count():
        gc.freeze()  # what stands by now stands until the last trial
    return ground


async def _play(ground: Ground, tape: Tape, asked: Asked, flow: Mapping[str, Sequence[str]], number: int) -> Part:
    store = PassingStore()
    parts = await _parts(ground, tape, asked, flow)
    async with Run(asked, Stopping(), parts=parts, journal=partial(_passing, store)) as run:
        outcome = await run.trade()
    if outcome.tally.failed:
        return Part(number, error="; ".join(f"{name}: {why}" for name, why in outcome.tally.failed.items()))
    trips = store.round_trips()
    return Part(
        number,
        len(trips),
        outcome.net_ticks,
        tuple(trip.r for trip in trips if trip.r is not None),
        _days(trips, parts),
        store.journal_hash,
    )


def _passing(store: PassingStore, parts: Opened, account: AccountFacts) -> Writer:
    return passing_writer(store, parts.facts(account), parts.adapter.market.instruments)


async def _parts(ground: Ground, tape: Tape, asked: Asked, flow: Mapping[str, Sequence[str]]) -> Opened:
    """What `opened` would give, with rows and signals that are there already. Raises ConfigError."""
    run = new_run_id(ground.market.first_ns)
    adapter = await open_adapter(asked, needs_of(asked, run, flow, Past()))
    # On another machine the tape may lie elsewhere; it is the same tape.
    tapes = [{**one, "name": tape.name} for one in adapter.tapes]
    adapter = replace(adapter, market=ground.market, tapes=tapes)
    if idle := idle_of(asked, adapter, flow):
        raise ConfigError("; ".join(f"strategy {name} is idle: {why}" for name, why in idle.items()))
    wishes, where = wishes_of(asked, adapter, asked.specs)
    instruments, days = ground.market.instruments, ground.opened.days

    def look() -> Seen:
        engines = [build(one, days[one.product], mine) for one, mine in zip(instruments, wishes, strict=True)]
        return Seen(MultiEngine(engines), ground.market.held)

    seen: Seen = ground.scans.of(repr(wishes), look)
    return replace(
        ground.opened,
        run=run,
        asked=asked,
        adapter=adapter,
        clock=TapeClock(),
        engine=Recalled(seen),
        specs=asked.specs,
        hears=[seen.engine.belongs(at, index) for at, index in where],
        order_flow=readers_of(asked, flow),
        idle=idle,
    )


def _days(trips: Sequence[RoundTrip], parts: Opened) -> dict[int, float]:
    """Σ R after costs by the session of the entry."""
    found: dict[int, list[float]] = {}
    for trip in trips:
        rows = parts.days[trip.bracket.instrument]
        date = int(rows[day_at(rows, trip.entries[0].ts)]["date"])
        found.setdefault(date, []).append(trip.r_net or 0.0)
    return {date: fsum(values) for date, values in found.items()}


def packed(part: Part) -> bytes:
    """A part as JSON, as a journal keeps it."""
    return msgspec.json.encode(part)


def unpacked(text: str | bytes) -> Part:
    """The part again."""
    return msgspec.json.decode(text, type=Part)
