"""M20: what waits to be told grows without end. There is no MQTT outbox yet: the journal's backlog is of that kind."""

import contextlib
from typing import Any

import pytest

from bot.errors import Unreachable
from bot.journal import groups, rows
from bot.journal.groups import Groups
from bot.journal.schema import LAST_RUN
from tests.sim.mutants.mutant import Mutant, Patch

BOUND, TOLD = 50, 200


def change(patch: Patch) -> None:
    """However many rows wait, more are kept."""
    wait = Groups._wait

    def broken(self: Any, group: Any) -> None:
        with contextlib.suppress(Unreachable):
            wait(self, group)

    patch.setattr(Groups, "_wait", broken)


class _Gone:
    """A database that takes nothing."""

    def write(self, group: Any) -> None:
        raise Unreachable("the journal cannot be written: it is gone")

    def one(self, sql: str) -> Any:
        return "run" if sql == LAST_RUN else 0

    def lacking(self) -> str:
        return ""


def history() -> list[str]:
    """Row after row while the database is away."""
    now = 0

    def clock() -> int:
        nonlocal now
        now += 10**12
        return now

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "KEPT_ROWS", BOUND)
        waiting = Groups(_Gone(), "run", hold=False, now_ns=clock, started_ns=0)  # type: ignore[arg-type]  # a store that fails alone
        with contextlib.suppress(Unreachable):
            for seq in range(1, TOLD + 1):
                waiting.add("heartbeat", rows.Heartbeat(seq, "run", seq))
                waiting.commit()
    kept = waiting._closed_rows
    return [f"I24 bounded: {kept} rows wait for the database, bound {BOUND}"] if kept > BOUND + 1 else []


MUTANT = Mutant(
    "M20",
    "keeps what waits without a bound",
    "I24",
    change,
    history,
    "a journal whose database is away",
    "the outbox itself comes with MQTT, in a later issue",
)
