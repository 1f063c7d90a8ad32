"""Detectors that are saved at any row and taken up by a new process go on as if the tape had only been cut there."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.config.params import SECOND_NS
from bot.domain.market import Events, Ticks
from bot.signals import snapshot
from bot.signals.engine import Engine, build
from bot.signals.engines import MultiEngine
from bot.signals.snapshot import Snapshot, misfit, resume, take
from tests.rooms.signals.scanning import ES, HAIR_WISH, WEEK, hair_engine, kinds, lively, raw, scanned

SEEN: set[str] = set()
STARTS = ("2026-05-27 09:29:30", "2026-05-27 16:57:00", "2026-05-26 18:00:00")
NQ = type(ES)("NQ", ES.tick, ES.tick_value)


def reborn(engines: Sequence[Engine], fresh: Sequence[Engine], first_ns: int) -> bytes:
    """Give each fresh engine what its elder remembers, by way of the file; the file."""
    data = take(engines, "replay").pack()
    read = snapshot.read(data, "a file")
    for engine in fresh:
        assert misfit(read, engine, first_ns) == ""
        assert resume(read, engine)
    return data


def unwarned(events: Events) -> Events:
    """Without WARMUP, which only those say who were put down within a silence; all else is the same."""
    return events[(events["kind"] != 1) | (events["evidence"][:, 0] != 0)]


@example(47, STARTS[0], True, 150, None)  # a pull-back is rare in such tapes
@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 5_000),
    st.sampled_from(STARTS),
    st.booleans(),
    st.integers(1, 599),
    st.one_of(st.none(), st.floats(0, 0.999)),
)
def test_a_tape_may_be_put_down_anywhere(seed: int, start: str, sided: bool, place: int, silent: float | None) -> None:
    ticks = lively(seed, start=start, sided=sided, faulty=True)
    elder, engine = hair_engine(), hair_engine()
    following = int(ticks["ts"][place])
    scanned(elder, ticks[:place])
    if silent is not None:
        last = int(ticks["ts"][place - 1])
        elder.scan(ticks[:0], max(0, min(following - 1, last + int(silent * (following - last)))))
    reborn([elder], [engine], following)
    after = scanned(engine, ticks[place:])
    assert raw(unwarned(after)) == raw(scanned(elder, ticks[place:]))
    SEEN.update(kinds(engine, after))
    SEEN.update(f"guard {engine.evidence(event)['number']:.0f}" for event in after if event["kind"] == 1)


def test_what_was_tried_reached_every_kind() -> None:
    assert (
        set(hair_engine().kinds) - {"imbalance_15m"}
        | {f"guard {number}" for number in range(1, 12) if number not in (7, 9)}
        <= SEEN
    ), SEEN


def test_who_is_put_down_within_a_silence_says_warmup_and_nothing_else_differs() -> None:
    warned = 0
    for seed in range(30):
        ticks = lively(seed)
        for place in (1 + np.flatnonzero(np.diff(ticks["ts"]) > 9 * SECOND_NS)).tolist():
            elder, engine = hair_engine(), hair_engine()
            before = scanned(elder, ticks[:place])
            reborn([elder], [engine], int(ticks["ts"][place]))
            after = scanned(engine, ticks[place:])
            after["row"] += place
            assert raw(np.concatenate((before, unwarned(after)))) == raw(scanned(hair_engine(), ticks))
            warned += len(after) - len(unwarned(after))
    assert warned > 20


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 5_000), st.lists(st.integers(0, 900), max_size=6))
def test_equal_memories_are_equal_files(seed: int, cut: list[int]) -> None:
    ticks = lively(seed, rows=900)
    whole, pieces = hair_engine(), hair_engine()
    scanned(whole, ticks)
    scanned(pieces, ticks, cut)
    assert take([whole], "replay").pack() == take([pieces], "replay").pack()


def test_two_instruments_are_put_down_together() -> None:
    for seed in range(12):
        one, two = lively(seed, rows=300), lively(seed + 1_000, rows=300)
        two["instrument"] = 1
        ticks = np.concatenate((one, two))
        ticks = ticks[np.argsort(ticks["ts"], kind="stable")]
        place = int(np.random.default_rng(seed).integers(50, 550))
        elder, fresh = _pair(), _pair()
        before = scanned(elder, ticks[:place])
        read = snapshot.read(take(elder.engines, "replay", elder.marks).pack(), "a file")
        assert [resume(read, engine) for engine in fresh.engines] == [True, True]
        snapshot.together(read, fresh)
        after = scanned(fresh, ticks[place:])
        after["row"] += place
        assert raw(np.concatenate((before, unwarned(after)))) == raw(scanned(_pair(), ticks))


def _cells_lost(memory: dict[str, Any]) -> None:
    memory["cells"]["buy"] = 0


def _ladder_lost(memory: dict[str, Any]) -> None:
    memory["ladders"]["sell"] = 0


def _levels_lost(memory: dict[str, Any]) -> None:
    memory["readers.absorptions"]["sides"]["levels"]["live"] = 0


@pytest.mark.parametrize("lose", [_ladder_lost, _levels_lost, _cells_lost])
def test_the_law_can_fail(lose: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A memory with a hole says other things."""
    honest = Engine.memory

    def mutant(self: Engine) -> dict[str, Any]:
        memory = honest(self)
        lose(memory)
        return memory

    def rest(ticks: Ticks, place: int) -> Events:
        elder, engine = hair_engine(), hair_engine()
        scanned(elder, ticks[:place])
        reborn([elder], [engine], int(ticks["ts"][place]))
        return scanned(engine, ticks[place:])

    tapes = [(lively(seed), place) for seed in range(12) for place in (150, 301, 450)]
    true = [raw(rest(*told)) for told in tapes]
    monkeypatch.setattr(Engine, "memory", mutant)
    assert [raw(rest(*told)) for told in tapes] != true


def test_a_file_is_read_as_it_was_written() -> None:
    engine = hair_engine()
    scanned(engine, lively(3))
    data = take([engine], "replay").pack()
    read = snapshot.read(data, "a file")
    assert isinstance(read, Snapshot)
    fresh = hair_engine()
    assert resume(read, fresh)
    assert take([fresh], "replay").pack() == data


def _pair() -> MultiEngine:
    return MultiEngine([build(ES, WEEK, [HAIR_WISH]), build(NQ, WEEK, [HAIR_WISH])])
