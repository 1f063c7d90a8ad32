"""A sweep and its absorption come in either order, within reach of each other, and each absorption counts once."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.domain.market import Ticks
from bot.signals.engine import Wish, build
from tests.rooms.signals.test_sweep import DAYS, TSLA
from tests.tapes.tesla import absorbed

SECOND = 1_000_000_000


def seen(ticks: Ticks, **params: Mapping[str, Any]) -> list[tuple[str, Any, Mapping[str, float]]]:
    engine = build(TSLA, DAYS, [Wish(params=params)])
    names = ("sweep", "absorption", "absorption_early", "sweep_absorption", "sweep_bare")
    found = [(engine.kinds[e["kind"]], e, engine.evidence(e)) for e in engine.scan(ticks)]
    return [one for one in found if one[0] in names]


def kinds(ticks: Ticks, **params: Mapping[str, Any]) -> list[str]:
    return [kind for kind, _, _ in seen(ticks, **params)]


def tape() -> tuple[Ticks, int]:
    told, t0 = absorbed()
    return told.calm(3, 14501).calm(20, 14505).rows(), t0


def test_an_absorption_before_the_sweep_and_the_sweep_make_one_event_at_the_sweep() -> None:
    ticks, t0 = tape()
    told = seen(ticks)
    assert [kind for kind, _, _ in told] == ["absorption_early", "absorption", "sweep", "sweep_absorption"]
    _, event, numbers = told[-1]
    assert event["ts"] == told[-2][1]["ts"]
    assert event["ts"] == pytest.approx(t0 + 19 * SECOND, abs=SECOND // 100)
    assert (event["side"], event["price"], numbers["early"]) == (1, 14500, 0)
    assert numbers["volume"] == told[1][2]["volume"]


def test_an_absorption_that_is_seen_after_the_sweep_makes_it_then() -> None:
    """It takes a print twelve ticks up to be one here, which comes three seconds after the sweep."""
    ticks, _ = tape()
    late = {"lift_ticks": 12, "reach_ticks": 16, "quiet": "60s"}
    told = seen(ticks, absorption=late)
    assert [kind for kind, _, _ in told] == ["sweep", "sweep_bare", "absorption", "sweep_absorption"]
    assert told[-1][1]["ts"] == told[-2][1]["ts"] > told[0][1]["ts"]
    assert kinds(ticks, absorption=late, sweep_absorption={"after": "0s"})[-1] == "absorption"


def test_one_far_from_the_extreme_is_none_of_the_sweeps() -> None:
    told, _ = absorbed(taken=0)
    assert kinds(told.calm(30, 14501).rows()) == ["sweep", "sweep_bare"]
