"""Which detectors run: the union of what strategies wish for, equal ones once, in the order in which ties are settled.

Order of sources: guards, bars by length, absorption, imbalance, rejection, makers, confluence, sweep,
exhaustion, accumulation, absorbed sweep, pull-back, those of others.
"""

import difflib
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from pydantic import ValidationError

from bot.config import Params
from bot.config.params import MINUTE_NS
from bot.domain.instrument import Instrument
from bot.domain.market import Days, Ticks
from bot.errors import ConfigError
from bot.signals import (
    absorption,
    absorption_rejection,
    accumulation,
    exhaustion,
    guard,
    imbalance,
    imbalance_pullback,
    makers,
    rejection,
    rolling,
    settle,
    sweep,
    sweep_absorption,
    walk,
)
from bot.signals.args import params_hash
from bot.signals.cluster import WINDOW_NS
from bot.signals.guards import BY_KIND

INTERNAL = frozenset({"bar", "guard", "inventory"})
CANDIDATES = frozenset({"sweep_weak", "break_no_reclaim", "sweep_bare", "pullback_void"})
"""Kinds that are told for honesty's sake and never are signals: nearly one, and what became of those that were none."""
CONTEXT_NS = 5 * MINUTE_NS
SLOW_NS = 15 * MINUTE_NS
GUARDS: Mapping[str, Any] = BY_KIND
DETECTORS: Mapping[str, Any] = {
    "absorption": absorption.Absorption,
    "imbalance": imbalance.Imbalance,
    "rejection": rejection.Rejection,
    "inventory": makers.Inventory,
    "absorption_rejection": absorption_rejection.AbsorptionRejection,
    "sweep": sweep.Sweep,
    "exhaustion": exhaustion.Exhaustion,
    "accumulation": accumulation.Accumulation,
    "sweep_absorption": sweep_absorption.SweepAbsorption,
    "imbalance_pullback": imbalance_pullback.ImbalancePullback,
}


_EARS = {
    "absorption_rejection": ("absorption", "rejection", "imbalance"),
    "exhaustion": ("absorption", "rejection"),
    "sweep_absorption": ("absorption", "sweep"),
    "imbalance_pullback": ("imbalance",),
}
"""What the detectors that listen listen to."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one strategy wants to hear: its timeframe, its context's, and parameters by kind where they differ."""

    timeframe_ns: int = MINUTE_NS
    context_ns: int | None = CONTEXT_NS
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    extra: Sequence[Any] = ()
    """Detectors of others: classes that are made as `cls(instrument, timeframe_ns, params)`."""
    order_flow: bool = True
    """False where data is only sampled: what reads single prints and quotes would see things that are not there."""

    @classmethod
    def default(cls, instrument: Instrument, params: Mapping[str, Mapping[str, Any]] | None = None) -> "Wish":
        """What runs when no strategy asks: the timeframes that suit the product."""
        slow = instrument.product in ("CL", "GC")
        return cls(SLOW_NS if slow else MINUTE_NS, 1440 * MINUTE_NS if slow else CONTEXT_NS, params or {})


Key: TypeAlias = tuple[str, int, str, type | None]
"""(kind, timeframe in ns, hash) of a source, and whose class it is of where it is one of others."""


@dataclass(frozen=True, slots=True)
class Source:
    """One detector that runs: where its events come from."""

    kind: str
    timeframe_ns: int
    hash: str
    """Names kind, timeframe and parameters, and those of the detectors that it listens to."""
    evidence: tuple[str, ...]

    @property
    def key(self) -> tuple[str, int, str]:
        """What it is known by."""
        return self.kind, self.timeframe_ns, self.hash


class Roster:
    """The detectors of one instrument in the order of their sources, and their memories before the first tick.

    Bars are built of the shortest, or of those of a `base` (ns) that they were built of before; 0 = none.
    """

    def __init__(self, instrument: Instrument, wishes: Sequence[Wish], days: Days, base: int = 0) -> None:
        self.instrument, self._product, self._days = instrument, instrument.product, days
        self.listed: list[Source] = []
        self.heard: list[set[int]] = [set() for _ in wishes]
        self.kinds: list[str] = ["bar", "guard"]
        self.candidates = set(CANDIDATES)
        self.extras: list[tuple[Any, int, int]] = []
        """(detector, source, index of its first kind)"""
        self._states: dict[str, list[Ticks]] = {kind: [] for kind in (*GUARDS, *DETECTORS, "rolling")}
        self._wishes = wishes
        for wish in wishes:
            _refuse_unknown(wish)
        for kind, module in GUARDS.items():
            self._guard(kind, module)
        self.timeframes = sorted({t for wish in wishes for t in (wish.timeframe_ns, *_contexts(wish))})
        self.base = math.gcd(base, *self.timeframes)
        self._bars()
        for kind in DETECTORS.values():
            self._detector(kind)
        for number, wish in enumerate(wishes):
            for cls in wish.extra:
                self._stranger(number, cls)

    @property
    def keys(self) -> list[Key]:
        """What its sources are known by, in order."""
        strange = {source: type(detector) for detector, source, _ in self.extras}
        return [(*one.key, strange.get(source)) for source, one in enumerate(self.listed)]

    def readers(self) -> walk.Readers:
        """The memories of the detectors that read rows, before the first tick."""
        return walk.Readers(
            absorptions=self._of("absorption", absorption.STATE),
            rollings=self._of("rolling", rolling.STATE),
            sweeps=self._of("sweep", sweep.STATE),
            makers=self._of("inventory", makers.STATE),
        )

    def judges(self) -> settle.Judges:
        """The memories of the detectors that read closed bars and events, before the first tick."""
        return settle.Judges(
            sources=self._bar_sources(),
            imbalances=self._of("imbalance", imbalance.STATE),
            rejections=self._of("rejection", rejection.STATE),
            confluences=self._of("absorption_rejection", absorption_rejection.STATE),
            exhaustions=self._of("exhaustion", exhaustion.STATE),
            accumulations=self._of("accumulation", accumulation.STATE),
            sweep_absorptions=self._of("sweep_absorption", sweep_absorption.STATE),
            pullbacks=self._of("imbalance_pullback", imbalance_pullback.STATE),
        )

    def _of(self, kind: str, dtype: np.dtype[np.void]) -> Ticks:
        return np.concatenate(self._states[kind] or [np.zeros(0, dtype)])

    def world(self) -> Ticks:
        """The memory that the walk over rows keeps of everything but absorption."""
        world = np.zeros(1, walk.WORLD)
        frames = self.timeframes if self.base in self.timeframes else [self.base, *self.timeframes]
        if len(frames) > walk.FRAMES_MAX:
            raise ConfigError(f"{len(frames)} timeframes at once for {self._product}", allowed=str(walk.FRAMES_MAX))
        world["bars"]["frames"], world["bars"]["hidden"] = len(frames), self.base not in self.timeframes
        world["frames"]["timeframe"][0, : len(frames)] = frames
        world["frames"]["end"] = np.iinfo(np.int64).min
        for kind in GUARDS:
            world["guards"][kind.removeprefix("guard_")] = self._states[kind][0]
        return world

    def _bar_sources(self) -> Ticks:
        """Which source a closed bar of each timeframe is."""
        rows = [(s.timeframe_ns, index, 0) for index, s in enumerate(self.listed) if s.kind == "bar"]
        return np.array(rows, settle.SOURCE)

    def events_of(self, heard: int, bars: int) -> int:
        """So many events of rows and so many closed bars never become more events than this."""
        of = {kind: len(states) for kind, states in self._states.items()}
        joined = of["absorption_rejection"] + of["exhaustion"]
        waiting = (1 + of["imbalance"]) * of["imbalance_pullback"]
        a_bar = 1 + of["imbalance"] + 2 * of["rejection"] * (1 + joined) + of["accumulation"] + waiting
        return heard * (1 + of["sweep_absorption"] + of["imbalance_pullback"]) + bars * a_bar

    def bars_kept(self, least: int) -> dict[int, int]:
        """How many closed bars of each timeframe have to be remembered."""
        return {t: max(least, WINDOW_NS // t + 2) for t in self.timeframes}

    def _add(self, source: Source, heard_by: Sequence[int]) -> tuple[int, bool]:
        """The index of an equal source, or of this one, which is new then; and whether it is."""
        new = source not in self.listed
        if new:
            self.listed.append(source)
        index = self.listed.index(source)
        for number in heard_by:
            self.heard[number].add(index)
        return index, new

    def _guard(self, kind: str, module: Any) -> None:
        """A guard watches the instrument for everybody: all strategies have to agree on it."""
        asked = {number: wish.params[kind] for number, wish in enumerate(self._wishes) if kind in wish.params}
        made = {params_hash(kind, 0, _params(module.Params, kind, table, self._product, 0)) for table in asked.values()}
        if len(made) > 1:
            raise ConfigError(
                f"[detectors.{kind}] differs between strategies, but a guard watches {self._product} for all of them",
                do="state it once in bot.toml, or alike in each strategy",
            )
        params = _params(module.Params, kind, next(iter(asked.values()), {}), self._product, 0)
        source = Source("guard", 0, params_hash(kind, 0, params), guard.EVIDENCE)
        index, _ = self._add(source, range(len(self._wishes)))
        self._states[kind].append(module.fresh(params, index, 1, self.instrument, self._days))

    def _bars(self) -> None:
        for timeframe in self.timeframes:
            mine = [n for n, w in enumerate(self._wishes) if timeframe in (w.timeframe_ns, _contexts(w)[0])]
            self._add(Source("bar", timeframe, params_hash("bar", timeframe, None), settle.BAR_EVIDENCE), mine)

    def _detector(self, cls: Any) -> None:
        first = len(self.kinds)
        self.kinds.extend(cls.kinds)
        for number, wish in enumerate(self._wishes):
            for timeframe in self._read_by(cls, wish) if wish.order_flow else ():
                params = _params(cls.Params, cls.kind, wish.params.get(cls.kind, {}), self._product, timeframe)
                ears = self._ears(number, _EARS.get(cls.kind, ()))
                parts = [self.listed[index].hash for index in ears.values()]
                source = Source(cls.kind, timeframe, params_hash(cls.kind, timeframe, params, parts), cls.EVIDENCE)
                index, new = self._add(source, [number])
                if new:
                    state = sys.modules[cls.__module__].fresh(params, index, first, timeframe)
                    self._wire(cls, state, ears)
                    self._states[cls.kind].append(state)
                    if isinstance(params, imbalance.Params):
                        self._states["rolling"].append(rolling.fresh(params, index, first, timeframe))

    def _read_by(self, cls: Any, wish: Wish) -> tuple[int, ...]:
        """The timeframes of a wish that a detector reads."""
        if cls.kind == "imbalance":
            return _contexts(wish)
        if cls.kind == "accumulation":
            params = _params(cls.Params, cls.kind, wish.params.get(cls.kind, {}), self._product, SLOW_NS)
            assert isinstance(params, accumulation.Params)
            return tuple(t for t in dict.fromkeys((wish.timeframe_ns, *_contexts(wish))) if t >= params.shortest)
        return (wish.timeframe_ns,)

    def _ears(self, number: int, kinds: Sequence[str]) -> dict[str, int]:
        """The sources of these kinds that a strategy's confluence or exhaustion listens to."""
        wish, ears = self._wishes[number], {}
        for kind in kinds:
            timeframe = _contexts(wish)[0] if kind == "imbalance" else wish.timeframe_ns
            mine = (i for i in self.heard[number] if self.listed[i].kind == kind)
            ears[kind] = next(i for i in mine if self.listed[i].timeframe_ns == timeframe)
        return ears

    def _wire(self, cls: Any, state: Ticks, ears: Mapping[str, int]) -> None:
        fields = state.dtype.names or ()
        if cls is sweep.Sweep:
            state["map"]["minor"] = self.instrument.round_ticks
            state["map"]["major"] = self.instrument.major_round_ticks
        for kind, source in ears.items():
            state[kind] = source
            if f"{kind}_kind" in fields:
                state[f"{kind}_kind"] = self.kinds.index(kind)
        if cls is absorption_rejection.AbsorptionRejection:
            state["imbalance"] = self._numbers("imbalance", "source").index(ears["imbalance"])
        if "confluence" in fields:
            state["confluence"] = self._numbers("absorption_rejection", "timeframe").index(int(state["timeframe"][0]))

    def _numbers(self, kind: str, name: str) -> list[int]:
        """A field of the memories of a kind."""
        return [int(state[name][0]) for state in self._states[kind]]

    def _stranger(self, number: int, cls: Any) -> None:
        wish, params = self._wishes[number], None
        if not wish.order_flow and getattr(cls, "order_flow", True):
            return
        if hasattr(cls, "Params"):
            params = _validated(cls.Params, cls.kind, dict(wish.params.get(cls.kind, {})))
        source = Source(cls.kind, wish.timeframe_ns, params_hash(cls.kind, wish.timeframe_ns, params), cls.EVIDENCE)
        index, new = self._add(source, [number])
        if new:
            self.extras.append((cls(self.instrument, wish.timeframe_ns, params), index, len(self.kinds)))
            self.kinds.extend(cls.kinds)
            self.candidates |= set(getattr(cls, "candidates", ()))


def _contexts(wish: Wish) -> tuple[int, ...]:
    """The windows in which imbalance is measured: the context first, then five minutes and a quarter of an hour."""
    return tuple(dict.fromkeys((wish.context_ns or CONTEXT_NS, CONTEXT_NS, SLOW_NS)))


def made_by(kind: str, hash: str, product: str, wish: Wish) -> dict[str, Params]:
    """Kind → parameters of the detector whose signal of that kind has this hash (key ""), and of those it listens to.

    Empty where none of our own that this wish asks for has it.
    """
    context, *_ = _contexts(wish)
    known: dict[tuple[str, int], tuple[str, Params]] = {}
    for cls in DETECTORS.values():
        for timeframe in dict.fromkeys((wish.timeframe_ns, *_contexts(wish))):
            params = _params(cls.Params, cls.kind, wish.params.get(cls.kind, {}), product, timeframe)
            heard = _EARS.get(cls.kind, ())
            ears = {ear: known[ear, context if ear == "imbalance" else wish.timeframe_ns] for ear in heard}
            name = params_hash(cls.kind, timeframe, params, [theirs for theirs, _ in ears.values()])
            if name == hash and kind in cls.kinds:
                return {"": params, **{ear: theirs for ear, (_, theirs) in ears.items()}}
            known[cls.kind, timeframe] = name, params
    return {}


def _refuse_unknown(wish: Wish) -> None:
    allowed = [*DETECTORS, *GUARDS, *(cls.kind for cls in wish.extra)]
    for kind in wish.params:
        if kind not in allowed:
            near = difflib.get_close_matches(kind, allowed, 1)
            raise ConfigError(
                f"[detectors.{kind}]: there is no such detector",
                allowed=", ".join(allowed),
                do=f"did you mean {near[0]}?" if near else "",
            )


def _params(cls: Any, kind: str, table: Mapping[str, Any], product: str, timeframe: int) -> Params:
    usual = _defaults(cls, product, timeframe)
    return _validated(cls, kind, {**usual.model_dump(), **table}) if table else usual


@cache
def _defaults(cls: Any, product: str, timeframe: int) -> Params:
    made: Params = cls.defaults(product, timeframe)
    return made


def _validated(cls: type[Params], kind: str, values: Mapping[str, Any]) -> Params:
    try:
        return cls.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigError(f"[detectors.{kind}] {faults}", allowed=", ".join(cls.model_fields)) from error
