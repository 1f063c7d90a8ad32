"""Each rule at its exact boundary: the last thing that passes and the first that does not."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.command import Health
from bot.domain.decision import Approved, Blocked, Reason, Refusal
from bot.domain.market import ABSENT
from bot.domain.order import AccountFacts
from bot.risk.calendar import EventCalendar
from bot.risk.rules import ALL
from tests.rooms.risk.bench import ASK, BID, CL, ES, PAPER, SECOND, SHIPPED, TEN, Bench, ns

MS = 10**6
Try = Callable[[], list[str]]


def alone(bench: Bench, **changes: Any) -> list[str]:
    """What refuses one proposal at an otherwise ordinary desk."""
    return bench.refused(**changes)


def after(bench: Bench, do: Callable[[Bench], object], **changes: Any) -> list[str]:
    """What refuses a proposal when something has happened before."""
    do(bench)
    return bench.refused(**changes)


def later(bench: Bench, do: Callable[[Bench], object], **changes: Any) -> list[str]:
    """The same a minute later, when the same wish is no duplicate."""
    do(bench)
    return bench.at(bench.now + 60 * SECOND).refused(**changes)


def at(text: str, **hours: Any) -> list[str]:
    return Bench(now=ns(text), hours=hours).refused()


def with_es(**facts: Any) -> Bench:
    return Bench(instruments=[replace(ES, **facts)])


@dataclass(frozen=True)
class Case:
    """One boundary of one rule."""

    rule: str
    passes: Try
    stops: Try
    name: str = ""


CASES = [
    Case("paper", lambda: alone(Bench()), lambda: alone(Bench(account=AccountFacts("U1", False, "live id")))),
    Case(
        "kill_switch",
        lambda: after(Bench(), lambda b: (b.gate.kill(True, "test"), b.gate.kill(False, ""))),
        lambda: after(Bench(), lambda b: b.gate.kill(True, "test")),
    ),
    Case("pause", lambda: alone(Bench()), lambda: after(Bench(), lambda b: b.gate.pause(True, "lunch")), "all"),
    Case(
        "pause",
        lambda: after(Bench(), lambda b: b.gate.pause(True, "lunch", strategy="two")),
        lambda: after(Bench(), lambda b: b.gate.pause(True, "lunch", strategy="one")),
        "strategy",
    ),
    Case(
        "pause",
        lambda: after(Bench(instruments=[ES, CL]), lambda b: b.gate.pause(True, "lunch", instrument=1)),
        lambda: after(Bench(), lambda b: b.gate.pause(True, "lunch", instrument=0)),
        "instrument",
    ),
    Case(
        "pause",
        lambda: after(Bench(), lambda b: b.gate.pause(True, "lunch", strategy="two", instrument=0)),
        lambda: after(Bench(), lambda b: b.gate.pause(True, "lunch", strategy="one", instrument=0)),
        "both",
    ),
    Case(
        "reconciled",
        lambda: after(Bench(instruments=[ES, CL]), lambda b: b.gate.hold(1, "an order without an answer")),
        lambda: after(Bench(), lambda b: b.gate.hold(0, "an order without an answer")),
    ),
    Case(
        "health",
        lambda: alone(Bench(health=Health(2000 * MS, 500 * MS, 250 * MS))),
        lambda: alone(Bench(health=Health(-2000 * MS - 1))),
        "clock",
    ),
    Case("health", lambda: alone(Bench()), lambda: alone(Bench(health=Health(0, 500 * MS + 1))), "loop"),
    Case("health", lambda: alone(Bench()), lambda: alone(Bench(health=Health(0, 0, 250 * MS + 1))), "commit"),
    Case("health", lambda: alone(Bench()), lambda: alone(Bench(health=Health(journal="disk full"))), "journal"),
    Case(
        "house",
        lambda: after(Bench(), lambda b: (b.gate.shut("stall", "it stood still"), b.gate.shut("stall", ""))),
        lambda: after(Bench(), lambda b: b.gate.shut("stall", "it stood still")),
    ),
    Case("hours", lambda: at("2026-12-11 09:30"), lambda: at("2026-12-11 09:29:59.999"), "regular open"),
    Case("hours", lambda: at("2026-12-11 15:44:59.999"), lambda: at("2026-12-11 15:45"), "before the regular close"),
    Case("hours", lambda: at("2026-11-27 12:59:59"), lambda: at("2026-11-27 13:00"), "early close 13:15"),
    Case(
        "hours",
        lambda: at("2026-12-11 16:44:59", session="extended"),
        lambda: at("2026-12-11 16:45", session="extended"),
        "extended",
    ),
    Case("hours", lambda: at("2026-12-11 16:54", session="any"), lambda: at("2026-12-11 16:55", session="any"), "any"),
    Case(
        "hours",
        lambda: at("2026-12-13 18:00", session="any"),
        lambda: at("2026-12-13 17:59:59", session="any"),
        "closed exchange",
    ),
    Case(
        "hours", lambda: at("2026-12-11 10:00", start="10:00"), lambda: at("2026-12-11 10:00", start="10:01"), "start"
    ),
    Case("hours", lambda: at("2026-12-11 10:00", end="10:01"), lambda: at("2026-12-11 10:00", end="10:00"), "end"),
    Case(
        "hours",
        lambda: at("2026-12-10 18:30", session="extended", start="18:30", end="02:00"),
        lambda: at("2026-12-11 02:00", session="extended", start="18:30", end="02:00"),
        "over midnight",
    ),
    Case(
        "blackout",
        lambda: alone(Bench(now=ns("2026-12-09 15:30"), calendar=SHIPPED)),
        lambda: alone(Bench(now=ns("2026-12-09 15:29:59"), calendar=SHIPPED)),
    ),
    Case(
        "blackout",
        lambda: alone(Bench(calendar=EventCalendar.load("none"))),
        lambda: alone(Bench(calendar=EventCalendar.absent("no file"))),
        "no calendar",
    ),
    Case(
        "stale",
        lambda: after(Bench(), lambda b: b.quote(age=2 * SECOND)),
        lambda: after(Bench(), lambda b: b.quote(age=2 * SECOND + 1)),
    ),
    Case(
        "spread",
        lambda: after(Bench(), lambda b: b.quote(BID, BID + 2)),
        lambda: after(Bench(), lambda b: b.quote(BID, BID + 3)),
    ),
    Case("spread", lambda: alone(Bench()), lambda: after(Bench(), lambda b: b.quote(BID, BID)), "locked"),
    Case("spread", lambda: alone(Bench()), lambda: after(Bench(), lambda b: b.quote(BID + 1, BID)), "crossed"),
    Case("spread", lambda: alone(Bench()), lambda: after(Bench(), lambda b: b.quote(ABSENT, ASK)), "no bid"),
    Case("spread", lambda: alone(Bench()), lambda: after(Bench(), lambda b: b.quote(BID, ABSENT)), "no ask"),
    # The middle is 16800.5: an entry at 16784.5 would be 16 ticks away.
    Case("collar", lambda: alone(Bench(), entry=16785), lambda: alone(Bench(), entry=16784), "below"),
    Case("collar", lambda: alone(Bench(), entry=16816), lambda: alone(Bench(), entry=16817), "above"),
    Case("band", lambda: alone(with_es(band_low=16797)), lambda: alone(with_es(band_low=16798)), "low"),
    Case("band", lambda: alone(with_es(band_high=16806)), lambda: alone(with_es(band_high=16805)), "high"),
    Case("grid", lambda: alone(with_es(min_stop_ticks=-9)), lambda: alone(with_es(min_stop_ticks=-9), risk=0), "stop"),
    Case("grid", lambda: alone(Bench()), lambda: alone(Bench(), reward=0), "target"),
    Case("stop_distance", lambda: alone(Bench(), risk=3), lambda: alone(Bench(), risk=2), "nearest"),
    Case(
        "stop_distance",
        lambda: alone(with_es(max_stop_ticks=12), risk=12, reward=24),
        lambda: alone(with_es(max_stop_ticks=12), risk=13, reward=26),
        "farthest",
    ),
    Case("reward_risk", lambda: alone(Bench(), risk=3, reward=3), lambda: alone(Bench(), risk=4, reward=3)),
    Case(
        "reward_risk",
        lambda: alone(Bench(settings={"min_reward_risk": "1.1"}), risk=10, reward=11),  # no float is 1.1
        lambda: alone(Bench(settings={"min_reward_risk": "1.1000000000000001"}), risk=10, reward=11),
        "exact",
    ),
    Case(
        "order_size", lambda: alone(with_es(max_order=2), quantity=2), lambda: alone(with_es(max_order=1), quantity=2)
    ),
    Case("order_size", lambda: alone(Bench(), quantity=1), lambda: alone(Bench(), quantity=0), "none"),
    Case(
        "bracket_risk",
        lambda: alone(with_es(max_bracket_risk=Decimal("37.50"))),
        lambda: alone(with_es(max_bracket_risk=Decimal("37.49"))),
    ),
    Case(
        "position",
        lambda: later(with_es(max_position=2), lambda b: b.open()),
        lambda: later(with_es(max_position=1), lambda b: b.open()),
        "working",
    ),
    Case(
        "position",
        lambda: later(with_es(max_position=1), lambda b: b.lose()),
        lambda: later(with_es(max_position=1), lambda b: b.fill(b.open().entry, BID)),
        "held",
    ),
    Case(
        "opposite",
        lambda: later(Bench(), lambda b: b.open()),
        lambda: later(Bench(), lambda b: b.open(), side=-1),
        "working",
    ),
    Case(
        "opposite",
        lambda: later(Bench(), lambda b: b.lose(), side=-1),
        lambda: later(Bench(), lambda b: b.fill(b.open().entry, BID), side=-1),
        "held",
    ),
    Case(
        "open_brackets",
        lambda: later(Bench(settings={"max_open_brackets": 2}), lambda b: b.open()),
        lambda: later(Bench(settings={"max_open_brackets": 1}), lambda b: b.open()),
    ),
    Case(
        "brackets_per_day",
        lambda: later(Bench(settings={"max_brackets_per_day": 2}), lambda b: b.win()),
        lambda: later(Bench(settings={"max_brackets_per_day": 1}), lambda b: b.win()),
    ),
    # One bracket risks 3 × 12.50 + 2 × 2.25 = 42.00.
    Case(
        "daily_loss",
        lambda: alone(Bench(settings={"max_daily_loss_usd": "42.00"})),
        lambda: alone(Bench(settings={"max_daily_loss_usd": "41.99"})),
        "this bracket",
    ),
    Case(
        "daily_loss",
        lambda: later(Bench(settings={"max_daily_loss_usd": "84.00"}), lambda b: b.lose()),
        lambda: later(Bench(settings={"max_daily_loss_usd": "83.99"}), lambda b: b.lose()),
        "realised",
    ),
    Case(
        "daily_loss",
        lambda: later(Bench(settings={"max_daily_loss_usd": "84.00"}), lambda b: b.open()),
        lambda: later(Bench(settings={"max_daily_loss_usd": "83.99"}), lambda b: b.open()),
        "open",
    ),
    Case("duplicate", lambda: twice(seconds=10), lambda: twice(seconds=9.999), "same entry"),
    Case("duplicate", lambda: twice(seconds=1, strategy="two"), lambda: twice(seconds=1), "strategy"),
    Case("duplicate", lambda: twice(seconds=1, entry=16799), lambda: twice(seconds=1), "price"),
    Case("duplicate", lambda: twice(seconds=3600), lambda: twice(seconds=3600, signal_id="again"), "same signal ever"),
    Case(
        "freshness", lambda: alone(Bench(), known=TEN - 2 * SECOND), lambda: alone(Bench(), known=TEN - 2 * SECOND - 1)
    ),
    Case(
        "link",
        lambda: after(Bench(), lambda b: (b.gate.link("down", "1100"), b.gate.link("up", "1102"))),
        lambda: after(Bench(), lambda b: b.gate.link("degraded", "1100")),
    ),
    Case(
        "feed",
        lambda: after(Bench(order_flow=["two"]), lambda b: b.gate.feed(0, "sampled", "no line is free")),
        lambda: after(Bench(order_flow=["one"]), lambda b: b.gate.feed(0, "sampled", "no line is free")),
        "sampled",
    ),
    Case(
        "feed",
        lambda: after(Bench(), lambda b: (b.gate.feed(0, "stale", "farm"), b.gate.feed(0, "live", ""))),
        lambda: after(Bench(order_flow=[]), lambda b: b.gate.feed(0, "delayed", "no subscription")),
        "delayed",
    ),
    # A trading day begins on the evening before.
    Case(
        "roll",
        lambda: Bench(now=ns("2026-12-09 16:30"), rolls={"ES": "2026-12-10"}, hours={"session": "any"}).refused(),
        lambda: Bench(now=ns("2026-12-09 18:00"), rolls={"ES": "2026-12-10"}, hours={"session": "any"}).refused(),
    ),
]


def twice(seconds: float, **second: Any) -> list[str]:
    bench = Bench()
    assert bench.refused(signal_id="again") == []
    bench.at(TEN + round(seconds * SECOND))
    return bench.refused(**second)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.name}".strip())
def test_a_rule_at_its_boundary(case: Case) -> None:
    assert case.passes() == []
    assert case.rule in case.stops()


def test_every_rule_has_a_boundary_case() -> None:
    assert {rule.name for rule in ALL} == {case.rule for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.name}".strip())
def test_only_the_rule_itself_refuses(case: Case) -> None:
    # A bracket without risk or reward has neither ratio nor distance: those may speak too.
    beside = {"grid": {"reward_risk", "stop_distance"}, "stop_distance": {"reward_risk"}, "kill_switch": set()}
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
