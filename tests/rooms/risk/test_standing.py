"""What `status` tells of the gate: everything that would refuse an entry just now, whatever it wanted."""

from bot.domain.decision import Blocked
from tests.rooms.risk.bench import ES, SECOND, TEN, Bench


def standing(bench: Bench, strategy: str = "one") -> list[str]:
    return [reason.rule for reason in bench.gate.standing(strategy, 0, bench.now)]


def test_nothing_stands_against_an_ordinary_morning() -> None:
    assert standing(Bench()) == []


def test_all_that_refuses_is_told_at_once() -> None:
    bench = Bench()
    bench.gate.kill(True, "enough")
    bench.gate.link("down", "socket closed")
    bench.gate.pause(True, "lunch", strategy="one")
    assert standing(bench) == ["kill_switch", "pause", "link"]
    assert standing(bench, "two") == ["kill_switch", "link"]


def test_a_limit_that_only_a_wish_can_break_is_no_standing_reason() -> None:
    bench = Bench(settings={"max_open_brackets": 1})
    bench.open()
    assert bench.refused(side=1, entry=16790) != []
    assert standing(bench) == []


def test_a_trend_day_stands_against_one_side_only() -> None:
    bench = Bench()
    bench.gate.guard(0, 11, True, {"value": 0.7, "threshold": 0.6, "direction": -1.0})
    bench.gate.guard(0, 4, True, {"value": 0.4, "threshold": 0.25, "direction": 0.0})
    assert standing(bench) == ["G4"]


def test_an_entry_is_as_old_as_it_is_when_it_would_leave() -> None:
    # The desk decides by the tape; a loop that lags sends later than it decided.
    bench = Bench(instruments=[ES])
    wanted = bench.want()
    late = bench.gate.judge(wanted, TEN, sent=TEN + 2 * SECOND + 1)
    assert isinstance(late, Blocked)
    assert [reason.rule for reason in late.reasons] == ["freshness"]
    assert not isinstance(bench.gate.judge(wanted, TEN, sent=TEN + 2 * SECOND), Blocked)
