"""`make chaos` at a small budget, on both databases: whatever the moment, no execution is lost, doubled or altered.

The figures of a whole run, and how it is done: docs/killing.md.
"""

import asyncio
import os
from collections.abc import Sequence

import pytest

from tests.chaos.__main__ import run
from tests.chaos.owner import races
from tests.chaos.servers import Kind
from tests.chaos.summary import Summary
from tests.servers import binary

KINDS: tuple[Kind, ...] = ("sqlite", "postgres")
KILLS = 10
"""The tenth lets the database go and come back."""


async def test_two_daemons_never_own_one_journal_or_one_account() -> None:
    assert await races("journal", "sqlite", 2) == []
    assert await races("account", "sqlite", 2) == []


def test_nothing_is_lost_doubled_or_altered_by_a_kill(capsys: pytest.CaptureFixture[str]) -> None:
    if binary("postgres") is None and os.environ.get("CI") != "true":
        pytest.skip("PostgreSQL is not installed (initdb, postgres)")

    async def both() -> Sequence[Summary]:
        return await asyncio.gather(*(run(KILLS, kind, "small", 1, fork=True) for kind in KINDS))

    for summary in asyncio.run(both()):
        said = "\n".join([*summary.table(), capsys.readouterr().err])
        assert summary.line() == f"kills={KILLS} lost=0 doubled=0 altered=0 naked=0", said
        assert summary.clean, said
        assert summary.executions, said
