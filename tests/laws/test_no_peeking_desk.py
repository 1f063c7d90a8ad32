"""Law 10, for the whole desk: a tape that ends earlier tells the same story up to its end."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.desk import Desk
from tests.laws.markets import drill, market
from tests.playing import Played, play
from tests.tapes import Tape


def cut_short(tape: Tape, rows: int) -> Tape:
    """The first rows of a tape."""
    return Tape(start="2026-05-27 10:00").then(tape.rows()[:rows])


def told(played: Played, until: int) -> list[dict[str, Any]]:
    """What the journal says happened before `until`, without ids and without what the tape's end brought."""
    rows = [*played.signals, *played.blocked, *(fill for fill in played.fills if fill["role"] != "flatten")]
    return [
        {key: value for key, value in row.items() if not key.endswith("id") and key not in ("run", "outcome")}
        for row in rows
        if row.get("known_ns", row["ts_ns"]) < until
    ]


def compared(folder: Path, seed: int, rows: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A tape's story up to its cut, told by the whole tape and by the short one."""
    tape = market(seed)
    end = int(tape.rows()["ts"][rows - 1])
    spec = drill(folder)
    return told(play(folder, tape, spec), end), told(play(folder, cut_short(tape, rows), spec), end)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), rows=st.integers(100, 500))
def test_what_comes_later_changes_nothing_before(tmp_path: Path, seed: int, rows: int) -> None:
    whole, short = compared(tmp_path, seed, rows)
    assert short == whole


def test_the_law_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: a desk that shows a strategy the quote of the batch's last row."""
    standing = Desk._standing
    monkeypatch.setattr(Desk, "_standing", lambda self, instrument, row: standing(self, instrument, len(self._ticks)))
    assert any(whole != short for whole, short in (compared(tmp_path, seed, 300) for seed in range(6)))
