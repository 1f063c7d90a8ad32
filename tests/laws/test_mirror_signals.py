"""Law 11, for detectors: a tape in the mirror gives mirrored events; a tape moved by ticks or weeks gives the same."""

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.market import ABSENT, Events, Ticks
from bot.signals.engine import Engine, build
from bot.signals.sweep import Sweep
from bot.signals.sweep_absorption import SweepAbsorption
from tests.rooms.signals.scanning import ES, HAIR_WISH, WEEK, hair_engine, lively, scanned
from tests.tapes import mirrored

ABOUT = 16800
WEEK_NS = 7 * 86_400_000_000_000
PRICES = {"absorbed", "level", "lift", "extreme", "cluster_low", "zone", "open", "close", "poc", "pressed", "pulled_to"}
SWAPPED = {"buy": "sell", "sell": "buy", "high": "low", "low": "high"}
SWAPPED |= {"skew_down": "skew_up", "skew_up": "skew_down"}
SWAPPED |= {"widen_long_seed": "widen_short_seed", "widen_short_seed": "widen_long_seed"}
NEGATED = ("q", "q_hat", "q_v", "micro", "drift", "ofi", "ofi_z")
SEEN: set[str] = set()


def told(engine: Any, event: Any) -> dict[str, float]:
    """An event as a plain table of numbers."""
    head = {name: float(event[name]) for name in ("ts", "known", "row", "before", "side", "kind", "source", "strength")}
    return {**head, "price": float(event["price"]), **{f"e.{k}": v for k, v in engine.evidence(event).items()}}


def reflected(one: dict[str, float]) -> dict[str, float]:
    """What the mirrored tape has to say instead."""
    out = dict(one)
    out["side"] = -one["side"]
    if "e.direction" in one:
        out["e.direction"] = -one["e.direction"]
    no_price = one["price"] in (0, ABSENT)
    out["price"] = one["price"] if no_price else 2 * ABOUT - one["price"]
    for name, value in one.items():
        word = name.removeprefix("e.")
        if name.startswith("e.") and word in PRICES:
            out[name] = 2 * ABOUT - value
        elif name.startswith("e.") and word in SWAPPED:
            other = one[f"e.{SWAPPED[word]}"]
            out[name] = 2 * ABOUT - other if word in ("high", "low") else other
    if "e.delta_min" in one:
        out["e.delta"], out["e.delta_min"], out["e.delta_max"] = (
            -one["e.delta"],
            -one["e.delta_max"],
            -one["e.delta_min"],
        )
        out["e.ofi"], out["e.ofi_z"] = -one["e.ofi"], -one["e.ofi_z"]
    if "e.q_hat" in one:
        out |= {f"e.{name}": -one[f"e.{name}"] for name in NEGATED}
        out["e.reading"] = -one["e.reading"] if abs(one["e.reading"]) == 1 else one["e.reading"]
        out["e.d_bid"], out["e.d_ask"] = -one["e.d_ask"], -one["e.d_bid"]
    return out


def in_order(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    """Of one source at one row both sides may speak; which is first does not matter."""
    return sorted(
        rows, key=lambda row: (row["row"], -row["before"], row["known"], row["source"], row["side"], row["price"])
    )


def same(these: list[dict[str, float]], those: list[dict[str, float]]) -> bool:
    """Equal up to the last bit of a float."""
    return len(these) == len(those) and all(
        one.keys() == other.keys() and np.allclose(list(one.values()), list(other.values()), rtol=1e-9, equal_nan=True)
        for one, other in zip(these, those, strict=True)
    )


def seen(engine: Any, ticks: Ticks) -> list[dict[str, float]]:
    return [told(engine, event) for event in scanned(engine, ticks)]


@example(30, True)  # a pull-back is rare in such tapes
@settings(max_examples=100, deadline=None)
@given(st.integers(0, 5_000), st.booleans())
def test_a_tape_in_the_mirror_gives_mirrored_events(seed: int, sided: bool) -> None:
    ticks = lively(seed, sided=sided, faulty=True)
    engine = hair_engine()
    ours = seen(engine, ticks)
    theirs = seen(hair_engine(), mirrored(ticks, ABOUT))
    assert same(in_order([reflected(one) for one in ours]), in_order(theirs))
    SEEN.update(f"{engine.kinds[int(one['kind'])]}{one['side']:+.0f}" for one in (*ours, *theirs))


def test_what_was_tried_reached_every_kind_on_both_sides() -> None:
    silent = {"bar", "guard", "inventory", "imbalance_15m"}
    assert {f"{kind}{side}" for kind in set(hair_engine().kinds) - silent for side in ("+1", "-1")} <= SEEN, SEEN


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 5_000), st.one_of(st.integers(-3_000, 3_000), st.integers(-30, 30).map(lambda n: 100 * n)))
def test_a_tape_moved_by_ticks_gives_the_same_events_there(seed: int, by: int) -> None:
    """Sweeps know round numbers: theirs only move from one of those to another."""
    ticks = lively(seed)
    moved = ticks.copy()
    for name in ("price", "bid", "ask"):
        moved[name] = np.where(ticks[name] == ABSENT, ABSENT, ticks[name] + by)
    here, there = (_but_round(scanned(build(ES, WEEK, [HAIR_WISH]), tape), by) for tape in (ticks, moved))
    at = (here["price"] != 0) & (here["price"] != ABSENT)
    assert (np.where(at, here["price"] + by, here["price"]) == there["price"]).all()
    for name in ("ts", "known", "row", "side", "kind"):
        assert (here[name] == there[name]).all()


def _but_round(events: Events, by: int) -> Events:
    """Without what rests on round numbers, if the move was not by as much as lies between two great ones."""
    known = (*Sweep.kinds, *SweepAbsorption.kinds)
    sweeps = [kind for kind, name in enumerate(hair_engine().kinds) if name in known]
    return events[~np.isin(events["kind"], sweeps)] if by % ES.major_round_ticks else events


def test_a_tape_moved_by_a_week_gives_the_same_events_then() -> None:
    days = WEEK.copy()
    for name in ("open", "close", "anchor", "anchor_close"):
        days[name] += WEEK_NS
    for seed in range(10):
        ticks = lively(seed)
        later = ticks.copy()
        later["ts"] += WEEK_NS
        engine = build(ES, days, [HAIR_WISH])
        here = scanned(build(ES, WEEK, [HAIR_WISH]), ticks)
        for now, then in zip(here, scanned(engine, later), strict=True):
            assert (now["ts"] + WEEK_NS, now["kind"], now["price"]) == (then["ts"], then["kind"], then["price"])
            assert now["strength"] == then["strength"]


class Bull(Engine):
    """The mutant: now and then it forgets which levels sellers were absorbed at."""

    def scan(self, ticks: Ticks, until: int = 0) -> Events:
        self._readers.absorptions["sides"]["ripe"][:, 1] = 0
        return super().scan(ticks, until)


def test_the_law_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.signals.engine.Engine", Bull)
    differs = 0
    for seed in range(10):
        ticks, cut, engine = lively(seed), range(0, 600, 20), hair_engine()
        ours = [reflected(told(engine, event)) for event in scanned(hair_engine(), ticks, cut)]
        theirs = [told(engine, event) for event in scanned(hair_engine(), mirrored(ticks, ABOUT), cut)]
        differs += not same(in_order(ours), in_order(theirs))
    assert differs > 0
