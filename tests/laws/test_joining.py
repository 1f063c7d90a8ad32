"""Detectors that join and leave while a tape is read: at a moment of event time, however the tape is cut."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.ahead import scanned as handed
from bot.config.params import SECOND_NS
from bot.domain.market import Events, Ticks
from bot.errors import ConfigError
from bot.ports import Batch
from bot.signals import snapshot
from bot.signals.engine import build
from bot.signals.engines import MultiEngine
from bot.signals.hearing import hearing
from bot.signals.joining import _memories, heirs
from bot.signals.roster import DETECTORS, Roster, Wish
from tests.rooms.signals.scanning import (
    BANDED,
    CONTEXT_NS,
    ES,
    HAIR,
    HAIR_WISH,
    HAIR_WISHES,
    TRIGGER_NS,
    WEEK,
    cuts,
    hair_engine,
    kinds,
    lively,
    raw,
    scanned,
)

SEEN: set[str] = set()


def but(**tables: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The hair trigger's settings but for some."""
    return {**HAIR, **{kind: {**HAIR.get(kind, {}), **table} for kind, table in tables.items()}}


FIRMER = Wish(
    TRIGGER_NS,
    CONTEXT_NS,
    but(
        absorption={"z_min": 0.3, "volume_min": 9.0},
        rejection={"effort_min": 0.5},
        imbalance={"strong_percent": 60},
        sweep={"prints_min": 3},
        inventory={"q_min": 0.02},
    ),
)
FADING = Wish(TRIGGER_NS, CONTEXT_NS, but(absorption={"tau": "7s"}, sweep={"step": "6s"}, inventory={"tau": "30s"}))
LONGER = Wish(2 * TRIGGER_NS, 2 * CONTEXT_NS, HAIR)
FINER = Wish(3 * SECOND_NS, CONTEXT_NS, HAIR)
OTHERS = {
    "firmer": (FIRMER, *HAIR_WISHES),
    "fading": (FADING,),
    "longer": (LONGER, HAIR_WISH),
    "finer": (FINER, *HAIR_WISHES),
    "coarser": (LONGER,),
}


class Feed:
    """A live market of rows in memory, cut at some places."""

    instruments = (ES,)
    anomalies: dict[str, int] = {}  # noqa: RUF012 - the port says mapping

    def __init__(self, ticks: Ticks, places: Sequence[int], *, live: bool) -> None:
        self.first_ns, self.last_ns = int(ticks["ts"][0]), None if live else int(ticks["ts"][-1])
        self._parts = [ticks[start:stop] for start, stop in cuts(len(ticks), places)]

    async def subscribe(self) -> None:
        """Nothing to ask for."""

    async def batches(self) -> AsyncIterator[Batch]:
        for part in self._parts:
            yield Batch(part)


def told(engine: MultiEngine, wishes: Sequence[Wish], moment: int, at: int = 0) -> None:
    """A reload wants other wishes from a moment on."""
    found = hearing(engine, at, wishes, moment)
    assert found.changes
    engine.revise(moment, {at: found.roster}, {at: found.hushed})


def one() -> MultiEngine:
    return MultiEngine([hair_engine()])


def walked(engine: MultiEngine, ticks: Ticks, places: Sequence[int] = (), *, live: bool = True) -> Events:
    """Every event, its row counted from the tape's beginning."""

    async def walk() -> list[Events]:
        found, row = [], 0
        async for batch, events in handed(Feed(ticks, places, live=live), engine):
            events["row"] += row
            row += len(batch.ticks)
            found.append(events)
        return found

    return np.concatenate(asyncio.run(walk()))


@example(3, [], "longer", 300, True)
@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 5_000),
    st.lists(st.integers(0, 600), max_size=12),
    st.sampled_from(sorted(OTHERS)),
    st.integers(1, 599),
    st.booleans(),
)
def test_a_cut_anywhere_changes_nothing(seed: int, cut: list[int], who: str, row: int, live: bool) -> None:
    ticks = lively(seed, faulty=True)
    moment, found, remembered = int(ticks["ts"][row]), [], []
    for places in ([], cut, [row], range(0, 600, 7)):
        engine = one()
        told(engine, OTHERS[who], moment)
        found.append(walked(engine, ticks, places, live=live))
        remembered.append(snapshot.take(engine.engines, "replay").pack())
        SEEN.update(kinds(engine, found[-1][found[-1]["ts"] > moment]))
    assert len(set(map(raw, found))) == 1
    assert len(set(remembered)) == 1


def test_what_was_tried_reached_every_kind() -> None:
    assert {"bar", "guard", "absorption", "imbalance", "rejection", "inventory", "sweep"} <= SEEN


def test_the_law_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutant that lets detectors change with the batch that holds the moment."""
    honest = MultiEngine._change

    def mutant(self: MultiEngine, ticks: Ticks, until: int) -> None:
        honest(self, ticks[-1:], until)

    def cut_at_moments(engine: MultiEngine, places: Sequence[int]) -> bytes:
        told(engine, OTHERS["coarser"], int(ticks["ts"][300]))
        return raw(scanned(engine, ticks, places))

    ticks = lively(3)
    monkeypatch.setattr(MultiEngine, "_change", mutant)
    assert cut_at_moments(one(), []) != cut_at_moments(one(), range(0, 600, 7))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 5_000), st.sampled_from(["firmer", "longer"]), st.integers(1, 599))
def test_who_stays_says_what_it_would_have_said(seed: int, who: str, row: int) -> None:
    ticks = lively(seed, faulty=True)
    untold, engine = one(), one()
    whole = walked(untold, ticks)
    told(engine, OTHERS[who], int(ticks["ts"][row]))
    after = walked(engine, ticks)
    stays = {source for source, key in enumerate(untold.sources) if key in _running(engine)}
    mine, theirs = _of(after, stays), _of(whole, stays)
    for name in ("ts", "known", "row", "before", "side", "kind", "source", "price", "timeframe"):
        assert np.array_equal(mine[name], theirs[name]), name
    # How volume fades is worked out whenever anybody looks, and is rounded each time.
    for name in ("strength", "evidence"):
        np.testing.assert_allclose(mine[name], theirs[name], rtol=1e-9, atol=1e-9)


def _running(engine: MultiEngine) -> list[tuple[str, int, str]]:
    return [source.key for source in engine.roster(0).listed]


def _of(events: Events, sources: set[int]) -> Events:
    """Their events; who comes first at one moment depends on who else is there."""
    mine = events[np.isin(events["source"], list(sources))]
    return mine[np.lexsort((mine["side"], mine["kind"], mine["known"], mine["ts"], mine["source"]))]


def test_a_threshold_holds_from_its_moment_on_and_nothing_is_cold() -> None:
    ticks = lively(5)
    engine = one()
    found = hearing(engine, 0, (FIRMER,), int(ticks["ts"][300]))
    assert found.hushed == {}
    assert found.named(found.retuned) == (
        "absorption 10s, imbalance 30s, imbalance 5m, imbalance 15m, rejection 10s, inventory 10s, sweep 10s"
    )


@pytest.mark.parametrize(
    ("who", "cold"),
    [
        ("fading", {"absorption 10s", "inventory 10s", "sweep 10s"}),
        ("longer", {"bar 20s", "absorption 20s", "imbalance 1m", "bar 1m"}),
        ("finer", {"bar 3s", "absorption 3s", "rejection 3s"}),
    ],
)
def test_who_is_cold_says_nothing_before_it_is_warm(who: str, cold: set[str]) -> None:
    for seed in range(4):
        ticks, engine = lively(seed), one()
        moment = int(ticks["ts"][200])
        found = hearing(engine, 0, OTHERS[who], moment)
        assert cold <= set(found.named(sorted(found.hushed)).split(", "))
        engine.revise(moment, {0: found.roster}, {0: found.hushed})
        numbers = engine.numbers(0, found.roster)
        events = walked(engine, ticks)
        for source, until in found.hushed.items():
            assert (
                moment <= until <= moment + 30 * SECOND_NS or found.roster.listed[source].timeframe_ns > 30 * SECOND_NS
            )
            mine = events[events["source"] == numbers[source]]
            assert (mine["ts"] > until).all()
        assert set(numbers[list(found.hushed)]) & set(events["source"])


def test_what_a_memory_is_made_of_is_a_parameter_that_shapes_it() -> None:
    """A detector whose thresholds change in place has nothing left of the old ones in its memory."""
    first = Roster(BANDED, [Wish(TRIGGER_NS, CONTEXT_NS)], WEEK)
    changed = 0
    for kind, cls in DETECTORS.items():
        for name, value in cls.Params.defaults("ES", TRIGGER_NS).model_dump().items():
            other = _another(cls, name, value)
            if other is None:
                continue
            second = Roster(BANDED, [Wish(TRIGGER_NS, CONTEXT_NS, {kind: {name: other}})], WEEK)
            for (array, old), new in zip(_memories(first).items(), _memories(second).values(), strict=True):
                for at, heir in enumerate(heirs(first, second)[array] if len(old) == len(new) else ()):
                    if heir >= 0:
                        changed += old[heir]["args"] != new[at]["args"]
                        assert _but_thresholds(old[heir]) == _but_thresholds(new[at]), (kind, name)
    assert changed > 60


def _another(cls: Any, name: str, value: Any) -> Any:
    """Another value of a parameter; None where it does not take one that is a little off."""
    for other in (not value, value * 2, value + 1) if not isinstance(value, str) else ("seed",):
        try:
            if other != value and getattr(cls.Params.model_validate({name: other}), name) == other:
                return other
        except ValueError:
            continue
    return None


def _but_thresholds(row: Any) -> bytes:
    rest = np.array([row])
    rest["args"], rest["source"] = np.zeros(1, rest["args"].dtype), 0
    return rest.astype(snapshot.packed(rest.dtype)).tobytes()


def test_two_instruments_change_each_by_itself() -> None:
    for seed in range(4):
        mixed = _mixed(seed)
        moment = int(mixed["ts"][300])

        def pair() -> MultiEngine:
            return MultiEngine([build(ES, WEEK, [HAIR_WISH]), build(ES, WEEK, [HAIR_WISH])])

        engine, other = pair(), pair()
        for two in (engine, other):
            told(two, (LONGER,), moment, 1)
            told(two, (FIRMER,), moment, 0)
        whole, untold = walked(engine, mixed), walked(pair(), mixed)
        assert raw(walked(other, mixed, range(0, 600, 11))) == raw(whole)
        assert len(whole) != len(untold)


def test_a_guard_that_changes_is_refused_and_so_are_too_many_timeframes() -> None:
    engine = one()
    guarded = Wish(TRIGGER_NS, CONTEXT_NS, but(guard_band={"near_ticks": 3}))
    with pytest.raises(ConfigError, match=r"a guard watches from the beginning of a run.*\[detectors.guard_band\]"):
        hearing(engine, 0, (guarded,), 1)
    many = tuple(Wish(step * SECOND_NS, CONTEXT_NS, HAIR) for step in (20, 40, 60, 80, 120, 240))
    with pytest.raises(ConfigError, match="timeframes at once"):
        hearing(engine, 0, many, 1)


def _mixed(seed: int) -> Ticks:
    first, second = lively(seed, rows=300, faulty=True), lively(seed + 1_000, rows=300, faulty=True)
    second["instrument"] = 1
    both = np.concatenate((first, second))
    return both[np.argsort(both["ts"], kind="stable")]
