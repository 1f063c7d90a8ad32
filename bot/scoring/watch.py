"""What the detectors see of a tape, exactly as a replay hears them, and which guard would have vetoed what.

No strategy, no gate, no journal: the tape goes through the cleaning of the replay adapter and through the engine.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from bot import plugins
from bot.config import BotFile, Loaded, Params, StrategyFile, instrument, load_instruments, read_bot
from bot.config.params import MINUTE_NS
from bot.domain.instrument import Instrument
from bot.domain.market import OFF_GRID, PRINT, QUARANTINED, Events, Ticks
from bot.ports import Adapter, AdapterNeeds
from bot.sessions import days_of
from bot.signals.engine import Engine, build
from bot.signals.roster import GUARDS

PAUSE_NS = 10 * MINUTE_NS
"""A longer silence (a night, a weekend) is no time of the tape."""
NEAR_TICKS, NEAR_ATR, ATR_BARS = 4.0, 0.2, 14
BATCH = 65_536

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Detection:
    """One signal. Times are ns UTC, the price is in ticks."""

    kind: str
    side: int
    ts: int
    """When it was confirmed."""
    known: int
    """When it could be acted on."""
    price: int
    strength: float
    timeframe_ns: int = 0
    vetoed_by: tuple[int, ...] = ()
    """Numbers of the guards that were on when it became known."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen of one tape. Another's detections can take the place of ours: only this is matched."""

    product: str
    tick: Decimal
    first_ns: int
    last_ns: int
    kinds: tuple[str, ...] = ()
    """What the detectors could have said, without bars and guards."""
    detections: Sequence[Detection] = ()
    guards: Mapping[int, Sequence[Span]] = field(default_factory=dict)
    """For each guard by number, when it was on."""
    pauses: Sequence[Span] = ()
    minutes: Sequence[int] = ()
    """Minutes (since 1970) in which there were prints, and the average range (ticks) of minutes up to each."""
    ranges: Sequence[float] = ()

    def open_ns(self, since: int, until: int) -> int:
        """Time between two moments without the tape's pauses."""
        gone = sum(max(0, min(until, b) - max(since, a)) for a, b in self.pauses)
        return until - since - gone

    def near(self, ts: int) -> float:
        """How many ticks a level may be off at `ts`: 4, or a fifth of the minutes' average range where that is more."""
        known = bisect_left(self.minutes, ts // MINUTE_NS)
        return max(NEAR_TICKS, NEAR_ATR * self.ranges[known - 1]) if known else NEAR_TICKS


class Watch:
    """A tape and the detectors that are to read it: those of its product's strategies, or the product's usual ones."""

    def __init__(
        self, tape: str, *, bot: Loaded[BotFile] | None = None, strategies: Sequence[Loaded[StrategyFile]] = ()
    ) -> None:
        """Open `tape` (`demo`, a path, a name); `bot` is the bot.toml in force unless told.

        Raises InputMissing, DataDamaged, ConfigError.
        """
        settings = bot or read_bot()
        folder = settings.path.parent
        self._adapter = opened(tape, folder)
        (one,) = self._adapter.market.instruments
        last_ns = self._adapter.market.last_ns
        assert last_ns is not None, "a tape ends"
        self.product, self._tick = one.product, one.tick
        self.first_ns, self.last_ns = self._adapter.market.first_ns, last_ns
        self.rows, self.contract = (self._adapter.tapes[0][key] for key in ("rows", "contract"))
        known = load_instruments(folder).get(one.product)
        days = days_of(one, self.first_ns, self.last_ns, known.hours if known else ())
        mine = [spec for spec in strategies if spec.value.enabled and spec.value.instrument == one.product]
        self._engine = build(one, days, plugins.wishes(settings, mine, one))
        silent = self._engine.internal | self._engine.candidates
        self.kinds = tuple(kind for kind in self._engine.kinds if kind not in silent)
        """What the detectors can say, without bars, guards and candidates."""

    def read(self, advance: Callable[[int], None] = lambda rows: None) -> Watched:
        """Read the tape, once; `advance` is told of rows done. Raises DataDamaged at an unreadable place."""
        eye = _Eye(self._engine)
        asyncio.run(eye.read(self._adapter, advance))
        return eye.watched(Watched(self.product, self._tick, self.first_ns, self.last_ns, self.kinds))


def opened(tape: str, folder: Path) -> Adapter:
    """The replay adapter on a tape; `folder` is where instruments are looked up. Raises InputMissing, DataDamaged."""

    def facts_of(name: str, tick: Decimal | None) -> Instrument:
        return instrument(name, tick, folder=folder)

    replay = plugins.find("adapters", "replay")
    needs = AdapterNeeds(account="", instrument=facts_of, tapes=(tape,), batch=BATCH)
    adapter: Adapter = replay((plugins.params_of(replay) or Params)(), needs)
    return adapter


class _Eye:
    """A fold over a tape's batches: signals with the guards that were on, pauses, the minutes' ranges."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._newest: int | None = None
        self._on: dict[int, int] = {}
        self._direction: dict[int, int] = {}
        self._detections: list[Detection] = []
        self._spares: dict[int, frozenset[str]] = {
            module.NUMBER: getattr(module, "SPARES", frozenset()) for module in GUARDS.values()
        }
        self._spans: dict[int, list[Span]] = {module.NUMBER: [] for module in GUARDS.values() if module.NUMBER}
        self._pauses: list[Span] = []
        self._minutes: dict[int, tuple[int, int]] = {}

    async def read(self, adapter: Adapter, advance: Callable[[int], None]) -> None:
        """All batches of a market that ends."""
        await adapter.market.subscribe()
        async for batch in adapter.market.batches():
            self._measure(batch.ticks)
            self._hear(self._engine.scan(batch.ticks))
            advance(len(batch.ticks))

    def _vetoes(self, number: int, kind: str, side: int) -> bool:
        """Whether a guard that is on speaks against a signal; one with a direction only if it goes against that."""
        return self._direction[number] != side and kind not in self._spares[number]

    def _hear(self, events: Events) -> None:
        for event in events:
            kind = self._engine.kinds[event["kind"]]
            if kind == "guard":
                self._switch(event)
            elif kind not in self._engine.internal | self._engine.candidates:
                self._detections.append(
                    Detection(
                        kind,
                        int(event["side"]),
                        int(event["ts"]),
                        int(event["known"]),
                        int(event["price"]),
                        float(event["strength"]),
                        int(event["timeframe"]),
                        tuple(sorted(number for number in self._on if self._vetoes(number, kind, event["side"]))),
                    )
                )

    def _switch(self, event: Any) -> None:
        facts, known = self._engine.evidence(event), int(event["known"])
        number = int(facts["number"])
        if facts["on"]:
            self._on.setdefault(number, known)
            # A guard with a direction vetoes what goes against it, one without vetoes both sides.
            self._direction[number] = int(facts["direction"])
        elif number in self._on:
            self._spans.setdefault(number, []).append((self._on.pop(number), known))

    def _measure(self, ticks: Ticks) -> None:
        if not len(ticks):
            return
        stamps = ticks["ts"] if self._newest is None else np.concatenate(([self._newest], ticks["ts"]))
        for at in np.flatnonzero(np.diff(stamps) > PAUSE_NS):
            self._pauses.append((int(stamps[at]), int(stamps[at + 1])))
        self._newest = int(stamps[-1])
        prints = ticks[(ticks["kind"] == PRINT) & (ticks["flags"] & (OFF_GRID | QUARANTINED) == 0)]
        if not len(prints):
            return
        minutes = prints["ts"] // MINUTE_NS
        starts = np.flatnonzero(np.diff(minutes, prepend=-1))
        lows = np.minimum.reduceat(prints["price"], starts)
        highs = np.maximum.reduceat(prints["price"], starts)
        for minute, low, high in zip(minutes[starts].tolist(), lows.tolist(), highs.tolist(), strict=True):
            before = self._minutes.get(minute, (low, high))
            self._minutes[minute] = min(low, before[0]), max(high, before[1])

    def watched(self, told: Watched) -> Watched:
        """Everything, once the tape is over; a guard that is still on then was on to the end."""
        for number, since in self._on.items():
            self._spans.setdefault(number, []).append((since, max(since, told.last_ns)))
        return replace(
            told,
            detections=self._detections,
            guards=self._spans,
            pauses=self._pauses,
            minutes=list(self._minutes),
            ranges=_averages(high - low for low, high in self._minutes.values()),
        )


def _averages(ranges: Iterable[int]) -> list[float]:
    """Wilder's average after each range, as the detectors have it (`signals/atr.py`)."""
    value, found = 0.0, []
    for number, length in enumerate(ranges, 1):
        value += (length - value) / min(number, ATR_BARS)
        found.append(value)
    return found
