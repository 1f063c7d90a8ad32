"""The absorption reversal by hand: its bracket in ticks, its mirror, and every reason for which it proposes nothing."""

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
from bot.signals.absorption_rejection import EVIDENCE
from strategies.absorption_reversal import AbsorptionReversal

ES = Instrument("ES", Decimal("0.25"), Decimal("12.50"), commission=Decimal("2.00"), max_order=5)
IDLE = DeskView(now=1_000, bid=16802, ask=16803, position=0, open_brackets=0)
SEEN: Mapping[str, float] = {
    **dict.fromkeys(EVIDENCE, 0.0),
    "level": 16801,
    "cluster_low": 16800,
    "zone": 16808,
    "atr_ticks": 3.0,
    "imbalance_with": 1,
    "tail": 2,
}


def strategy(**tables: Any) -> AbsorptionReversal:
    bracket = {"contracts": 1, **tables.pop("bracket", {})}
    spec = {"name": "one", "strategy": "absorption_reversal", "instrument": "ES", "bracket": bracket, **tables}
    return AbsorptionReversal(StrategyFile.model_validate(spec), ES)


def signal(side: int = 1, **numbers: float) -> Signal:
    evidence = {**SEEN, **numbers}
    return Signal("run-1", 900, 1_000, 0, "absorption_rejection", side, 16801, 2.5, 60_000_000_000, evidence)


def proposed(made: AbsorptionReversal, seen: Signal, desk: DeskView = IDLE) -> Proposal:
    [wish] = made.decide(seen, desk)
    assert isinstance(wish, Proposal), wish
    return wish


def refused(made: AbsorptionReversal, seen: Signal, desk: DeskView = IDLE) -> dict[str, Mapping[str, Any]]:
    [wish] = made.decide(seen, desk)
    assert isinstance(wish, Refusal), wish
    return {reason.rule: reason.facts for reason in wish.reasons}


def test_m21_m22_m23_f7_the_lessons_bracket() -> None:
    wish = proposed(strategy(time_stop="20m"), signal())
    assert (wish.entry, wish.stop, wish.target, wish.side, wish.quantity) == (16802, 16799, 16808, 1, 1)
    assert (wish.risk_ticks, wish.reward_ticks) == (3, 6)
    assert (wish.ttl_ns, wish.time_stop_ns, wish.known) == (120_000_000_000, 1_200_000_000_000, 1_000)
    assert "sellers absorbed at 4200.25" in wish.why


def test_its_mirror() -> None:
    wish = proposed(strategy(), signal(-1, level=16803, cluster_low=16804, zone=16796))
    assert (wish.entry, wish.stop, wish.target, wish.side) == (16802, 16805, 16796, -1)
    assert (wish.risk_ticks, wish.reward_ticks) == (3, 6)


def test_fixed_distances_need_neither_cluster_nor_zone() -> None:
    made = strategy(bracket={"stop_ticks": 4, "target_ticks": 10})
    wish = proposed(made, signal(cluster_low=16700, zone=math.nan))
    assert (wish.stop, wish.target) == (16798, 16812)


@pytest.mark.parametrize("zone", [math.nan, 16805.0, 16790.0])
def test_m28_without_a_zone_ahead_there_is_no_target(zone: float) -> None:
    assert refused(strategy(), signal(zone=zone)) == {"NO_TARGET": {"entry": 16802}}


def test_m27_a_stop_far_behind_or_right_at_the_entry_is_out_of_range() -> None:
    assert refused(strategy(), signal(cluster_low=16797))["STOP_RANGE"]["risk_ticks"] == 6
    assert proposed(strategy(), signal(cluster_low=16797, atr_ticks=4.0)).risk_ticks == 6
    assert refused(strategy(), signal(cluster_low=16802))["STOP_RANGE"]["risk_ticks"] == 1


def test_m23_money_at_risk_buys_whole_units_after_costs() -> None:
    """3 ticks are 37.50, and a unit costs 2 × 2.00 and one tick of slippage, 16.50 more."""
    for money, units in ((54, 1), (107, 1), (108, 2), (10_000, 5)):
        made = strategy(bracket={"contracts": None, "risk_usd": str(money)})
        assert proposed(made, signal()).quantity == units
    facts = refused(strategy(bracket={"contracts": None, "risk_usd": "53"}), signal())["SIZE_ZERO"]
    assert (facts["unit"], facts["risk_ticks"]) == ("54.00", 3)


@pytest.mark.parametrize("desk", [{"position": 1}, {"open_brackets": 1}])
def test_one_at_a_time(desk: Mapping[str, int]) -> None:
    busy = DeskView(**{**{name: getattr(IDLE, name) for name in IDLE.__slots__}, **desk})
    assert set(refused(strategy(), signal(), busy)) == {"ONE_AT_A_TIME"}


@pytest.mark.parametrize(
    ("wanted", "found", "fits"),
    [("any", 0, True), ("with", 1, True), ("with", -1, False), ("against", -1, True), ("against", 0, False)],
)
def test_the_context_may_have_to_agree(wanted: str, found: int, fits: bool) -> None:
    [wish] = strategy(params={"context": wanted}).decide(signal(imbalance_with=found), IDLE)
    assert isinstance(wish, Proposal) == fits


def test_a_minor_tail_may_be_too_little() -> None:
    assert set(refused(strategy(params={"full_only": True}), signal(full=0))) == {"MINOR_REJECTION"}
    assert proposed(strategy(params={"full_only": True}), signal(full=1))


def test_every_reason_is_told_and_not_only_the_first() -> None:
    busy = DeskView(now=1_000, bid=16802, ask=16803, position=1, open_brackets=1)
    told = refused(strategy(params={"context": "against"}), signal(zone=math.nan, cluster_low=16790), busy)
    assert set(told) == {"CONTEXT", "STOP_RANGE", "NO_TARGET", "ONE_AT_A_TIME"}


@pytest.mark.parametrize("bracket", [{"contracts": None}, {"risk_usd": "100"}])
def test_it_wants_one_size_and_not_two(bracket: Mapping[str, Any]) -> None:
    with pytest.raises(ConfigError, match="contracts or risk_usd"):
        strategy(bracket=bracket)


def test_it_reads_what_the_confluence_says() -> None:
    assert {"level", "cluster_low", "zone", "atr_ticks", "imbalance_with", "full", "tail", "volume", "z"} <= set(
        EVIDENCE
    )


def held(q: float, q_hat: float) -> Signal:
    """What makers hold, as the bar's end tells it."""
    return Signal("", 900, 1_000, 0, "inventory", 0, 16801, 0.0, 60_000_000_000, {"q": q, "q_hat": q_hat})


@pytest.mark.parametrize(
    ("most", "q", "q_hat", "side", "allowed"),
    [
        (0, -0.4, -90, 1, True),  # the lesson's inventory dip
        (0, 0.4, 90, 1, False),
        (0, 0.4, 90, -1, True),
        (0, math.nan, -90, 1, True),  # the sign is known before the units are
        (0, math.nan, 90, 1, False),
        (-1, -0.4, -90, 1, False),
        (-1, -1.4, -90, 1, True),
        (-1, math.nan, -900, 1, False),
        (1, 0.4, 90, 1, True),
    ],
)
def test_m20_an_entry_may_ask_for_an_inventory_dip(
    most: float, q: float, q_hat: float, side: int, allowed: bool
) -> None:
    made = strategy(params={"inventory_max": most}, bracket={"stop_ticks": 3, "target_ticks": 6})
    assert made.wants == {"absorption_rejection", "inventory"}
    assert list(made.decide(held(q, q_hat), IDLE)) == []
    if allowed:
        assert proposed(made, signal(side)).side == side
    else:
        assert list(refused(made, signal(side))) == ["INVENTORY"]


def test_m20_what_is_not_known_is_no_dip_and_who_does_not_ask_needs_none() -> None:
    assert list(refused(strategy(params={"inventory_max": 0}), signal())) == ["INVENTORY"]
    assert strategy().wants == {"absorption_rejection"}
    assert proposed(strategy(), signal()).side == 1
