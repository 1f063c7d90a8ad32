"""Histories of what leaves the desk, and of what a person said."""

from dataclasses import replace

from bot.config.bot_file import RiskSettings
from bot.domain.order import FillReport, Role
from tests.sim.checkers.stage import Stage
from tests.sim.checkers.told import breaks, exit_order, holds, nobodys, opened
from tests.sim.seen import SECOND, Acknowledged, Blackedout

# I03: write-ahead


@breaks("I03")
def an_entry_that_nobody_wrote(stage: Stage) -> None:
    stage.send(stage.bracket())


@breaks("I03")
def a_stop_that_is_not_the_one_that_was_written(stage: Stage) -> None:
    one = stage.intend()
    stage.send(replace(one, stop=replace(one.stop, stop_price=97)))


@holds("I03")
def a_protective_order_while_the_journal_is_down(stage: Stage) -> None:
    opened(stage)
    stage.ends("b-stop")
    stage.eye.flags.writable = False
    stage.eye.sent("protect", orders=(exit_order("late", Role.STOP, trigger=96),))


# I04: fill before action


@breaks("I04")
def an_order_before_the_fill_is_durable(stage: Stage) -> None:
    stage.place()
    stage.eye.heard(stage.fill("entry"))
    stage.eye.sent("cancel", name="b-entry")


@holds("I04")
def an_order_after_the_fill_is_durable(stage: Stage) -> None:
    stage.place()
    stage.hear(stage.fill("entry"))
    stage.eye.sent("cancel", name="b-entry")


@breaks("I04")
def an_order_before_a_fill_of_a_known_order_that_is_told_of_as_nobodys(stage: Stage) -> None:
    stage.place()
    stage.eye.heard(stage.fill("entry"))
    nobodys(stage, "x1", "b-entry")
    stage.eye.sent("cancel", name="b-entry")


@holds("I04")
def an_order_after_a_fill_of_an_order_whose_row_died_with_its_process_is_told_of(stage: Stage) -> None:
    stage.place()
    stage.eye.heard(FillReport("exit-of-the-dead", "x9", stage.now, -1, 1, 100))
    nobodys(stage, "x9", "exit-of-the-dead")
    stage.eye.sent("cancel", name="b-entry")


# I05: one order a name


@breaks("I05")
def a_second_bracket_for_one_signal(stage: Stage) -> None:
    stage.place("b", signal="s")
    stage.ends("b-entry")
    stage.place("c", signal="s")


@breaks("I05")
def two_live_orders_under_one_name(stage: Stage) -> None:
    one = stage.place()
    stage.works(one.entry, broker_id="another")
    stage.wait(12)


@breaks("I05")
def an_amendment_while_the_link_is_degraded(stage: Stage) -> None:
    opened(stage)
    stage.eye.flags.reconciled = False
    stage.eye.sent("amend", name="b-stop", stop_price=98)


@holds("I05")
def a_second_order_that_is_gone_soon(stage: Stage) -> None:
    one = stage.place()
    stage.works(one.entry, broker_id="another")
    stage.wait(5)
    del stage.truth.orders["another"]
    stage.wait(20)


# I13: blackout

WINDOW = {"blackouts": [Blackedout(0, 1_010 * SECOND, 1_100 * SECOND)]}


@breaks("I13", **WINDOW)
def an_entry_inside_a_blackout(stage: Stage) -> None:
    stage.wait(10)
    stage.place()


@breaks("I13", **WINDOW)
def an_entry_that_rests_into_a_blackout(stage: Stage) -> None:
    stage.place()
    stage.wait(14)


@holds("I13", **WINDOW)
def an_entry_that_is_cancelled_at_the_edge(stage: Stage) -> None:
    stage.place()
    stage.wait(10)
    stage.eye.sent("cancel", name="b-entry")
    stage.wait(3)
    for role in ("entry", "stop", "target"):
        stage.ends(f"b-{role}")
    stage.wait(100)


# I14: fail closed


@breaks("I14")
def an_entry_on_stale_data(stage: Stage) -> None:
    stage.eye.flags.quoted[0] = stage.now - 3 * SECOND
    stage.place()


@breaks("I14")
def an_entry_before_the_broker_has_spoken(stage: Stage) -> None:
    stage.eye.flags.reconciled = False
    stage.place()


@breaks("I14")
def an_entry_without_a_calendar(stage: Stage) -> None:
    stage.eye.flags.calendar = False
    stage.place()


@breaks("I14")
def an_entry_under_the_kill_switch(stage: Stage) -> None:
    stage.write("control", "kill", "true", stage.now, "flatten")
    stage.place()


@holds("I14")
def an_entry_when_all_is_well(stage: Stage) -> None:
    stage.place()


# I16: paper only


@breaks("I16")
def an_exit_towards_an_unproven_account(stage: Stage) -> None:
    opened(stage)
    stage.eye.flags.paper = False
    stage.protect(exit_order("flat", Role.FLATTEN))


@holds("I16")
def an_exit_towards_a_paper_account(stage: Stage) -> None:
    opened(stage)
    stage.protect(exit_order("flat", Role.FLATTEN))


# I17: grid


@breaks("I17")
def a_stop_that_risks_more(stage: Stage) -> None:
    opened(stage)
    stage.protect(exit_order("wide", Role.STOP, trigger=95))


@breaks("I17")
def a_stop_that_is_moved_away(stage: Stage) -> None:
    opened(stage)
    stage.eye.sent("amend", name="b-stop", stop_price=95)


@holds("I17")
def a_stop_that_is_moved_towards_protection(stage: Stage) -> None:
    opened(stage)
    stage.eye.sent("amend", name="b-stop", stop_price=100)


# I18: freshness


@breaks("I18")
def an_entry_of_an_old_signal(stage: Stage) -> None:
    stage.place(known=stage.now - 3 * SECOND)


@holds("I18")
def an_entry_of_a_signal_just_known(stage: Stage) -> None:
    stage.place(known=stage.now - 2 * SECOND)


# I22: commands


@breaks("I22")
def a_command_done_twice(stage: Stage) -> None:
    for _ in range(2):
        stage.write("command", "n", "pause", stage.now, "", "", "", 0, "paused")


@breaks("I22")
def a_kill_switch_that_did_not_survive(stage: Stage) -> None:
    stage.write("command", "n", "flatten", stage.now, "", "", "", 0, "flattening")
    stage.eye.acknowledged(Acknowledged("n", "flatten"))
    stage.remembers()
    stage.eye.compared()


@holds("I22")
def a_kill_switch_that_survived(stage: Stage) -> None:
    stage.write("control", "kill", "true", stage.now, "flatten")
    stage.write("command", "n", "flatten", stage.now, "", "", "", 0, "flattening")
    stage.eye.acknowledged(Acknowledged("n", "flatten"))
    stage.remembers(kill=True)
    stage.eye.compared()


# I24: bounded


@breaks("I24")
def deadlines_without_end(stage: Stage) -> None:
    stage.rest(timers=100_000)


@holds("I24")
def a_few_deadlines(stage: Stage) -> None:
    stage.rest(timers=10)


# I25: throttle


@breaks("I25", messages_a_minute=5)
def a_storm_of_cancellations(stage: Stage) -> None:
    for _ in range(6):
        stage.eye.sent("cancel", name="b-entry")


@breaks("I25", risk=RiskSettings(max_order_messages_per_minute=5))
def two_entries_where_one_is_the_limit(stage: Stage) -> None:
    stage.place("b")
    stage.place("c")


@holds("I25", messages_a_minute=5)
def cancellations_now_and_then(stage: Stage) -> None:
    for _ in range(20):
        stage.eye.sent("cancel", name="b-entry")
        stage.wait(20)


# I26: no secret out


@breaks("I26", canary="hunter2")
def a_secret_in_a_row(stage: Stage) -> None:
    stage.write("control", "mqtt", '"mqtt://user:hunter2@host"', stage.now, "")


@breaks("I26", canary="hunter2")
def a_secret_in_an_error(stage: Stage) -> None:
    stage.eye.said("cannot reach mqtt://user:hunter2@host")


@holds("I26", canary="hunter2")
def a_secret_that_stays(stage: Stage) -> None:
    stage.eye.said("cannot reach mqtt://user:…@host")
