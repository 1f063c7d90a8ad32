"""Boundaries of the rules about what is carried, how often was tried, and what the day has lost."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.domain.order import AccountFacts
from tests.rooms.risk.bench import BID, CL, ES, SECOND, Bench
from tests.rooms.risk.cases import Case, after, alone, later, with_es


def worth(limit: str) -> Bench:
    """An entry may be worth so much."""
    return with_es(max_order_notional=Decimal(limit))


def account_of(usd: str, **told: Any) -> Bench:
    """An account that is worth so much by its settings; the broker may say otherwise."""
    one = replace(ES, margin_percent=Decimal(10))
    return Bench(instruments=[one], settings={"account_usd": usd}, account=AccountFacts("DU1", True, "a test", **told))


def won(later_ns: int, strategy: str = "one", **limits: Any) -> list[str]:
    """So much later than a bracket was sent that won."""
    bench = Bench(settings=limits)
    bench.win(strategy=strategy)
    return bench.at(bench.now + later_ns).refused()


def lost(*strategies: str, **limits: Any) -> list[str]:
    """After a loss of each of them, one minute after the other."""
    bench = Bench(settings={"max_daily_loss_usd": "1000", **limits})
    for strategy in strategies:
        bench.lose(strategy=strategy)
        bench.at(bench.now + 60 * SECOND)
    return bench.refused()


def waited(later_ns: int, **changes: Any) -> list[str]:
    """So much later than a stop lost in ES, where five minutes are waited."""
    bench = Bench(instruments=[ES, CL], settings={"cooldown": "5m"})
    bench.lose()
    return bench.at(bench.now + later_ns).refused(**changes)


def given_back(limit: str) -> list[str]:
    """After 70.50 won and 42.00 lost again, the next bracket risks another 42.00."""
    bench = Bench(settings={"max_drawdown_usd": limit})
    bench.win()
    bench.at(bench.now + 60 * SECOND).lose()
    return bench.at(bench.now + 60 * SECOND).refused()


OF_THE_DAY = [
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
    Case(
        "foreign",
        lambda: after(Bench(instruments=[ES, CL]), lambda b: b.gate.foreign(1, "+1 CL belong to no bracket of ours")),
        lambda: after(Bench(), lambda b: b.gate.foreign(0, "+1 ES belong to no bracket of ours")),
    ),
    # One ES at 4200.00 is worth 210,000; a short at 4200.25 is worth 12.50 more.
    Case("notional", lambda: alone(worth("210000")), lambda: alone(worth("209999.99")), "order"),
    Case("notional", lambda: alone(worth("210012.50"), side=-1), lambda: alone(worth("210012.49"), side=-1), "short"),
    Case(
        "notional",
        lambda: later(with_es(max_position_notional=Decimal(420_000)), lambda b: b.open()),
        lambda: later(with_es(max_position_notional=Decimal("419999.99")), lambda b: b.open()),
        "working",
    ),
    Case(
        "notional",
        lambda: later(with_es(max_position_notional=Decimal(420_000)), lambda b: b.fill(b.open().entry, BID)),
        lambda: later(with_es(max_position_notional=Decimal("419999.99")), lambda b: b.fill(b.open().entry, BID)),
        "held",
    ),
    # A tenth of its worth is 21,000, and half of the account may be put down.
    Case("margin", lambda: alone(account_of("42000")), lambda: alone(account_of("41999.99")), "told by a person"),
    Case(
        "margin",
        lambda: alone(account_of("1", net_liquidation=Decimal(42_000))),
        lambda: alone(account_of("1000000", net_liquidation=Decimal("41999.99"))),
        "told by the broker",
    ),
    Case(
        "margin",
        lambda: alone(account_of("42002.50"), side=-1),
        lambda: alone(account_of("42002.49"), side=-1),
        "short",
    ),
    Case(
        "margin",
        lambda: later(account_of("84000"), lambda b: b.open()),
        lambda: later(account_of("83999.99"), lambda b: b.open()),
        "working",
    ),
    Case(
        "margin",
        lambda: later(account_of("84000"), lambda b: b.fill(b.open().entry, BID)),
        lambda: later(account_of("83999.99"), lambda b: b.fill(b.open().entry, BID)),
        "held",
    ),
    Case(
        "brackets_per_minute",
        lambda: won(60 * SECOND, max_brackets_per_minute=1),
        lambda: won(60 * SECOND - 1, max_brackets_per_minute=1),
        "time",
    ),
    Case(
        "brackets_per_minute",
        lambda: won(20 * SECOND, max_brackets_per_minute=2),
        lambda: won(20 * SECOND, max_brackets_per_minute=1),
        "count",
    ),
    Case(
        "brackets_per_strategy",
        lambda: won(60 * SECOND, strategy="two", max_brackets_per_strategy=1),
        lambda: won(60 * SECOND, strategy="one", max_brackets_per_strategy=1),
    ),
    Case(
        "losses_in_a_row",
        lambda: lost("one", "one", max_losses_in_a_row=3),
        lambda: lost("one", "one", max_losses_in_a_row=2),
        "strategy",
    ),
    Case(
        "losses_in_a_row",
        lambda: lost("two", "two", max_losses_in_a_row=2),
        lambda: lost("one", "two", "one", max_losses_in_a_row=2),
        "whose",
    ),
    Case(
        "losses_in_a_row",
        lambda: lost("one", "two", max_losses_in_a_row_all=3),
        lambda: lost("one", "two", max_losses_in_a_row_all=2),
        "all",
    ),
    Case(
        "cooldown",
        lambda: waited(300 * SECOND),
        lambda: waited(300 * SECOND - 1),
        "time",
    ),
    Case("cooldown", lambda: waited(60 * SECOND, instrument=1), lambda: waited(60 * SECOND), "instrument"),
    Case(
        "cooldown",
        lambda: later(Bench(settings={"cooldown": "5m"}), lambda b: b.win()),
        lambda: later(Bench(settings={"cooldown": "5m"}), lambda b: b.lose()),
        "after a loss",
    ),
    # One loss is −42.00, which is 1.12 R of 37.50 between entry and stop.
    Case(
        "day_end",
        lambda: later(Bench(settings={"max_daily_loss_usd": "84"}), lambda b: b.lose()),
        lambda: later(Bench(settings={"max_daily_loss_usd": "42"}), lambda b: b.lose()),
    ),
    Case(
        "daily_loss_r",
        lambda: later(Bench(settings={"max_daily_loss_r": "2.12"}), lambda b: b.lose()),
        lambda: later(Bench(settings={"max_daily_loss_r": "2.1199"}), lambda b: b.lose()),
        "realised",
    ),
    Case(
        "daily_loss_r",
        lambda: later(Bench(settings={"max_daily_loss_r": "2.12"}), lambda b: b.open()),
        lambda: later(Bench(settings={"max_daily_loss_r": "2.1199"}), lambda b: b.open()),
        "open",
    ),
    Case("drawdown", lambda: given_back("84.00"), lambda: given_back("83.99")),
]
