"""The commands: shapes on standard output, notes on standard error, exit codes of the contract."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot import resources
from bot.cli.app import main
from bot.journal import migrate
from bot.journal.figure_shapes import REFUSALS
from bot.journal.place import place
from bot.journal.schema import REVISIONS
from bot.journal.shapes import LISTS, SINGLE
from tests.rooms.journal.build import Told, Wall, the_lesson, writer


@dataclass
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which is one document."""
        return json.loads(self.out)


Paperpit = Callable[..., Ran]


@pytest.fixture
def paperpit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Paperpit:
    """`paperpit` with a data folder of its own."""
    monkeypatch.delenv("PAPERPIT_JOURNAL", raising=False)
    monkeypatch.setattr(resources, "data_folder", lambda: tmp_path)
    monkeypatch.setattr("bot.journal.choice.data_folder", lambda: tmp_path)
    monkeypatch.setattr("bot.journal.opening.data_folder", lambda: tmp_path)

    def run(*args: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["paperpit", *args])
        with pytest.raises(SystemExit) as ended:
            main()
        caught = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Ran(code, caught.out, caught.err)

    return run


def told(path: Path, name: str = "run", wall: Wall | None = None) -> None:
    """A run with one round trip and one refusal."""
    with writer(str(path), run=name, wall=wall) as journal:
        the_lesson(Told(journal))
        Told(journal).blocked(2000)
        journal.finish({"rows": 360})


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_valid_json_with_exactly_its_keys(paperpit: Paperpit, tmp_path: Path, name: str) -> None:
    told(tmp_path / "replay.db")
    ran = paperpit("journal", name, "--json")
    jsonschema.validate(ran.json, LISTS[name])
    assert {tuple(row) for row in ran.json} == {tuple(LISTS[name]["items"]["required"])}
    assert (ran.code, ran.err) == (0, f"journal {tmp_path / 'replay.db'}\n")


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_a_table_and_csv(paperpit: Paperpit, tmp_path: Path, name: str) -> None:
    told(tmp_path / "replay.db")
    table, text = paperpit("journal", name), paperpit("journal", name, "--csv")
    assert (table.code, text.code) == (0, 0)
    assert text.out.splitlines()[0].split(",") == LISTS[name]["items"]["required"]
    assert "\x1b" not in table.out


def test_people_read_and_type_ids_without_the_run(paperpit: Paperpit, tmp_path: Path) -> None:
    told(tmp_path / "replay.db", "0123456789abc")
    trips = paperpit("journal", "round-trips")
    assert trips.out.splitlines()[1].split()[0] == "3"
    assert "R is counted from the bracket as filled" in trips.err
    assert paperpit("journal", "explain", "3").out.startswith("Round trip 3: LONG 1 ES")
    assert paperpit("journal", "explain", "0123456789abc-3", "--json").json["round_trip"]["ticks"] == 6
    assert paperpit("journal", "show", "3", "--json").json["table"] == "bracket"
    assert "16802" in paperpit("journal", "show", "3").out


def test_the_newest_of_the_two_journals_is_read_and_named(paperpit: Paperpit, tmp_path: Path) -> None:
    told(tmp_path / "replay.db", "old", Wall(start=10**18))
    told(tmp_path / "journal.db", "new", Wall(start=2 * 10**18))
    ran = paperpit("journal", "runs", "--json")
    assert [row["run"] for row in ran.json] == ["new"]
    assert "journal.db" in ran.err


def test_a_given_journal_wins_over_the_environment(
    paperpit: Paperpit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(tmp_path / "a.db", "a")
    told(tmp_path / "b.db", "b")
    monkeypatch.setenv("PAPERPIT_JOURNAL", f"sqlite:///{tmp_path / 'a.db'}")
    assert paperpit("journal", "fills", "--json").json[0]["run"] == "a"
    ran = paperpit("journal", "fills", "--json", "--journal", str(tmp_path / "b.db"))
    assert (ran.json[0]["run"], ran.err) == ("b", "")


def test_a_file_may_hold_the_journals_url(paperpit: Paperpit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given a URL where a container has its secrets, which no environment and no list of processes shows
    told(tmp_path / "a.db", "a")
    secret = tmp_path / "secret"
    secret.write_text(f"sqlite:///{tmp_path / 'a.db'}\n")
    monkeypatch.setenv("PAPERPIT_JOURNAL_FILE", str(secret))
    # then it is read there; the URL itself goes before; a file that is missing is named
    assert paperpit("journal", "fills", "--json").json[0]["run"] == "a"
    told(tmp_path / "b.db", "b")
    monkeypatch.setenv("PAPERPIT_JOURNAL", f"sqlite:///{tmp_path / 'b.db'}")
    assert paperpit("journal", "fills", "--json").json[0]["run"] == "b"
    monkeypatch.delenv("PAPERPIT_JOURNAL")
    secret.unlink()
    ran = paperpit("replay")
    assert (ran.code, str(secret) in ran.err) == (66, True)


def test_a_list_that_is_empty_says_whose_it_is(paperpit: Paperpit, tmp_path: Path) -> None:
    # given a run of yesterday and one of today: the newest is asked, and yesterday is not in it
    told(tmp_path / "replay.db", "first")
    told(tmp_path / "replay.db", "second")
    ran = paperpit("journal", "fills", "--until", "2000-01-01", "--json")
    assert (ran.json, ran.code) == ([], 0)
    assert "that was run second alone; --run all asks all 2" in ran.err
    assert "alone" not in paperpit("journal", "fills", "--until", "2000-01-01", "--run", "all").err
    assert "alone" not in paperpit("journal", "fills").err


def test_a_url_names_a_run(paperpit: Paperpit, tmp_path: Path) -> None:
    path = tmp_path / "replay.db"
    told(path, "first")
    told(path, "second")
    assert paperpit("journal", "fills", "--json", "--journal", f"{path}#first").json[0]["run"] == "first"
    assert len(paperpit("journal", "fills", "--json", "--run", "all").json) == 4


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["journal", "runs"], 66),
        (["journal", "runs", "--journal", "nowhere.db"], 66),
        (["journal", "runs", "--journal", "mysql://host/db"], 2),
        (["journal", "fills", "--since", "soon"], 2),
        (["journal", "explain"], 2),
        (["db", "check"], 66),
        (["db", "current"], 66),
        (["db", "downgrade"], 2),
        (["db", "downgrade", "--yes"], 66),
    ],
)
def test_without_a_journal_the_exit_code_says_what_is_wrong(paperpit: Paperpit, args: list[str], code: int) -> None:
    ran = paperpit(*args)
    assert (ran.code, ran.out) == (code, "")


def test_an_unknown_run_or_row_is_66_and_says_what_to_do(paperpit: Paperpit, tmp_path: Path) -> None:
    told(tmp_path / "replay.db")
    for args in (("fills", "--run", "nobody"), ("explain", "99"), ("show", "99"), ("diff", "run", "nobody")):
        ran = paperpit("journal", *args)
        assert ran.code == 66
        assert "do:" in ran.err


def test_diff_tells_people_causes_and_counts_what_follows(paperpit: Paperpit, tmp_path: Path) -> None:
    path = tmp_path / "replay.db"
    told(path, "a")
    with writer(str(path), run="d", fill_model="touch") as journal:
        journal.finish({"rows": 360})
    differs = paperpit("journal", "diff", "a", "d")
    assert "fill_model is 'queue' in A, 'touch' in B" in differs.out
    assert "bracket" not in differs.out
    assert "more follow from the other fill model" in differs.err


def test_diff_is_0_when_the_same_and_1_when_not(paperpit: Paperpit, tmp_path: Path) -> None:
    path = tmp_path / "replay.db"
    told(path, "a")
    told(path, "b")
    same = paperpit("journal", "diff", "a", "b", "--json")
    assert (same.code, same.json) == (0, {"same": True, "differences": []})
    told(tmp_path / "other.db", "c")
    assert paperpit("journal", "diff", f"{path}#a", str(tmp_path / "other.db")).code == 0
    with writer(str(path), run="d", fill_model="touch") as journal:
        journal.finish({"rows": 360})
    differs = paperpit("journal", "diff", "a", "d", "--json")
    assert (differs.code, differs.json["same"]) == (1, False)
    assert differs.json["differences"][0]["kind"] == "fill-model"
    assert set(differs.json["differences"][0]) == {"kind", "a", "b", "why"}
    people = paperpit("journal", "diff", "a", "d")
    assert people.code == 1
    assert "fill-model" in people.out


def test_the_schema_of_every_list_is_printed(paperpit: Paperpit) -> None:
    schema = paperpit("journal", "schema").json
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["$defs"]) == {*LISTS, *SINGLE, *REFUSALS, "stats", "stats-calibration"}


def test_check_is_0_when_whole_and_1_when_not(paperpit: Paperpit, tmp_path: Path) -> None:
    path = tmp_path / "replay.db"
    told(path)
    whole = paperpit("db", "check", "--json")
    assert (whole.code, whole.json) == (0, {"ok": True, "problems": [], "notes": []})
    assert "whole" in paperpit("db", "check").out
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER fill_no_update")
        connection.execute("UPDATE fill SET price = price + 1")
        connection.commit()
    broken = paperpit("db", "check", "--json")
    assert (broken.code, broken.json["ok"]) == (1, False)
    assert {problem["kind"] for problem in broken.json["problems"]} == {"hash-chain", "schema"}
    assert paperpit("db", "check").code == 1


def test_a_schema_goes_down_with_yes_and_up_again(paperpit: Paperpit, tmp_path: Path) -> None:
    path = tmp_path / "replay.db"
    told(path)
    before, head = REVISIONS[-2:]
    refused = paperpit("db", "downgrade")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert paperpit("db", "downgrade", "--yes", "--json").json["after"] == before
    old = paperpit("journal", "runs")
    assert old.code == 78
    assert "paperpit db upgrade" in old.err
    assert paperpit("db", "current", "--json").json == {"journal": str(path), "revision": before, "head": head}
    assert f"{before} → {head}" in paperpit("db", "upgrade").out
    assert "already" in paperpit("db", "upgrade").out
    assert paperpit("db", "check").code == 0


def test_upgrade_makes_an_absent_journal(paperpit: Paperpit, tmp_path: Path) -> None:
    assert paperpit("db", "upgrade").code == 0
    assert migrate.current(place(str(tmp_path / "journal.db"))) == REVISIONS[-1]
    empty = paperpit("journal", "runs")
    assert (empty.code, empty.out) == (0, "no run here yet: paperpit replay\n")
    assert paperpit("journal", "fills").code == 66


def test_a_database_that_does_not_answer_is_69(paperpit: Paperpit) -> None:
    ran = paperpit("journal", "runs", "--journal", "postgresql://paperpit:secret@127.0.0.1:9/none")
    assert ran.code == 69
    assert "secret" not in ran.err


def test_importing_the_commands_is_light() -> None:
    code = (
        "import bot.cli.journal, bot.cli.db, sys; print(*sorted({'sqlalchemy', 'alembic', 'rich'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
