"""The invariants I01 … I26 (reliability notes §3), the functions that check them, and where else they are checked."""

from tests.sim.checkers import books, judging, living, protection, sending
from tests.sim.checkers.invariant import Invariant

CHAOS = "tests/chaos/test_killed.py"
AHEAD = "tests/laws/test_write_ahead.py"
LOCKS = ("tests/rooms/journal/test_writer.py", "tests/rooms/control/test_control.py")

INVARIANTS = (
    Invariant("I01", "no loss, no invention", at_rest=books.no_loss, elsewhere=(CHAOS,)),
    Invariant("I02", "never ahead of the truth", on_writing=books.never_ahead, elsewhere=(CHAOS,)),
    Invariant(
        *("I03", "write-ahead"),
        on_send=sending.write_ahead,
        at_rest=sending.written_late,
        elsewhere=(AHEAD,),
    ),
    Invariant(
        *("I04", "fill before action"),
        on_send=sending.fill_before_action,
        elsewhere=(AHEAD,),
    ),
    Invariant("I05", "one order a name", on_send=sending.one_order_a_name, on_step=sending.one_live_order),
    Invariant(
        "I06", "protected", on_step=protection.protected, elsewhere=("tests/rooms/orders/test_watchdog.py", CHAOS)
    ),
    Invariant(
        "I07", "no over-protection", on_send=protection.one_exit_at_a_time, on_step=protection.not_over_protected
    ),
    Invariant("I08", "position bound", on_step=protection.bounded_position),
    Invariant("I09", "conservation", compared=books.conservation, elsewhere=("tests/laws/test_conservation.py",)),
    Invariant(
        *("I10", "replay equals memory"),
        compared=books.replay_equals_memory,
        elsewhere=("tests/rooms/orders/test_restart.py",),
    ),
    Invariant("I11", "append-only", at_rest=books.append_only, elsewhere=("tests/rooms/journal/test_check.py",)),
    Invariant(
        *("I12", "gate"),
        on_send=judging.one_decision,
        on_row=judging.every_reason,
        elsewhere=("tests/laws/test_gate.py",),
    ),
    Invariant(
        *("I13", "blackout"),
        on_send=sending.not_in_blackout,
        on_step=sending.no_entry_in_blackout,
        elsewhere=("tests/laws/test_gate.py",),
    ),
    Invariant("I14", "fail closed", on_send=sending.fail_closed),
    Invariant("I15", "loss bound", on_row=judging.loss_bound, elsewhere=("tests/stories/test_the_daily_loss.py",)),
    Invariant("I16", "paper only", on_send=sending.paper_only, elsewhere=("tests/rooms/ib/test_start.py",)),
    Invariant("I17", "grid", on_send=sending.on_the_grid, elsewhere=("tests/rooms/domain/test_instrument.py",)),
    Invariant("I18", "freshness of intent", on_send=sending.fresh, elsewhere=("tests/rooms/orders/test_restart.py",)),
    Invariant("I19", "terminal is terminal", at_rest=books.terminal),
    Invariant("I20", "liveness", at_rest=living.settled),
    Invariant(
        *("I21", "single owner"),
        elsewhere=LOCKS,
    ),
    Invariant("I22", "commands", on_row=living.once, compared=living.remembered),
    Invariant("I23", "cut and batch", elsewhere=("tests/laws/test_cut.py", "tests/laws/test_determinism.py")),
    Invariant("I24", "bounded", at_rest=living.bounded, elsewhere=("tests/stories/test_memory_between_days.py",)),
    Invariant("I25", "throttle", on_send=sending.throttled),
    Invariant(
        *("I26", "no secret out"),
        on_row=living.no_secret_row,
        on_word=living.no_secret_word,
        elsewhere=("tests/laws/test_no_secret_out.py",),
    ),
)
"""All of them, in order."""

__all__ = ["INVARIANTS", "Invariant"]
