"""`paperpit sweep` as a person and a program use it: determinism, what is kept, what fails, exit codes."""

import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

from bot.journal.lock import FileLock, Owner
from tests.playing import allowing
from tests.rooms.search.asking import Ask, drill

PROMISED = ["params", "round_trips", "expectancy_r", "net_ticks", "journal_hash", "error"]


def test_a_trial_is_the_replay_of_the_same_strategy(ask: Ask, tmp_path: Path) -> None:
    # given a sweep of four
    ask("sweep", drill(tmp_path, every="{ grid = [2, 3] }", stop="{ grid = [6, 8] }"), "--json")
    told = ask("sweep", "drill.toml", "--json").told
    # when the third is replayed by itself, from a file of the same name and text
    third = tmp_path / "alone" / "drill.toml"
    third.parent.mkdir()
    drill(third.parent, every="3", stop="6")
    replayed = ask("replay", "--strategy", third, "--json").told
    # then it is the same journal
    from bot.journal.canonical import journal_hash

    trial = told["trials"][2]
    assert trial["params"] == {"params.every": 3, "bracket.stop_ticks": 6}
    assert trial["journal_hash"] == journal_hash(f"sqlite:///{tmp_path / 'replay.db'}")
    assert (trial["round_trips"], trial["net_ticks"]) == (replayed["round_trips"], replayed["net_ticks"])
    assert trial["round_trips"] > 0


def test_the_object_is_of_the_promised_keys_and_says_when_there_is_too_little_to_tell(ask: Ask, tmp_path: Path) -> None:
    told = ask("sweep", drill(tmp_path, stop="{ grid = [6, 8] }"), "--json").told
    assert list(told)[:4] == ["tries", "trials", "deflated_sharpe", "pbo"]
    assert [list(trial) for trial in told["trials"]] == [PROMISED] * 2
    assert (told["tries"], told["deflated_sharpe"], told["pbo"]) == (2, None, None)
    assert told["figures"]["pbo"]["words"] == "too few sessions (1 of 8) to tell"


def test_serial_on_threads_or_on_processes_it_is_the_same_to_the_byte(ask: Ask, tmp_path: Path) -> None:
    file = drill(
        tmp_path,
        every="{ low = 2, high = 6 }",
        stop="{ low = 6, high = 9 }",
        more="[detectors.absorption]\nz_min = { grid = [2.0, 3.0] }\n",
    )
    asked = ("sweep", file, "--trials", 6, "--seed", 9, "--json")
    serial = ask(*asked, "--jobs", 1, "--journal", tmp_path / "a.db")
    threads = ask(*asked, "--jobs", 3, "--workers", "threads", "--journal", tmp_path / "b.db")
    processes = ask(*asked, "--jobs", 2, "--workers", "processes", "--journal", tmp_path / "c.db")
    assert serial.out == threads.out == processes.out
    assert len({trial["journal_hash"] for trial in serial.told["trials"]}) == 6


def test_the_same_sweep_again_takes_what_is_there(ask: Ask, tmp_path: Path) -> None:
    file = drill(tmp_path, stop="{ grid = [6, 8] }")
    first = ask("sweep", file, "--json")
    again = ask("sweep", file, "--json")
    assert again.out == first.out
    with closing(sqlite3.connect(tmp_path / "replay.db")) as journal:
        played = journal.execute("SELECT sweep, COUNT(*) FROM sweep_trial GROUP BY sweep").fetchall()
        assert [count for _, count in played] == [2], "the second sweep has played nothing"
        assert journal.execute("SELECT COUNT(*) FROM sweep").fetchone() == (2,)


def test_another_calendar_is_another_trial(ask: Ask, tmp_path: Path) -> None:
    file = drill(tmp_path, every="2")
    (usual,) = ask("sweep", file, "--json").told["trials"]
    (free,) = ask("sweep", file, "--calendar", "none", "--json").told["trials"]
    assert free["journal_hash"] != usual["journal_hash"]
    (alone,) = ask("sweep", file, "--calendar", "none", "--journal", "b.db", "--json").told["trials"]
    assert alone == free


def test_other_facts_of_the_instrument_are_other_trials(ask: Ask, tmp_path: Path) -> None:
    # given a sweep by a bot.toml with an instruments.toml beside it
    config, file = allowing(tmp_path, 1), drill(tmp_path, every="2")
    ask("sweep", file, "--config", config, "--json")
    # when that says something else
    allowing(tmp_path, 2)
    ask("sweep", file, "--config", config, "--json")
    # then nothing of before is taken for it
    with closing(sqlite3.connect(tmp_path / "replay.db")) as journal:
        assert journal.execute("SELECT COUNT(*) FROM sweep_trial GROUP BY sweep").fetchall() == [(1,), (1,)]


def test_every_try_on_a_tape_is_counted_whoever_made_it(ask: Ask, tmp_path: Path) -> None:
    # given two settings in one sweep, of which one stands in the next as well, and a replay of a fourth
    ask("sweep", drill(tmp_path, stop="{ grid = [6, 8] }"), "--json")
    ask("replay", "--strategy", drill(tmp_path, stop="11"), "--json")
    # when
    told = ask("sweep", drill(tmp_path, stop="{ grid = [8, 9] }"), "--json").told
    # then
    assert told["tries"] == 4


def test_a_trial_that_cannot_be_is_an_error_of_its_own(ask: Ask, tmp_path: Path) -> None:
    answer = ask("sweep", drill(tmp_path, stop="{ grid = [6, 0, 8] }"), "--json")
    assert answer.code == 0
    assert [error is None for error in answer.errors] == [True, False, True]
    assert str(answer.errors[1]).startswith("drill.toml:")
    assert answer.told["trials"][1]["journal_hash"] is None
    assert answer.told["tries"] == 3, "also what failed was tried"


def test_a_strategy_of_somebody_else_that_breaks_is_one_failed_trial(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(
        "from strategies.drill import Drill, Params as Base\n"
        "class Params(Base):\n    breaks: str = ''\n"
        "class Mine(Drill):\n"
        "    Params = Params\n"
        "    def __init__(self, spec, instrument):\n"
        "        super().__init__(spec.model_copy(update={'params': {'every': 3}}), instrument)\n"
        "        self.how = spec.params['breaks']\n"
        "        if self.how == 'made':\n            raise KeyError('nobody thought of this')\n"
        "    def decide(self, signal, desk):\n"
        "        if self.how == 'asked':\n            raise ZeroDivisionError('nor of this')\n"
        "        return super().decide(signal, desk)\n"
    )
    text = drill(tmp_path).read_text().replace('"drill"', '"code.py:Mine"')
    (tmp_path / "mine.toml").write_text(text.replace("every = 3", 'breaks = { grid = ["made", "asked", ""] }'))
    answer = ask("sweep", "mine.toml", "--json")
    assert answer.code == 0, answer.err
    made, asked, well = answer.errors
    assert made == "KeyError: 'nobody thought of this'"
    assert "nor of this" in str(asked)
    assert well is None
    assert answer.told["trials"][2]["round_trips"] > 0


def test_a_file_in_which_no_trial_can_be_played_is_refused_with_the_line(ask: Ask, tmp_path: Path) -> None:
    answer = ask("sweep", drill(tmp_path, stop="{ grid = [0, -1] }"), "--json")
    assert (answer.code, answer.out) == (78, "")
    assert "drill.toml:10: bracket.stop_ticks" in answer.err


def test_a_journal_that_a_desk_owns_is_never_written(ask: Ask, tmp_path: Path) -> None:
    journal = tmp_path / "replay.db"
    ask("sweep", drill(tmp_path), "--json")
    lock = FileLock(journal.with_name("replay.db.lock"), Owner.here("1m8d9rstwsv23", 0), shown=str(journal), do="")
    try:
        answer = ask("sweep", drill(tmp_path, stop="9"), "--json")
    finally:
        lock.release()
    assert (answer.code, answer.out) == (75, "")
    assert "--journal sqlite:///" in answer.err


def test_exit_codes_of_what_is_not_there(ask: Ask, tmp_path: Path) -> None:
    assert ask("sweep", "drill-nq.toml").code == 66
    assert ask("sweep", drill(tmp_path), "--tape", "nowhere.parquet").code == 66
    assert ask("sweep", drill(tmp_path), "--trials", 0).code == 2
    assert ask("sweep", drill(tmp_path), "--workers", "processes", "--dask", "local").code == 2
    other = drill(tmp_path).read_text().replace('"ES"', '"CL"')
    drill(tmp_path).write_text(other)
    assert ask("sweep", "drill.toml").code == 2
    old = tmp_path / "bot.toml"
    assert ask("sweep", drill(tmp_path), "--config", old).code == 66


def test_a_person_reads_the_best_the_plateau_and_what_it_proves(ask: Ask, tmp_path: Path) -> None:
    picture = tmp_path / "drill.svg"
    answer = ask("sweep", drill(tmp_path, stop="{ grid = [6, 8, 0] }"), "--plot", picture)
    assert answer.code == 0
    for words in (
        "Best trials",
        "bracket.stop_ticks",
        "3 trials here, 3 tried on these tapes",
        "no evidence of an edge",
    ):
        assert words in answer.out
    assert "failed: bracket.stop_ticks = 0" in answer.out
    circles = [one for one in ElementTree.parse(picture).iter() if one.tag.endswith("circle")]
    assert len(circles) == 2


def test_several_tapes_are_one_day_after_the_other(ask: Ask, tmp_path: Path) -> None:
    # given two halves of a tape
    ask("tape", "cut", "demo", "--to", "2026-11-10 09:00", "--out", tmp_path / "a.parquet")
    ask("tape", "cut", "demo", "--from", "2026-11-10 09:00", "--out", tmp_path / "b.parquet")
    file = drill(tmp_path, stop="{ grid = [6, 8] }")
    one = [ask("sweep", file, "--tape", f"{half}.parquet", "--json").told["trials"] for half in "ab"]
    # when
    both = ask("sweep", file, "--tape", "b.parquet", "--tape", "a.parquet", "--json").told["trials"]
    # then
    for trial, first, second in zip(both, *one, strict=True):
        assert trial["round_trips"] == first["round_trips"] + second["round_trips"]
        assert trial["net_ticks"] == first["net_ticks"] + second["net_ticks"]
        assert trial["journal_hash"] not in (first["journal_hash"], second["journal_hash"])
