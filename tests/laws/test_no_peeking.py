"""Law 10: what is seen at a row is a function of the rows up to it. Whatever comes after may be cut off or replaced."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.market import Events, Ticks
from bot.signals.engine import Engine
from tests.rooms.signals.scanning import hair_engine, kinds, lively, raw, scanned

SEEN: set[str] = set()


def another_future(ticks: Ticks, cut: int, seed: int) -> Ticks:
    """The same rows up to `cut`, then others, at other times and prices."""
    others = lively(seed + 10_000, rows=len(ticks) - cut)
    others["ts"] += int(ticks["ts"][cut - 1]) - int(others["ts"][0]) + seed % 3 if len(others) else 0
    for name in ("price", "bid", "ask"):
        others[name] = np.where(others[name] > 0, others[name] + 40, others[name])
    return np.concatenate((ticks[:cut], others))


def past(events: Events, cut: int) -> bytes:
    """The events that rows before `cut` brought."""
    return raw(events[events["row"] < cut])


@example(30, 500, True)  # a pull-back is rare in such tapes
@settings(max_examples=100, deadline=None)
@given(st.integers(0, 5_000), st.integers(1, 600), st.booleans())
def test_the_future_changes_nothing_that_was_seen(seed: int, cut: int, sided: bool) -> None:
    ticks = lively(seed, sided=sided, faulty=True)
    engine = hair_engine()
    whole = scanned(engine, ticks)
    assert raw(scanned(hair_engine(), ticks[:cut])) == past(whole, cut)
    assert past(scanned(hair_engine(), another_future(ticks, cut, seed)), cut) == past(whole, cut)
    SEEN.update(kinds(engine, whole[whole["row"] < cut]))


def test_what_was_tried_reached_every_kind() -> None:
    assert set(hair_engine().kinds) - {"imbalance_15m"} <= SEEN, SEEN


def test_nothing_is_known_before_it_happened() -> None:
    for seed in range(20):
        ticks = lively(seed)
        events = scanned(hair_engine(), ticks)
        stamps = ticks["ts"][np.minimum(events["row"], len(ticks) - 1)]
        assert (events["known"] >= events["ts"]).all()
        assert (np.where(events["before"] == 1, events["known"] < stamps, events["known"] == stamps)).all()


class Prophet(Engine):
    """The mutant: it knows the batch's last stamp at its first row."""

    def scan(self, ticks: Ticks, until: int = 0) -> Events:
        self._readers.absorptions["args"]["volume_min"] = 12 + int(ticks["ts"][-1]) // 1_000_000_000 % 7
        return super().scan(ticks, until)


def test_the_law_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.signals.engine.Engine", Prophet)
    differs = 0
    for seed in range(10):
        ticks = lively(seed)
        differs += raw(scanned(hair_engine(), ticks[:400])) != past(scanned(hair_engine(), ticks), 400)
    assert differs > 0
