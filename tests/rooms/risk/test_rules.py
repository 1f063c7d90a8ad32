"""Each rule at its exact boundary: the last thing that passes and the first that does not."""

from typing import Any

import pytest

from bot.domain.decision import Approved, Blocked, Reason, Refusal
from bot.domain.market import ABSENT
from bot.risk.rules import ALL
from tests.rooms.risk.bench import CL, ES, PAPER, SHIPPED, Bench, ns
from tests.rooms.risk.cases import Case
from tests.rooms.risk.cases_of_the_day import OF_THE_DAY
from tests.rooms.risk.cases_of_the_moment import OF_THE_MOMENT
from tests.rooms.risk.cases_of_the_portfolio import OF_THE_PORTFOLIO

CASES = [*OF_THE_MOMENT, *OF_THE_DAY, *OF_THE_PORTFOLIO]
BY_WORTH = ("notional", "margin", "gross_exposure", "net_exposure", "correlated_exposure")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.name}".strip())
def test_a_rule_at_its_boundary(case: Case) -> None:
    assert case.passes() == []
    assert case.rule in case.stops()


def test_every_rule_has_a_boundary_case() -> None:
    assert {rule.name for rule in ALL} == {case.rule for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.name}".strip())
def test_a_rule_is_the_same_for_the_other_side(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bench, "mirrored", True)
    # What a bracket is worth depends on its price: those have cases of their own for either side.
    if case.rule not in BY_WORTH:
        assert case.passes() == []
        assert case.rule in case.stops()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.name}".strip())
def test_only_the_rule_itself_refuses(case: Case) -> None:
    # A bracket without risk or reward has neither ratio nor distance: those may speak too.
    # The last of too many losses pauses as well, and a day that ended has lost its money besides.
    beside = {
        "grid": {"reward_risk", "stop_distance"},
        "stop_distance": {"reward_risk"},
        "losses_in_a_row": {"pause"},
        "day_end": {"daily_loss"},
    }
    assert set(case.stops()) - {case.rule} <= beside.get(case.rule, set())


def test_an_approval_tells_the_room_that_was_left() -> None:
    verdict = Bench().judge()
    assert isinstance(verdict, Approved)
    assert verdict.facts["spread_ticks"] == 1
    assert verdict.facts["loss_limit"] == "300"


def test_a_strategys_own_refusal_is_passed_through_as_blocked() -> None:
    reason = Reason("SIZE_ZERO", "floor(30 / 37.50) is 0", {"risk_usd": "30"})
    bench = Bench()
    verdict = bench.gate.judge(Refusal("one", 0, 1, "s-1", bench.now, (reason,)), bench.now)
    assert isinstance(verdict, Blocked)
    assert verdict.reasons == (reason,)


def test_a_guard_refuses_under_its_own_id_until_it_is_off() -> None:
    bench = Bench(instruments=[ES, CL])
    bench.gate.guard(0, 4, True, {"value": 0.4, "threshold": 0.25})
    verdict = bench.judge()
    assert isinstance(verdict, Blocked)
    (reason,) = verdict.reasons
    assert (reason.rule, reason.message) == ("G4", "one-sided book in ES: 0.4 against 0.25")
    assert bench.refused(instrument=1) == []
    bench.gate.guard(0, 5, True, {})
    assert bench.refused() == ["G4", "G5"]
    bench.gate.guard(0, 4, False, {})
    bench.gate.guard(0, 5, False, {})
    assert bench.refused() == []


def test_a_trend_day_refuses_only_what_stands_against_it() -> None:
    for direction in (1, -1):
        bench = Bench()
        bench.gate.guard(0, 11, True, {"value": 0.7, "threshold": 0.6, "direction": float(direction)})
        assert bench.refused(side=-direction) == ["G11"]
        assert bench.refused(side=direction) == []


def test_a_blackout_reason_names_the_event_its_window_and_its_source() -> None:
    bench = Bench(now=ns("2026-12-09 15:10"), calendar=SHIPPED)
    verdict = bench.judge()
    assert isinstance(verdict, Blocked)
    (reason,) = verdict.reasons
    assert reason.facts["guard"] == "G7"
    assert reason.facts["event"] == "fomc_press_conference"
    assert reason.facts["event_ns"] == ns("2026-12-09 14:30")
    assert (reason.facts["from_ns"], reason.facts["to_ns"]) == (ns("2026-12-09 13:30"), ns("2026-12-09 15:30"))
    assert str(reason.facts["source"]).startswith("fomc.csv")
    assert "FOMC press conference" in reason.message


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.name}".strip())
def test_a_reason_has_words_and_numbers(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Reason] = []
    judge = Bench.judge

    def listen(bench: Bench, *args: Any, **changes: Any) -> Any:
        verdict = judge(bench, *args, **changes)
        told.extend(verdict.reasons if isinstance(verdict, Blocked) else ())
        return verdict

    monkeypatch.setattr(Bench, "judge", listen)
    case.stops()
    for reason in told:
        assert reason.message
        assert reason.facts
        assert all(value is None or type(value) in (int, float, str, bool) for value in reason.facts.values())


def test_every_price_off_the_grid_is_refused() -> None:
    assert "grid" in Bench().refused(target=16806.5)
    assert "grid" in Bench().refused(stop=ABSENT)
    assert PAPER.paper


def test_a_quote_takes_out_what_its_own_maker_holds_and_nobody_elses() -> None:
    """A pause lets exits of a maker pass: what another strategy holds there is not for it to take out."""
    bench = Bench()
    bought = bench.open()
    bench.fill(bought.entry, bought.approved.proposal.entry)
    bench.gate.pause(True, "a person", strategy="")
    assert bench.refused(side=-1, strategy="two", quote=True) == ["pause"]
    assert bench.refused(side=-1, strategy="one", quote=True) == []
