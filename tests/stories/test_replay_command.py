"""`paperpit replay` and `run` as programs and people meet them: shapes, flags, exit codes, one line for a mistake."""

import json
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from bot.resources import shipped
from tests.programs import typed
from tests.tapes import lesson

SUMMARY = {
    "run", "tape", "tapes", "rows", "seconds", "bars", "signals", "approved", "blocked", "round_trips", "net_ticks",
    "anomalies", "journal",
}  # fmt: skip
COUNTS = SUMMARY - {"run", "tape", "tapes", "seconds", "journal"}


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return lesson().write(tmp_path / "lesson.parquet", contract="ESM2023")


@pytest.fixture
def journal(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'replay.db'}"


def paperpit(*words: str | Path, code: int = 0) -> CompletedProcess[str]:
    done = typed(*words)
    assert done.returncode == code, done.stderr
    return done


def test_the_summary_is_one_object_of_the_promised_keys(tape: Path, journal: str) -> None:
    told = json.loads(
        paperpit(
            "replay", tape, "--strategy", "lesson-es.toml", "--calendar", "none", "--journal", journal, "--json"
        ).stdout
    )
    assert told.keys() >= SUMMARY
    assert all(isinstance(told[name], int) for name in COUNTS)
    assert (told["rows"], told["round_trips"], told["net_ticks"], told["approved"]) == (360, 1, 6, 1)
    assert told["journal"] == journal


def test_a_person_is_told_the_round_trip_and_what_to_type_next(tape: Path, journal: str) -> None:
    words = ("replay", tape, "--strategy", "lesson-es.toml", "--calendar", "none", "--journal", journal)
    told = paperpit(*words).stdout
    assert "4200.50 → 4202.00" in told
    assert "+2.00 R" in told
    assert "say nothing about an edge" in told
    assert told.count("paperpit journal") == 3


def test_two_equal_replays_differ_in_nothing(tape: Path, journal: str) -> None:
    words = ("replay", tape, "--strategy", "lesson-es.toml", "--calendar", "none", "--journal", journal, "--json")
    one, other = (json.loads(paperpit(*words, "--batch", batch).stdout)["run"] for batch in ("7", "360"))
    same = paperpit("journal", "diff", one, other, "--journal", journal, "--json").stdout
    assert json.loads(same) == {"same": True, "differences": []}


def test_another_fill_model_is_named_as_the_difference(tape: Path, journal: str) -> None:
    words = ("replay", tape, "--strategy", "lesson-es.toml", "--calendar", "none", "--journal", journal, "--json")
    one = json.loads(paperpit(*words).stdout)["run"]
    other = json.loads(paperpit(*words, "--fill-model", "through").stdout)["run"]
    told = json.loads(paperpit("journal", "diff", one, other, "--journal", journal, "--json", code=1).stdout)
    assert told["same"] is False
    assert "fill-model" in {difference["kind"] for difference in told["differences"]}


def test_a_recorded_run_can_be_repeated_from_its_journal(tape: Path, journal: str) -> None:
    paperpit("replay", tape, "--strategy", "lesson-es.toml", "--calendar", "none", "--journal", journal)
    told = json.loads(paperpit("replay", "--run", "last", "--journal", journal, "--json").stdout)
    assert told["diff"] == {"same": True, "differences": []}
    assert told["round_trips"] == 1


def test_a_dry_run_places_nothing_and_says_what_it_would_have(tape: Path, tmp_path: Path, journal: str) -> None:
    words = ("run", "--dry", "--strategy", "lesson-es.toml", "--calendar", "none", "--journal", journal)
    paperpit(*words, "--set", f"adapters.replay.tape={tape}")
    (row,) = [
        one
        for one in json.loads(paperpit("journal", "signals", "--json", "--journal", journal).stdout)
        if one["kind"] == "absorption_rejection"
    ]
    assert row["outcome"] == "approved"
    assert json.loads(paperpit("journal", "orders", "--json", "--journal", journal).stdout) == []
    told = paperpit("journal", "show", row["id"], "--journal", journal, "--json").stdout
    assert row["id"] in told


def test_a_strategy_without_its_product_on_the_tape_is_idle(tape: Path, journal: str, tmp_path: Path) -> None:
    other = tmp_path / "nq.toml"
    drill = shipped("config/strategies/drill-es.toml").read_text().partition("[expect]")[0]
    other.write_text(drill.replace('"ES"', '"NQ"'))
    told = paperpit("replay", tape, "--strategy", other, "--calendar", "none", "--journal", journal, "--json")
    assert "idle" in told.stderr
    assert json.loads(told.stdout)["bars"] > 0


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("absent-tape",), 66, "absent-tape"),
        (("demo", "--strategy", "absent.toml"), 66, "absent.toml"),
        (("demo", "--calendar", "absent.csv"), 66, "absent.csv"),
        (("demo", "--set", "risk.max_dayly_loss_usd=1"), 78, "max_daily_loss_usd"),
        (("demo", "--fill-model", "hope"), 2, "hope"),
        (("demo", "--batch", "0"), 2, "batch"),
        (("demo", "--run", "last"), 2, "--run"),
    ],
)
def test_a_mistake_is_one_clear_refusal(words: tuple[str, ...], code: int, told: str, journal: str) -> None:
    done = paperpit("replay", *words, "--journal", journal, code=code)
    assert told in done.stderr
    assert done.stdout == ""


def test_a_tape_older_than_the_calendar_must_be_told_which_calendar_it_wants(tape: Path, journal: str) -> None:
    done = paperpit("replay", tape, "--strategy", "lesson-es.toml", "--journal", journal, code=78)
    assert "--calendar FILE" in done.stderr
    assert "--calendar none" in done.stderr
    assert not Path(journal.removeprefix("sqlite:///")).exists(), "refused before a run is written"


def test_a_torn_tape_is_refused_in_one_line(tape: Path, journal: str, tmp_path: Path) -> None:
    torn = tmp_path / "torn.parquet"
    torn.write_bytes(tape.read_bytes()[:-200])
    done = paperpit("replay", torn, "--calendar", "none", "--journal", journal, code=65)
    assert "torn.parquet" in done.stderr
