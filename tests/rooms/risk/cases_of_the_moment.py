"""Boundaries of the rules about the house, the clock, the market and the bracket itself."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.domain.command import Health
from bot.domain.market import ABSENT
from bot.domain.order import AccountFacts
from bot.risk.calendar import EventCalendar
from tests.rooms.risk.bench import ASK, BID, CL, ES, SECOND, SHIPPED, TEN, Bench, ns
from tests.rooms.risk.cases import Case, after, alone, at, with_es

MS = 10**6


def expiring(at: str) -> list[str]:
    one = replace(ES, contract="ESZ2026", expires="third-friday")
    return Bench(instruments=[one], now=ns(at), hours={"session": "any"}).refused()


def twice(seconds: float, **second: Any) -> list[str]:
    bench = Bench()
    assert bench.refused(signal_id="again") == []
    bench.at(TEN + round(seconds * SECOND))
    return bench.refused(**second)


OF_THE_MOMENT = [
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
    Case("duplicate", lambda: twice(seconds=10), lambda: twice(seconds=9.999), "same entry"),
    Case("duplicate", lambda: twice(seconds=1, strategy="two"), lambda: twice(seconds=1), "strategy"),
    Case("duplicate", lambda: twice(seconds=1, entry=16799), lambda: twice(seconds=1), "price"),
    Case("duplicate", lambda: twice(seconds=3600), lambda: twice(seconds=3600, signal_id="again"), "same signal ever"),
    Case(
        "freshness", lambda: alone(Bench(), known=TEN - 2 * SECOND), lambda: alone(Bench(), known=TEN - 2 * SECOND - 1)
    ),
    Case(
        "model",
        lambda: alone(Bench(), facts={"model_says": "OK"}),
        lambda: alone(Bench(), facts={"model_says": "NOVEL_POINT, BELOW_BREAKEVEN"}),
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
    # The third Friday of December 2026 is the 18th: on the 15th it is three days away.
    Case("expiry", lambda: expiring("2026-12-15 16:30"), lambda: expiring("2026-12-15 18:00")),
    # A trading day begins on the evening before.
    Case(
        "roll",
        lambda: Bench(now=ns("2026-12-09 16:30"), rolls={"ES": "2026-12-10"}, hours={"session": "any"}).refused(),
        lambda: Bench(now=ns("2026-12-09 18:00"), rolls={"ES": "2026-12-10"}, hours={"session": "any"}).refused(),
    ),
]
