"""`paperpit tape …` as a person and a program use it: shapes, exit codes, nothing left behind."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from bot.cli import main
from bot.tape import open_tape
from bot.tape.unfinished import Header, PartFile
from tests.rooms.tape.builders import START, a_print, a_quote, market, rows_of, table, written


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Paperpit = Callable[..., Answer]


@pytest.fixture
def tape(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Paperpit:
    """Runs `paperpit tape …` in this process, with a data folder of its own."""
    monkeypatch.setattr("bot.resources.data_folder", lambda: tmp_path / "var")

    def run(*words: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["paperpit", "tape", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Answer(int(ended.value.code or 0), said.out, said.err)

    return run


ROWS = [a_quote(0, 4200.0, 4200.25), a_print(1, 4200.25, 2, "B", bid=4200.0, ask=4200.25, bid_size=1, ask_size=1)]
INFO_KEYS = {
    "instrument", "tick_size", "rows", "prints", "quotes", "first_ns", "last_ns", "side_known", "source", "hash",
}  # fmt: skip


def test_import_prints_what_info_prints(tape: Paperpit, tmp_path: Path) -> None:
    source = table(tmp_path / "s.parquet", ROWS)
    done = tape("import", source, "--out", tmp_path / "t.parquet", "--json")
    assert done.code == 0
    facts = json.loads(done.out)
    assert set(facts) >= INFO_KEYS
    assert facts == json.loads(tape("info", tmp_path / "t.parquet", "--json").out)
    assert (facts["instrument"], facts["contract"], facts["tick_size"]) == ("ES", "ESH2024", "0.25")
    assert (facts["rows"], facts["prints"], facts["quotes"], facts["side_known"]) == (2, 1, 1, True)
    assert "ESH2024" in tape("info", tmp_path / "t.parquet").out


def test_out_is_a_file_or_a_folder(tape: Paperpit, tmp_path: Path) -> None:
    source = table(tmp_path / "monday.parquet", ROWS)
    assert tape("import", source, "--out", tmp_path / "new" / "folder").code == 0
    assert (tmp_path / "new" / "folder" / "monday.parquet").is_file()
    assert tape("import", source).code == 0
    assert tape("info", "monday").code == 0
    (tmp_path / "note.txt").write_text("a file")
    assert tape("import", source, "--out", tmp_path / "note.txt").code == 2


def test_a_source_is_never_overwritten_by_its_own_tape(tape: Paperpit, tmp_path: Path) -> None:
    source = table(tmp_path / "s.parquet", ROWS)
    before = source.read_bytes()
    assert tape("import", source, "--out", tmp_path).code == 2
    assert source.read_bytes() == before


def test_a_refused_import_makes_no_folder(tape: Paperpit, tmp_path: Path) -> None:
    bars = table(tmp_path / "s.parquet", [a_print(0, 1.0) | {"kind": "B"}])
    refused = tape("import", bars, "--out", tmp_path / "new")
    assert (refused.code, refused.out) == (65, "")
    assert "bars, not ticks" in refused.err
    assert not (tmp_path / "new").exists()


def test_exit_codes_of_import(tape: Paperpit, tmp_path: Path) -> None:
    assert tape("import", tmp_path / "nothing.parquet").code == 66
    (tmp_path / "empty").write_bytes(b"")
    assert tape("import", tmp_path / "empty").code == 65
    source = table(tmp_path / "s.parquet", ROWS)
    for words in (
        ("--tick-size", "much"), ("--tick-size", "-1"), ("--tz", "Mars/Olympus"), ("--map", "price"),
        ("--instrument", "NQ"), ("--decimal", ";"), ("--no-such-flag",),
    ):  # fmt: skip
        refused = tape("import", source, "--out", tmp_path / "t.parquet", *words)
        assert (refused.code, refused.out) == (2, ""), words
        assert refused.err
    assert not (tmp_path / "t.parquet").exists()


def test_losses_are_said_on_standard_error(tape: Paperpit, tmp_path: Path) -> None:
    rows = [*ROWS, a_print(2, 4200) | {"kind": "X"}]
    done = tape("import", table(tmp_path / "s.parquet", rows), "--out", tmp_path / "t.parquet", "--json")
    assert json.loads(done.out)["rows"] == 2
    assert "dropped 1 rows of an unknown kind" in done.err


def test_an_unknown_instrument_imports_with_its_tick(tape: Paperpit, tmp_path: Path) -> None:
    source = table(tmp_path / "s.parquet", [a_print(0, 180.005)], instrument="IBM", tick_size="")
    assert tape("import", source, "--out", tmp_path / "t.parquet").code == 2
    assert tape("import", source, "--out", tmp_path / "t.parquet", "--tick-size", "0.01").code == 0
    assert json.loads(tape("check", tmp_path / "t.parquet", "--json").out)["ok"]


def test_check_answers_yes_or_no(tape: Paperpit, tmp_path: Path) -> None:
    tape("import", table(tmp_path / "s.parquet", ROWS), "--out", tmp_path / "good.parquet")
    good = tape("check", tmp_path / "good.parquet", "--json")
    assert (good.code, json.loads(good.out)) == (0, {"ok": True, "problems": []})
    tape("import", table(tmp_path / "s.parquet", ROWS[::-1]), "--out", tmp_path / "bad.parquet")
    bad = tape("check", tmp_path / "bad.parquet", "--json")
    backwards = {"kind": "time_backwards", "count": 1, "first_row": 1, "severity": "error"}
    assert bad.code == 1
    assert json.loads(bad.out) == {"ok": False, "problems": [backwards]}
    assert "not fit" in tape("check", tmp_path / "bad.parquet").out


def test_check_of_what_is_no_tape_is_one_line(tape: Paperpit, tmp_path: Path) -> None:
    source = table(tmp_path / "s.parquet", ROWS)
    answer = tape("check", source, "--json")
    assert (answer.code, answer.out) == (65, "")
    assert answer.err.count("\n") == 1
    assert f"not a tape yet: paperpit tape import {source}" in answer.err


@pytest.mark.parametrize(("again", "gaps"), [(434_801, []), (258_200, ["gap"])])
def test_gaps_are_judged_by_the_exchanges_sessions(tape: Paperpit, tmp_path: Path, again: int, gaps: list[str]) -> None:
    # Friday 17:00 New York is 258,400 s after the start, Sunday 18:00 is 434,800 s after it.
    seconds = [258_000 + i for i in range(100)] if gaps else [258_300 + i for i in range(100)]
    rows = [a_quote(at, 4200.0, 4200.25 + at % 2) for at in (*seconds, again, again + 1)]
    tape("import", table(tmp_path / "s.parquet", rows), "--out", tmp_path / "t.parquet")
    problems = json.loads(tape("check", tmp_path / "t.parquet", "--json").out)["problems"]
    assert [problem["kind"] for problem in problems] == gaps


def test_export_and_import_give_the_same_hash(tape: Paperpit, tmp_path: Path) -> None:
    written(tmp_path / "t.parquet", market(5000))
    assert tape("export", tmp_path / "t.parquet", "--out", tmp_path / "e.parquet").code == 0
    again = tape("import", tmp_path / "e.parquet", "--out", tmp_path / "again.parquet", "--json")
    with open_tape(tmp_path / "t.parquet") as reader:
        assert json.loads(again.out)["hash"] == reader.facts.hash
    assert tape("export", tmp_path / "t.parquet").code == 2
    assert tape("export", tmp_path / "e.parquet", "--out", tmp_path / "x.parquet").code == 65


def test_a_cut_by_rows_or_by_time(tape: Paperpit, tmp_path: Path) -> None:
    ticks = market(5000)
    path = tmp_path / "t.parquet"
    written(path, ticks)
    tape("cut", path, "--rows", "100:300", "--out", tmp_path / "c.parquet")
    assert (rows_of(tmp_path / "c.parquet") == ticks[100:300]).all()
    tape("cut", path, "--rows", ":10", "--out", tmp_path / "c.parquet")
    assert (rows_of(tmp_path / "c.parquet") == ticks[:10]).all()
    answer = tape(
        "cut", path, "--from", "2023-11-14T22:13:40Z", "--to", "2023-11-14T17:14", "--out", tmp_path / "c.parquet",
        "--json",
    )  # fmt: skip
    start, end = 1_700_000_020 * 10**9, 1_700_000_040 * 10**9
    inside = (ticks["ts"] >= start) & (ticks["ts"] < end)
    assert json.loads(answer.out)["rows"] == np.count_nonzero(inside) > 0
    assert (rows_of(tmp_path / "c.parquet") == ticks[inside]).all()


@pytest.mark.parametrize(
    "words", [(), ("--rows", "5"), ("--rows", "a:b"), ("--rows", "9:3"), ("--rows", "1:2", "--from", "2023-11-14"),
              ("--from", "noon"), ("--from", "2030-01-01")]
)  # fmt: skip
def test_a_cut_that_means_nothing_is_refused(tape: Paperpit, tmp_path: Path, words: tuple[str, ...]) -> None:
    written(tmp_path / "t.parquet", market(50))
    assert tape("cut", tmp_path / "t.parquet", *words, "--out", tmp_path / "c.parquet").code == 2
    assert not (tmp_path / "c.parquet").exists()


def test_list_shows_the_tapes_folder_and_the_demo(tape: Paperpit, tmp_path: Path) -> None:
    ticks = market(50)
    ticks["ts"] += 3600 * 10**9  # 18:13 in New York: the next trading day has begun
    written(tmp_path / "var" / "tapes" / "monday.parquet", ticks)
    (tmp_path / "var" / "tapes" / "broken.parquet").write_bytes(b"PAR1")
    answer = tape("list", "--json")
    rows = {row["name"]: row for row in json.loads(answer.out)}
    assert list(rows) == ["demo", "monday"]
    assert set(rows["monday"]) >= {"instrument", "contract", "session", "rows", "size"}
    assert rows["monday"]["session"] == "2023-11-15"
    assert "broken" in answer.err
    assert "monday" in tape("list").out
    assert "monday" in tape("list", "--csv").out


def test_list_finishes_what_a_crash_left_and_shows_what_is_being_written(tape: Paperpit, tmp_path: Path) -> None:
    folder, ticks = tmp_path / "var" / "tapes", market(50)
    writing = PartFile(folder / "ESZ2026-2.part", Header("ES", "ESZ2026", "0.25", "ib 2", "2", START))
    writing.append(ticks, START)
    left = PartFile(folder / "ESZ2026-1.part", Header("ES", "ESZ2026", "0.25", "ib 1", "1", START))
    left.append(ticks, START)
    left.close()
    answer = tape("list", "--json")
    rows = {row["name"]: row for row in json.loads(answer.out)}
    assert "finished the recording of run 1" in answer.err
    assert (rows["ESZ2026-1"]["state"], rows["ESZ2026-1"]["run"], rows["ESZ2026-1"]["rows"]) == ("whole", "1", 50)
    assert (rows["ESZ2026-2"]["state"], rows["ESZ2026-2"]["run"], rows["ESZ2026-2"]["rows"]) == ("unfinished", "2", 50)
    writing.close()


def test_a_tape_that_is_not_there_is_missing(tape: Paperpit) -> None:
    for words in (("info", "nothing"), ("check", "nothing"), ("cut", "nothing", "--rows", "1:2")):
        assert tape(*words).code == 66


def test_a_synthetic_tape_lies_in_the_tapes_folder_with_its_labels(tape: Paperpit, tmp_path: Path) -> None:
    answer = tape("synth", "--hours", "0.05", "--seed", "7", "--json")
    assert json.loads(answer.out)["instrument"] == "ES"
    assert {path.name for path in (tmp_path / "var" / "tapes").iterdir()} == {
        "synth-7.parquet",
        "synth-7.labels.parquet",
    }
    assert [row["name"] for row in json.loads(tape("list", "--json").out)] == ["demo", "synth-7"]
