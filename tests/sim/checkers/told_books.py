"""Histories of the books: executions, positions, memory, rows, the end of a day."""

from dataclasses import replace
from decimal import Decimal

from bot.domain.order import BracketState
from tests.sim.checkers.stage import ES, Stage
from tests.sim.checkers.told import breaks, holds, nobodys, opened

# I01: no loss


@breaks("I01")
def an_execution_nobody_wrote(stage: Stage) -> None:
    stage.place()
    stage.fill("entry")
    stage.fill("target")
    stage.rest(brackets={"b": BracketState.INTENDED})


@breaks("I01")
def an_execution_of_a_known_order_that_is_told_of_as_nobodys(stage: Stage) -> None:
    stage.place()
    stage.fill("entry")
    nobodys(stage, "x1", "b-entry")
    stage.rest(brackets={"b": BracketState.INTENDED})


@holds("I01")
def every_execution_is_written(stage: Stage) -> None:
    opened(stage)
    stage.hear(stage.fill("target"))
    stage.state(BracketState.CLOSED)
    stage.rest()


# I02: never ahead


@breaks("I02")
def an_execution_that_never_was(stage: Stage) -> None:
    stage.place()
    report = stage.fill("entry")
    stage.hear(replace(report, exec_id="invented"))


@breaks("I02")
def an_execution_written_twice(stage: Stage) -> None:
    stage.place()
    report = stage.fill("entry")
    stage.hear(report)
    stage.hear(report)


@breaks("I02")
def an_execution_written_as_another(stage: Stage) -> None:
    stage.place()
    stage.hear(stage.fill("entry"), price=101)


@breaks("I02")
def a_correction_written_as_one_more(stage: Stage) -> None:
    stage.place()
    stage.hear(stage.fill("entry", exec_id="x.01"))
    stage.hear(stage.fill("entry", exec_id="x.02", corrects="x.01"), corrects="")


@holds("I02")
def a_correction_replaces(stage: Stage) -> None:
    stage.place()
    stage.hear(stage.fill("entry", exec_id="x.01"))
    stage.hear(stage.fill("entry", exec_id="x.02", corrects="x.01"))
    assert stage.eye.durable.positions == {"ES": 1}


# I09: conservation


@breaks("I09")
def a_correction_that_was_added(stage: Stage) -> None:
    stage.place(quantity=2)
    stage.hear(stage.fill("entry", exec_id="x.01"))
    stage.hear(stage.fill("entry", units=1, exec_id="x.02", corrects="x.01"))
    stage.remembers(brackets={"b": BracketState.INTENDED}, positions=(3,), executions={"b": frozenset({"x.02"})})
    stage.eye.compared()


@holds("I09")
def positions_and_money_are_the_executions(stage: Stage) -> None:
    opened(stage)
    stage.hear(stage.fill("target"))
    stage.state(BracketState.CLOSED)
    stage.rest(net={0: ES.money(8) - 2 * ES.commission})


# I10: replay equals memory


@breaks("I10")
def a_bracket_that_the_desk_has_forgotten(stage: Stage) -> None:
    opened(stage)
    stage.remembers()
    stage.eye.compared()


@breaks("I10")
def a_loss_that_was_kept_in_memory_only(stage: Stage) -> None:
    opened(stage)
    stage.hear(stage.fill("stop"))
    stage.state(BracketState.CLOSED)
    stage.remembers(net={0: Decimal(0)})
    stage.eye.compared()


@holds("I10")
def memory_is_what_the_journal_says(stage: Stage) -> None:
    opened(stage)
    stage.rest(brackets={"b": BracketState.OPEN}, executions={"b": frozenset({"x1"})}, net={0: -ES.commission})


# I11: append-only


@breaks("I11")
def a_row_that_is_not_what_was_written(stage: Stage) -> None:
    stage.decide()
    table, row = stage.eye.durable.chained[0]
    stage.eye.durable.chained[0] = (table, row._replace(verdict="blocked"))
    stage.rest()


@holds("I11")
def rows_as_they_were_written(stage: Stage) -> None:
    stage.decide()
    stage.rest()


# I19: terminal is terminal


@breaks("I19")
def a_closed_bracket_whose_stop_works(stage: Stage) -> None:
    stage.place()
    stage.state(BracketState.CANCELLED)
    stage.rest()


@holds("I19")
def a_cancelled_bracket_without_orders(stage: Stage) -> None:
    stage.place()
    for role in ("entry", "stop", "target"):
        stage.ends(f"b-{role}")
    stage.state(BracketState.CANCELLED)
    stage.rest()


# I20: liveness


@breaks("I20")
def an_order_that_stays_without_a_word(stage: Stage) -> None:
    stage.place()
    stage.state(BracketState.PENDING_UNKNOWN)
    stage.rest(brackets={"b": BracketState.PENDING_UNKNOWN}, executions={"b": frozenset()})


@breaks("I20")
def a_position_that_the_account_does_not_have(stage: Stage) -> None:
    opened(stage)
    stage.truth.account[0] = 0
    for role in ("stop", "target"):
        stage.ends(f"b-{role}")
    stage.rest(brackets={"b": BracketState.OPEN}, executions={"b": frozenset({"x1"})})


@holds("I20")
def everything_is_certain(stage: Stage) -> None:
    opened(stage)
    stage.rest(brackets={"b": BracketState.OPEN}, executions={"b": frozenset({"x1"})})
