"""`paperpit calendar`: shapes and exit codes that programs rely on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import PaperpitError

HEADER = "event,date_local,time_local,tz,ts_utc,status\n"


@pytest.fixture
def paperpit(tmp_path: Path):  # type: ignore[no-untyped-def]
    def call(*args: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config"), "NO_COLOR": "1"}
        command = [sys.executable, "-c", "from bot.cli import main; main()", "calendar", *args]
        return subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path, check=False)

    return call


def test_list_has_the_promised_keys_oldest_first(paperpit) -> None:  # type: ignore[no-untyped-def]
    rows = json.loads(paperpit("list", "--json").stdout)
    assert set(rows[0]) >= {"kind", "ts_ns", "from_ns", "to_ns", "status", "source", "instruments"}
    assert [row["ts_ns"] for row in rows] == sorted(row["ts_ns"] for row in rows)
    assert {row["kind"] for row in rows if "ES" in row["instruments"]} == {
        "fomc_statement", "fomc_press_conference", "fomc_minutes", "cpi", "nfp", "ppi"
    }  # fmt: skip
    assert all(row["instruments"] == ["CL"] for row in rows if row["kind"] == "eia")


def test_next_is_the_next_of_each_kind(paperpit) -> None:  # type: ignore[no-untyped-def]
    done = paperpit("next", "--json", "--at", "2026-12-09T15:10", "--instrument", "ES")
    rows = json.loads(done.stdout)
    assert [row["kind"] for row in rows][:3] == ["fomc_statement", "fomc_press_conference", "cpi"]
    assert len({row["kind"] for row in rows}) == len(rows) == 6
    assert "known until 2027-01-01" in done.stderr


def test_filters_narrow_the_list(paperpit) -> None:  # type: ignore[no-untyped-def]
    done = paperpit("list", "--json", "--kind", "fomc", "--since", "2026-12-01", "--until", "2027-01-01")
    assert [row["kind"] for row in json.loads(done.stdout)] == [
        "fomc_statement",
        "fomc_press_conference",
        "fomc_minutes",
    ]


def test_check_answers_by_its_exit_code(paperpit, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    good = paperpit("check", "--json", "--at", "2026-11-23")
    assert (good.returncode, json.loads(good.stdout)) == (0, {"ok": True, "problems": []})
    late = paperpit("check", "--json", "--at", "2027-03-01")
    assert late.returncode == 1
    assert json.loads(late.stdout)["ok"] is False
    (tmp_path / "bad.csv").write_text("event\ncpi\n")
    assert paperpit("check", "bad.csv").returncode == 65
    assert paperpit("check", "nowhere.csv").returncode == 66


def test_import_adds_to_what_is_in_force(paperpit, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "bls.csv").write_text(HEADER + "cpi,2027-01-13,08:30,America/New_York,,scheduled\n")
    done = paperpit("import", "bls.csv")
    assert done.returncode == 0, done.stderr
    assert "2027-01-13 08:30 New York = 13:30 UTC" in done.stderr or "next" not in done.stderr
    rows = json.loads(paperpit("list", "--json", "--kind", "cpi", "--since", "2027-01-01").stdout)
    assert [row["source"] for row in rows] == ["bls.csv"]
    assert "1 of them new" in done.stderr
    again = json.loads(paperpit("import", "bls.csv", "--json").stdout)
    assert (again["events"], again["new"], again["unsure"]) == (1, 0, 0)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("import", "nowhere.ics"), 66),
        (("list", "--calendar", "nowhere.csv"), 66),
        (("list", "--instrument", "XX"), 2),
        (("list", "--since", "yesterday"), 2),
        (("list", "--calendar", "none"), 0),
    ],
)
def test_exit_codes(paperpit, args: tuple[str, ...], code: int) -> None:  # type: ignore[no-untyped-def]
    done = paperpit(*args)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert PaperpitError.exit_code != code
