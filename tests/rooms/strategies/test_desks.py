"""Sweep, continuation and breakout by hand: their brackets in ticks, their mirrors, and why they propose nothing."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from bot.config import StrategyFile
from bot.domain.decision import Proposal, Refusal, Signal
from bot.domain.instrument import Instrument
from bot.errors import ConfigError
from bot.ports import DeskView
from bot.signals import accumulation, imbalance_pullback, sweep_absorption
from strategies.accumulation_breakout import AccumulationBreakout
from strategies.imbalance_continuation import ImbalanceContinuation
from strategies.sweep_reclaim import SweepReclaim

TSLA = Instrument("TSLA", Decimal("0.01"), Decimal("0.01"), commission=Decimal("0.02"), max_order=50)
IDLE = DeskView(now=1_000, bid=14501, ask=14502, position=0, open_brackets=0)
BUSY = DeskView(now=1_000, bid=14501, ask=14502, position=0, open_brackets=1)
SWEPT: Mapping[str, float] = {
    **dict.fromkeys(sweep_absorption.EVIDENCE, 0.0),
    "level": 14500,
    "extreme": 14493,
    "pen": 7,
    "absorbed": 14493,
    "atr_ticks": 20.0,
    "zone": 14545,
}
PULLED: Mapping[str, float] = {
    **dict.fromkeys(imbalance_pullback.EVIDENCE, 0.0),
    "share": 0.78,
    "reading": 1,
    "extreme": 14510,
    "pulled_to": 14495,
    "depth": 15,
    "atr_ticks": 20.0,
    "zone": 14545,
}
RANGED: Mapping[str, float] = {
    **dict.fromkeys(accumulation.EVIDENCE, 0.0),
    "low": 14459,
    "high": 14500,
    "beyond": 5,
    "bars": 8,
}
KINDS = {
    SweepReclaim: ("sweep_absorption", SWEPT),
    ImbalanceContinuation: ("imbalance_pullback", PULLED),
    AccumulationBreakout: ("accumulation", RANGED),
}
each = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def asked(
    kind: Any, side: int = 1, desk: DeskView = IDLE, tables: Mapping[str, Any] | None = None, **seen: float
) -> Any:
    """What a strategy of that kind answers; `tables` are those of its file."""
    told = dict(tables or {})
    bracket = {"contracts": 10, "target_ticks": "zone", **told.pop("bracket", {})}
    made = kind(
        StrategyFile.model_validate({"name": "one", "strategy": "x", "instrument": "TSLA", "bracket": bracket, **told}),
        TSLA,
    )
    name, numbers = KINDS[kind]
    assert made.wants == {name}
    [answer] = made.decide(
        Signal("run-1", 900, 1_000, 0, name, side, 14500, 1.0, 60 * 10**9, {**numbers, **seen}), desk
    )
    return answer


def prices(answer: Any) -> tuple[int, int, int]:
    assert isinstance(answer, Proposal), answer
    return answer.entry, answer.stop, answer.target


def rules(answer: Any) -> list[str]:
    assert isinstance(answer, Refusal), answer
    return [reason.rule for reason in answer.reasons]


def test_a_sweep_is_bought_at_its_level_with_the_stop_a_tick_beyond_its_extreme() -> None:
    assert prices(asked(SweepReclaim)) == (14501, 14492, 14545)
    assert prices(asked(SweepReclaim, -1, extreme=14507, zone=14455)) == (14499, 14508, 14455)


def test_a_pull_back_is_bought_beyond_the_close_that_ended_it() -> None:
    assert prices(asked(ImbalanceContinuation)) == (14501, 14494, 14545)
    assert prices(asked(ImbalanceContinuation, -1, pulled_to=14505, zone=14455)) == (14499, 14506, 14455)


def test_a_range_is_bought_at_its_edge_and_its_stop_and_target_are_parts_of_it() -> None:
    """Of 41 ticks the stop takes 20, not 20.5: nearer to the edge, the better protected."""
    assert prices(asked(AccumulationBreakout)) == (14501, 14480, 14541)
    assert prices(asked(AccumulationBreakout, -1, low=14500, high=14541)) == (14499, 14520, 14459)
    assert prices(asked(AccumulationBreakout, tables={"params": {"stop_percent": 25, "target_percent": 200}})) == (
        14501,
        14490,
        14582,
    )


@each
def test_fixed_distances_count_from_the_entry(kind: Any) -> None:
    answer = asked(kind, tables={"bracket": {"stop_ticks": 15, "target_ticks": 30}})
    assert prices(answer) == (14501, 14486, 14531)


@each
def test_one_at_a_time(kind: Any) -> None:
    assert rules(asked(kind, desk=BUSY)) == ["ONE_AT_A_TIME"]


@each
def test_a_size_is_said_in_one_way(kind: Any) -> None:
    for bracket in ({"contracts": None}, {"risk_usd": 50}):
        with pytest.raises(ConfigError, match="needs a size"):
            asked(kind, tables={"bracket": bracket})


@pytest.mark.parametrize("kind", [SweepReclaim, ImbalanceContinuation], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("zone", [math.nan, 14503.0, 14400.0])
def test_without_a_zone_ahead_there_is_no_target(kind: Any, zone: float) -> None:
    assert rules(asked(kind, zone=zone)) == ["NO_TARGET"]


def test_a_stop_beyond_what_minutes_range_is_refused() -> None:
    assert rules(asked(SweepReclaim, atr_ticks=5.0)) == ["STOP_RANGE"]
    assert rules(asked(ImbalanceContinuation, atr_ticks=3.0)) == ["STOP_RANGE"]


def test_what_only_dried_up_counts_unless_the_file_wants_more() -> None:
    assert isinstance(asked(SweepReclaim, early=1), Proposal)
    assert rules(asked(SweepReclaim, tables={"params": {"early": False}}, early=1)) == ["EARLY_ABSORPTION"]


def test_pressure_that_price_hardly_followed_counts_unless_the_file_wants_more() -> None:
    assert isinstance(asked(ImbalanceContinuation, reading=0), Proposal)
    assert rules(asked(ImbalanceContinuation, tables={"params": {"reading": "pushed"}}, reading=0)) == ["NOT_PUSHED"]


def test_a_close_far_beyond_the_range_and_one_that_leaves_no_target_are_refused() -> None:
    assert rules(asked(AccumulationBreakout, beyond=21)) == ["TOO_FAR_GONE"]
    assert rules(asked(AccumulationBreakout, tables={"params": {"target_percent": 5}})) == ["NO_TARGET"]
