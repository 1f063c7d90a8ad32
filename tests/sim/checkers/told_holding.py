"""Histories of what is held: cover, size, limits, and what the gate said."""

from decimal import Decimal

from bot.config.bot_file import RiskSettings
from bot.domain.order import BracketState, LinkReport, OrderState, Role
from tests.sim.checkers.stage import Stage
from tests.sim.checkers.told import breaks, exit_order, holds, opened

# I06: protected


@breaks("I06")
def a_position_without_its_stop(stage: Stage) -> None:
    opened(stage)
    stage.ends("b-stop")
    stage.wait(12)


@holds("I06")
def a_stop_that_comes_back(stage: Stage) -> None:
    opened(stage)
    stage.ends("b-stop")
    stage.wait(8)
    stage.protect(exit_order("again", Role.STOP, trigger=96))
    stage.wait(20)


@holds("I06")
def a_position_without_its_stop_while_nobody_hears_us(stage: Stage) -> None:
    opened(stage)
    stage.ends("b-stop")
    stage.eye.flags.link = "down"
    stage.wait(30)
    stage.eye.flags.link, stage.eye.flags.link_since = "up", stage.now
    stage.wait(8)


@holds("I06")
def a_position_that_somebody_took_out_and_bought_back_for_himself(stage: Stage) -> None:
    opened(stage)
    stage.somebody_trades(-1)
    stage.wait(4)
    stage.adjust(-1)
    stage.ends("b-stop")
    stage.wait(60)
    stage.somebody_trades(1)
    stage.wait(20)


@breaks("I06")
def a_position_that_is_written_off_although_it_is_there(stage: Stage) -> None:
    opened(stage)
    stage.adjust(-1)
    stage.ends("b-stop")
    stage.wait(12)


@breaks("I06")
def a_position_that_is_written_off_long_after_it_was_gone_for_a_moment(stage: Stage) -> None:
    opened(stage)
    stage.somebody_trades(-1)
    stage.somebody_trades(1)
    stage.wait(20)
    stage.adjust(-1)
    stage.ends("b-stop")
    stage.wait(12)


@breaks("I06")
def a_position_that_was_gone_and_is_taken_up_again_without_a_stop(stage: Stage) -> None:
    opened(stage)
    stage.somebody_trades(-1)
    stage.adjust(-1)
    stage.ends("b-stop")
    stage.somebody_trades(1)
    stage.adjust(1)
    stage.wait(12)


# I07: no over-protection


@breaks("I07")
def a_stop_for_more_than_came_in(stage: Stage) -> None:
    stage.place(quantity=2)
    stage.hear(stage.fill("entry", units=1))
    stage.ends("b-entry")
    stage.wait(14)


@breaks("I07")
def a_market_exit_beside_a_stop_of_another_group(stage: Stage) -> None:
    opened(stage)
    stage.protect(exit_order("flat", Role.FLATTEN), group="alone")


@breaks("I07")
def a_second_market_exit_while_the_first_lives(stage: Stage) -> None:
    opened(stage)
    stage.protect(exit_order("flat", Role.FLATTEN))
    order = exit_order("flat-again", Role.FLATTEN)
    stage.order(order)
    stage.eye.sent("protect", orders=(order,))


@holds("I07")
def a_stop_that_follows_what_came_in(stage: Stage) -> None:
    stage.place(quantity=2)
    stage.hear(stage.fill("entry", units=1))
    stage.ends("b-entry")
    stage.wait(3)
    for one in stage.truth.of_bracket("b"):
        one.quantity = 1
    stage.wait(20)
    stage.protect(exit_order("flat", Role.FLATTEN))


@holds("I07", risk=RiskSettings(max_open_brackets=2))
def a_market_exit_on_its_way_to_a_group_that_is_done(stage: Stage) -> None:
    opened(stage)
    stage.fill("target")
    opened(stage, name="c")
    order = exit_order("flat", Role.FLATTEN)
    stage.order(order)
    stage.eye.sent("protect", orders=(order,))
    stage.works(order, OrderState.SENT)


@holds("I07")
def exits_that_a_finished_group_refuses_one_after_the_other(stage: Stage) -> None:
    opened(stage)
    stage.hear(stage.fill("target"))
    for number in range(4):
        stage.works(exit_order(f"flat-{number}", Role.FLATTEN), OrderState.SENT)
        stage.ends(f"flat-{number}")
        stage.wait(8)


# I08: position bound


@breaks("I08")
def more_than_the_limit_could_come_in(stage: Stage) -> None:
    stage.place("b", quantity=2)
    stage.place("c", quantity=1)


@holds("I08")
def exactly_the_limit(stage: Stage) -> None:
    stage.place("b", quantity=2)


def _both_exits_fill(stage: Stage) -> None:
    stage.place("b", quantity=2)
    stage.fill("entry", units=1)
    for number, role in enumerate(("stop", "target")):
        stage.fill(role, units=2, exec_id=f"exit{number}")


@breaks("I08")
def more_than_the_limit_went_out(stage: Stage) -> None:
    _both_exits_fill(stage)


@holds("I08")
def the_exchange_itself_took_out_twice(stage: Stage) -> None:
    stage.truth.wronged.add("b")
    _both_exits_fill(stage)


# I12: the gate


@breaks("I12")
def an_entry_on_a_refusal(stage: Stage) -> None:
    stage.decide("b", "blocked", [{"rule": "spread", "message": "", "facts": {}}])
    stage.send(stage.intend(decided=False))


@breaks("I12")
def only_the_first_reason(stage: Stage) -> None:
    stage.write("control", "kill", "true", stage.now, "flatten")
    stage.decide("b", "blocked", [{"rule": "spread", "message": "", "facts": {}}])


@holds("I12")
def every_reason_is_told(stage: Stage) -> None:
    stage.write("control", "kill", "true", stage.now, "flatten")
    reasons = [{"rule": rule, "message": "", "facts": {}} for rule in ("kill_switch", "spread")]
    stage.decide("b", "blocked", reasons)


@breaks("I12")
def a_lost_link_is_no_reason(stage: Stage) -> None:
    stage.eye.heard(LinkReport("down", stage.now))
    stage.decide("b", "blocked", [{"rule": "spread", "message": "", "facts": {}}])


@holds("I12")
def a_refusal_from_before_the_link_was_lost_is_written_after_it(stage: Stage) -> None:
    judged = stage.now
    stage.wait(10)
    stage.eye.heard(LinkReport("down", stage.now))
    stage.decide("b", "blocked", [{"rule": "spread", "message": "", "facts": {}}], ts=judged)


# I15: loss bound

LIMIT = {"risk": RiskSettings(max_daily_loss_usd=Decimal(60))}


@breaks("I15", **LIMIT)
def a_bracket_after_the_days_loss(stage: Stage) -> None:
    opened(stage)
    stage.hear(stage.fill("stop"))
    stage.state(BracketState.CLOSED)
    stage.place("c")


@holds("I15", **LIMIT)
def a_bracket_within_the_days_loss(stage: Stage) -> None:
    opened(stage)
    stage.hear(stage.fill("target"))
    stage.state(BracketState.CLOSED)
    stage.place("c")
