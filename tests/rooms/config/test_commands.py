"""check, doctor, init, adapters, strategies: what they print, write and answer with."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli.app import app
from bot.errors import ConfigError, InputMissing, PaperpitError, UsageError

LESSON = """name = "lesson"
strategy = "drill"
instrument = "ES"

[bracket]
contracts = 1
stop_ticks = 25
target_ticks = 150

[expect]
entry = "4200.50"
stop = "4199.75"
target = "4202.00"
bid = "4199.75"
ask = "4200.25"
risk_ticks = 25
reward_ticks = 150
reward_risk = 6
spread_ticks = 50
"""
BOT = 'strategies = ["drill-es.toml"]\n'
Paperpit = Callable[..., Result]


@pytest.fixture
def paperpit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paperpit:
    """Runs a command in an empty folder; errors of ours are raised as they are, exit codes come back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    for name in ("PAPERPIT_CONFIG", "PAPERPIT_JOURNAL"):
        monkeypatch.delenv(name, raising=False)

    def run(*args: str) -> Result:
        done = CliRunner().invoke(app, args)
        if isinstance(done.exception, PaperpitError):
            raise done.exception
        return done

    return run


def rows(done: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_check_of_sound_settings_is_an_empty_list(paperpit: Paperpit) -> None:
    Path("bot.toml").write_text(BOT)
    done = paperpit("check", "--json")
    assert (done.exit_code, rows(done)) == (0, [])
    assert "note: drill-es: 100.00 USD at risk a bracket" in done.stderr
    assert "note: calendar: newest event is" in done.stderr


def test_check_refuses_the_lesson_with_a_row_a_fault(paperpit: Paperpit) -> None:
    Path("lesson.toml").write_text(LESSON)
    done = paperpit("check", "lesson.toml", "--json")
    assert done.exit_code == 1
    assert list(rows(done)[0]) == ["file", "line", "key", "level", "message", "allowed", "do"]
    codes = {row["key"]: row["message"].partition(":")[0] for row in rows(done)}
    assert codes["expect.risk_ticks"] == "CLAIM_STOP_TICKS 25 != 3"
    assert codes["expect.reward_ticks"] == "CLAIM_TARGET_TICKS 150 != 6"
    assert codes["expect.reward_risk"] == "CLAIM_RR 6 != 2"
    assert codes["expect.spread_ticks"] == "CLAIM_SPREAD_TICKS 50 != 2"


def test_check_shows_a_person_the_line_and_the_way_out(paperpit: Paperpit) -> None:
    Path("bot.toml").write_text("[risk]\nmax_dayly_loss_usd = 300\n")
    done = paperpit("check", "bot.toml")
    assert done.exit_code == 1
    assert "bot.toml: 1 fault" in done.stdout
    assert "    2 │ max_dayly_loss_usd = 300" in done.stdout
    assert "did you mean `max_daily_loss_usd`?" in done.stdout


def test_check_of_a_file_that_is_not_there_is_missing_input(paperpit: Paperpit) -> None:
    with pytest.raises(InputMissing):
        paperpit("check", "nowhere.toml")
    with pytest.raises(InputMissing):
        paperpit("check", "--config", "nowhere.toml")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('adapter = "reply"', "adapter"),
        ('[adapters.replay]\ntapes = "demo"', "adapters.replay.tapes"),
        ("[adapters.replya]\n", "adapters.replya"),
        ("[detectors.absorptoin]\n", "detectors.absorptoin"),
        ("[detectors.absorption]\nno_such_key = 1", "detectors.absorption.no_such_key"),
        ("[detectors.guard_halt]\nsilence = 30", "detectors.guard_halt.silence"),
        ('[journal]\nurl = "mysql://there"', "journal.url"),
        ('calendar = "nowhere.csv"', "calendar"),
        ('strategies = ["drill-es.toml", "drill-es.toml"]', "strategies[1]"),
    ],
)
def test_check_judges_what_bot_toml_leads_to(paperpit: Paperpit, text: str, key: str) -> None:
    Path("bot.toml").write_text(text if "strategies" in text else f"{BOT}{text}")
    done = paperpit("check", "--json")
    assert [row["key"] for row in rows(done)] == [key]
    assert done.exit_code == 1


@pytest.mark.parametrize(
    ("was", "now", "message"),
    [
        ("CME Globex Equity", "CME Globex Eqity", "no session calendar is called 'CME Globex Eqity'"),
        ('close = "17:15"', 'close = "19:00"', "goes into the next one"),
        ("NYSE", "NYSE Arca", "no session calendar is called 'NYSE Arca'"),
    ],
)
def test_check_asks_for_the_sessions_of_products_of_ones_own(
    paperpit: Paperpit, was: str, now: str, message: str
) -> None:
    from bot.resources import shipped

    Path("instruments.toml").write_text(shipped("config/instruments.toml").read_text().replace(was, now))
    found = rows(paperpit("check", "instruments.toml", "--json"))
    assert {row["key"].partition(".")[2] for row in found} == {"calendar"}
    assert all(message in row["message"] for row in found)
    assert all(row["allowed"] and row["line"] for row in found)


@pytest.mark.parametrize("text", [f"seed = {'9' * 5000}", f"x = {'[' * 60}{']' * 60}", f"x = {'[' * 4000}"])
def test_what_no_reader_can_read_is_refused_as_no_toml(paperpit: Paperpit, text: str) -> None:
    Path("bot.toml").write_text(text)
    (row,) = rows(paperpit("check", "bot.toml", "--json"))
    assert (row["file"], row["level"]) == ("bot.toml", "error")
    assert row["message"].startswith("this is not TOML that means anything")


@pytest.mark.parametrize(
    ("was", "now", "key"),
    [
        ('"drill"', '"dril"', "strategy"),
        ("every = 5", "evry = 5", "params.evry"),
        ("every = 5", "every = 0", "params.every"),
        ("stop_ticks = 8", 'stop_ticks = "cluster"', "strategy"),
        ("[hours]", '[blackout]\nbefore = { cpi = "1m" }\n[hours]', "blackout"),
        ("[hours]", '[blackout]\nbefore = { cpi = "10m" }\n[hours]', None),
    ],
)
def test_check_judges_a_strategy_with_its_own_code(paperpit: Paperpit, was: str, now: str, key: str | None) -> None:
    from bot.resources import shipped

    text = shipped("config/strategies/drill-es.toml").read_text().partition("[expect]")[0]
    Path("mine.toml").write_text(text.replace(was, now))
    done = paperpit("check", "mine.toml", "--json")
    assert [row["key"] for row in rows(done)] == ([key] if key else [])
    assert all(row["line"] for row in rows(done))


def test_check_looks_after_the_files_of_secrets(paperpit: Paperpit) -> None:
    Path("bot.toml").write_text(f'{BOT}[journal]\nurl_file = "url"\n')
    assert [(row["key"], row["level"]) for row in rows(paperpit("check", "--json"))] == [("journal.url_file", "error")]
    Path("url").write_text("sqlite:///mine.db\n")
    Path("url").chmod(0o644)
    assert [row["do"] for row in rows(paperpit("check", "--json"))] == ["chmod 600 url"]
    Path("url").chmod(0o600)
    assert rows(paperpit("check", "--json")) == []
    twice = rows(paperpit("check", "--set", "journal.url=mine.db", "--json"))
    assert [row["message"] for row in twice] == ["url and url_file both say where the journal is"]


@pytest.mark.parametrize(
    ("files", "where"),
    [
        ({"bot.toml": "[detectors.absorption]\nz_mn = 3\n"}, "bot.toml:2: detectors.absorption.z_mn: unknown key"),
        ({"bot.toml": 'strategies = ["mine.toml"]\n', "mine.toml": "every = 5"}, "mine.toml:11: params.evry: unknown"),
    ],
)
def test_a_part_given_what_it_does_not_take_stops_a_replay_before_it_starts(
    paperpit: Paperpit, files: dict[str, str], where: str
) -> None:
    from bot.resources import shipped

    drill = shipped("config/strategies/drill-es.toml").read_text()
    for name, text in files.items():
        Path(name).write_text(drill.replace(text, "evry = 5") if name == "mine.toml" else text)
    with pytest.raises(ConfigError, match=where):
        paperpit("replay", "--journal", "mine.db")
    assert not Path("mine.db").exists()


def test_a_replay_knows_the_instruments_beside_its_bot_toml(paperpit: Paperpit) -> None:
    from bot.resources import shipped

    table = shipped("config/instruments.toml").read_text().partition("[ES]")[2].partition("[MES]")[0]
    Path("far").mkdir()
    Path("far/bot.toml").write_text(BOT)
    Path("far/instruments.toml").write_text("[ES]" + table.replace("min_stop_ticks = 3", "min_stop_ticks = 9"))
    with pytest.raises(ConfigError, match="STOP_RANGE"):
        paperpit("replay", "--config", "far/bot.toml", "--journal", "mine.db")


def test_a_replay_finds_its_journal_in_the_file_that_bot_toml_names(paperpit: Paperpit) -> None:
    Path("bot.toml").write_text(f'{BOT}[journal]\nurl_file = "where"\n')
    Path("where").write_text("sqlite:///hidden.db\n")
    assert json.loads(paperpit("replay", "--json").stdout)["journal"].endswith("hidden.db")
    assert Path("hidden.db").exists()


def test_check_warns_of_trading_without_a_calendar_and_of_one_that_ends(paperpit: Paperpit) -> None:
    Path("bot.toml").write_text(BOT)
    done = paperpit("check", "--set", "calendar=none", "--json")
    assert [(row["key"], row["level"], done.exit_code) for row in rows(done)] == [("calendar", "warning", 0)]
    header = "event,date_local,time_local,tz,ts_utc,status\n"
    Path("old.csv").write_text(header + "cpi,2024-05-15,08:30,America/New_York,2024-05-15T12:30:00Z,past\n")
    done = paperpit("check", "--set", "calendar=old.csv", "--json")
    assert {row["level"] for row in rows(done)} == {"warning"}
    assert any("cpi is known until 2024" in row["message"] for row in rows(done))


def test_check_of_instruments_knows_them_by_their_content(paperpit: Paperpit) -> None:
    from bot.resources import shipped

    text = shipped("config/instruments.toml").read_text().replace("max_stop_ticks = 40", "max_stop_ticks = 41", 1)
    Path("products.toml").write_text(text)
    done = paperpit("check", "products.toml", "--json")
    assert [row["key"] for row in rows(done)] == ["ES.max_stop_ticks"]


def test_doctor_finds_a_sound_set_up_and_answers_part_by_part(paperpit: Paperpit) -> None:
    Path("bot.toml").write_text(BOT)
    parts = ("python", "names", "settings", "kernels", "zones", "calendar", "journal", "disk")
    done = paperpit("doctor", *parts, "--set", "journal.url=new.db", "--json")
    assert done.exit_code == 0, done.output
    assert list(rows(done)[0]) == ["check", "level", "message", "hint"]
    assert [row["check"] for row in rows(done)] == list(parts)
    assert not Path("new.db").exists()


def test_doctor_says_what_fails_and_what_to_do(paperpit: Paperpit, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("bot.toml").write_text("seeed = 1")
    Path("not-a-folder").touch()
    Path("foreign.db").write_text("this is no database, and long enough to be read as one" * 100)
    monkeypatch.setenv("PAPERPIT_KERNEL_CACHE", str(Path("not-a-folder/kernels").absolute()))
    monkeypatch.setenv("PAPERPIT_JOURNAL", "foreign.db")
    done = paperpit("doctor", "settings", "kernels", "journal", "--json")
    assert done.exit_code == 1
    assert [(row["check"], row["level"], bool(row["hint"])) for row in rows(done)][:2] == [
        ("settings", "fail", True),
        ("kernels", "fail", True),
    ]
    assert rows(done)[2]["level"] == "fail"


def test_doctor_warns_when_a_package_name_has_two_owners(
    paperpit: Paperpit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "site/adapters-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: adapters\nVersion: 1.0\n")
    (info / "top_level.txt").write_text("adapters\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    (row,) = rows(paperpit("doctor", "names", "--json"))
    assert row["level"] == "warn"
    assert "`adapters` also belongs to adapters" in row["message"]


def test_init_writes_what_check_accepts_and_overwrites_nothing(paperpit: Paperpit) -> None:
    assert paperpit("init", "pit").exit_code == 0
    assert sorted(path.name for path in Path("pit").iterdir()) == ["bot.toml", "es-open-absorption.toml", "token"]
    assert stat.S_IMODE(Path("pit/token").stat().st_mode) == 0o600
    assert len(Path("pit/token").read_text().strip()) >= 43
    token = Path("pit/token").read_text()
    with pytest.raises(UsageError, match="already there"):
        paperpit("init", "pit")
    assert Path("pit/token").read_text() == token
    done = paperpit("check", "--config", "pit/bot.toml", "--json")
    assert (done.exit_code, rows(done)) == (0, [])


def test_a_new_strategy_passes_its_own_test_and_check(paperpit: Paperpit, tmp_path: Path) -> None:
    done = paperpit("strategies", "new", "first-pullback", "--dir", "mine", "--json")
    assert [Path(path).name for path in json.loads(done.stdout)["files"]] == [
        "first_pullback.py",
        "first-pullback.toml",
        "test_first_pullback.py",
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "mine"]
    tested = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "4 passed" in tested.stdout, tested.stdout + tested.stderr
    done = paperpit("check", "mine/first-pullback.toml", "--json")
    assert (done.exit_code, rows(done)) == (0, [])
    with pytest.raises(UsageError, match="already there"):
        paperpit("strategies", "new", "first-pullback", "--dir", "mine")
    with pytest.raises(UsageError, match="no name"):
        paperpit("strategies", "new", "First Pullback")


def test_adapters_and_strategies_are_listed_with_their_parameters(paperpit: Paperpit) -> None:
    adapters = {row["name"]: row["params"] for row in rows(paperpit("adapters", "--json"))}
    assert adapters["replay"] == {"tape": "demo"}
    strategies = {row["name"]: row["params"] for row in rows(paperpit("strategies", "--json"))}
    assert strategies["drill"] == {"every": 5}
    assert "absorption_reversal" in strategies
    assert "every = 5" in paperpit("strategies").stdout
