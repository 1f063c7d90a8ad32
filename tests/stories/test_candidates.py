"""What falls short of a signal is written down beside the signals, and nobody is asked about it."""

import json
from pathlib import Path

from bot.journal import lists
from tests.laws.markets import DRILL, market
from tests.playing import Played, play, strategy
from tests.programs import typed

HERE = Path(__file__).with_name("counting.py")
REFUSING = (
    DRILL.replace('"drill"', f'"{HERE}:Refusing"').replace("every = 2", "") + f'\n[detectors."{HERE}:Counting"]\n'
)


def played(folder: Path, batch: int | None = None) -> Played:
    """A small market before a strategy that wants signals and candidates alike."""
    return play(folder, market(4, rows=200), strategy(folder, REFUSING), batch=batch)


def test_a_candidate_is_journalled_apart_and_no_strategy_is_asked(tmp_path: Path) -> None:
    told = played(tmp_path)
    tenths = [row for row in told.signals if row["kind"] == "tenth"]
    fifths = told._list(lists.list_candidates)
    assert len(tenths) > 5
    assert {row["kind"] for row in fifths} == {"fifth"}
    assert [row["evidence"]["prints"] for row in fifths] == [10.0 * n + 5 for n in range(len(fifths))]
    assert fifths[0].keys() == tenths[0].keys()
    assert {row["outcome"] for row in fifths} == {"unused"}
    assert "fifth" not in {row["kind"] for row in told.signals}
    assert [row["signal_id"] for row in told.blocked] == [row["id"] for row in tenths]
    assert told.outcome.summary()["candidates"] == len(fifths)
    assert told.outcome.summary()["signals"] == len(told.signals)


def test_however_the_tape_is_cut_the_candidates_are_the_same(tmp_path: Path) -> None:
    assert played(tmp_path).hash == played(tmp_path, batch=7).hash


def test_the_command_lists_them_when_it_is_told_to(tmp_path: Path) -> None:
    told = played(tmp_path)
    shown = json.loads(typed("journal", "signals", "--candidates", "--json", "--journal", told.url).stdout)
    assert shown == json.loads(json.dumps(told._list(lists.list_candidates)))
    row = typed("journal", "show", shown[0]["id"], "--json", "--journal", told.url)
    assert json.loads(row.stdout)["table"] == "candidate"
