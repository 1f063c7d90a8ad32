"""Law 1, for detectors: however a tape is cut into batches, the same EVENT rows come out, byte for byte."""

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.market import Events, Ticks
from bot.signals.engine import Engine, build
from bot.signals.engines import MultiEngine
from tests.rooms.signals.scanning import ES, HAIR_WISH, WEEK, hair_engine, kinds, lively, raw, scanned

SEEN: set[str] = set()
STARTS = ("2026-05-27 09:29:30", "2026-05-26 17:58:30", "2026-05-27 16:57:00", "2026-05-26 18:00:00")
places = st.lists(st.integers(0, 600), max_size=12)
pauses = st.lists(st.floats(0, 0.999), max_size=13)
rooms = st.fixed_dictionaries(
    {
        "events": st.sampled_from([1, 2, 64]),
        "bars": st.sampled_from([1, 2, 64]),
        "cells": st.sampled_from([1, 64]),
        "ladder": st.sampled_from([1, 4, 256]),
    }
)


# The first window of order flow once began when the clock was looked at, not where it stands on the clock.
@example(630, STARTS[0], False, [1], [0.5], {})
@example(47, STARTS[0], True, [190], [0.5], {})  # a pull-back is rare in such tapes
@settings(max_examples=150, deadline=None)
@given(st.integers(0, 5_000), st.sampled_from(STARTS), st.booleans(), places, pauses, rooms)
def test_a_cut_anywhere_changes_nothing(
    seed: int, start: str, sided: bool, cut: list[int], silent: list[float], room: dict[str, int]
) -> None:
    ticks = lively(seed, start=start, sided=sided, faulty=True)
    engine = hair_engine()
    whole = scanned(engine, ticks)
    assert raw(scanned(hair_engine(**room), ticks, cut, silent)) == raw(whole)
    SEEN.update(kinds(engine, whole))
    SEEN.update(f"guard {engine.evidence(event)['number']:.0f}" for event in whole if event["kind"] == 1)


@pytest.mark.parametrize("step", [1, 7])
def test_row_by_row_is_the_same_as_all_at_once(step: int) -> None:
    for seed in range(6):
        ticks = lively(seed, rows=1500, faulty=True)
        whole = scanned(hair_engine(), ticks)
        assert raw(scanned(hair_engine(), ticks, range(0, len(ticks), step))) == raw(whole)


def test_what_was_tried_reached_every_kind() -> None:
    assert (
        set(hair_engine().kinds) - {"imbalance_15m"} | {f"guard {number}" for number in range(1, 12) if number != 7}
        <= SEEN
    ), SEEN


def test_two_instruments_on_one_tape_are_cut_alike() -> None:
    for seed in range(40):
        ticks = _mixed(seed)
        whole = scanned(_pair(), ticks)
        chance = np.random.default_rng(seed)
        cut, silent = sorted(chance.integers(0, len(ticks), 9).tolist()), chance.random(10).tolist()
        assert raw(scanned(_pair(), ticks, cut, silent)) == raw(whole)
        assert set(whole["instrument"]) == {0, 1}


class Forgetful(Engine):
    """The mutant: a detector that begins anew with each batch."""

    def scan(self, ticks: Ticks, until: int = 0) -> Events:
        self._world["bars"]["ordinal"] = 0
        self._readers.absorptions["sides"]["ripe"] = 0
        return super().scan(ticks, until)


class Eager(Engine):
    """The mutant: a bar that ends because the batch does."""

    def scan(self, ticks: Ticks, until: int = 0) -> Events:
        return super().scan(ticks, int(ticks["ts"][-1]) + 10**9 if len(ticks) else until)


@pytest.mark.parametrize("mutant", [Forgetful, Eager])
def test_the_law_can_fail(mutant: type[Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.signals.engine.Engine", mutant)
    differs = 0
    for seed in range(8):
        ticks = lively(seed, faulty=True)
        whole = scanned(hair_engine(), ticks)
        differs += raw(scanned(hair_engine(), ticks, range(0, len(ticks), 7))) != raw(whole)
    assert differs > 0


def _pair() -> Any:
    return MultiEngine([build(ES, WEEK, [HAIR_WISH]), build(ES, WEEK, [HAIR_WISH])])


def _mixed(seed: int) -> Ticks:
    one, two = lively(seed, rows=300, faulty=True), lively(seed + 1_000, rows=300, faulty=True)
    two["instrument"] = 1
    both = np.concatenate((one, two))
    return both[np.argsort(both["ts"], kind="stable")]
