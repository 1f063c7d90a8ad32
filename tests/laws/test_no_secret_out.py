"""Law: a secret never leaves. A canary stands wherever a secret can, and everything that is said is looked at.

What a run writes to a database that has a password is looked at in tests/rooms/journal/test_no_secret.py.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import log
from bot.cli import app as commands
from bot.cli import main
from bot.errors import PaperpitError

CANARY = "canary-7f3a91"
PASSWORDS = (CANARY, f"{CANARY}/x", f"x@{CANARY}", f"%2F{CANARY}", f":{CANARY}?y")
DEAD = "127.0.0.1:1/journal?connect_timeout=2"
URLS = (
    *(f"postgresql://me:{password}@{DEAD}" for password in PASSWORDS),
    f"postgresql://me@{DEAD}&password={CANARY}",
    f"postgresql+psycopg://me:{CANARY}@127.0.0.1:port/journal",
    f"mysql://me:{CANARY}@host/journal",
)
READERS = (
    *(("journal", name) for name in ("runs", "signals", "blocked", "orders", "fills", "round-trips", "report")),
    *(("journal", "show", "3"), ("journal", "explain", "3"), ("journal", "note", "3", "text"), ("db", "current")),
    *(("db", "check"), ("db", "upgrade"), ("replay",), ("run", "--once")),
    ("replay", "--run", "last"),
)
Says = Callable[..., str]


@pytest.fixture
def says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Says:
    """Runs a command in a folder of its own; everything that it says, and how it ended."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    for name in ("PAPERPIT_CONFIG", "PAPERPIT_JOURNAL", "PAPERPIT_JOURNAL_FILE"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str) -> str:
        # What a process has been told to hide would hide it from the next command as well.
        log._hidden.clear()
        monkeypatch.setattr(sys, "argv", ["paperpit", *words])
        with pytest.raises(SystemExit) as end:
            main()
        told = capfd.readouterr()
        assert end.value.code != PaperpitError.exit_code, told.err
        return f"{told.out}{told.err}"

    return run


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_a_journals_password_is_not_told_by_who_cannot_reach_it(says: Says, words: tuple[str, ...]) -> None:
    told = says(*words, "--journal", URLS[0])
    assert "postgresql://me:…@127.0.0.1:1" in told
    assert CANARY not in told


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("by", ["flag", "environment", "file", "named-file", "settings", "set"])
def test_no_way_of_naming_a_journal_tells_its_password(
    says: Says, monkeypatch: pytest.MonkeyPatch, url: str, by: str
) -> None:
    words = ["replay"]
    if by == "flag":
        words += ["--journal", url]
    elif by == "environment":
        monkeypatch.setenv("PAPERPIT_JOURNAL", url)
    elif by == "named-file":
        Path("url").write_text(f"{url}\n")
        monkeypatch.setenv("PAPERPIT_JOURNAL_FILE", "url")
    elif by == "file":
        Path("url").write_text(f"{url}\n")
        Path("url").chmod(0o600)
        Path("bot.toml").write_text('[journal]\nurl_file = "url"\n')
        words = ["run", "--once"]
    elif by == "settings":
        Path("bot.toml").write_text(f'[journal]\nurl = "{url}"\n')
        words = ["check"]
    else:
        words += ["--set", f"journal.url={url}"]
    assert CANARY not in says(*words)


@pytest.mark.parametrize(
    "text",
    [
        f'[adapters.ib]\npassword = "{CANARY}"\n',
        f'[adapters.ib]\napi_key = ["{CANARY}"]\n',
        f"[adapters.ib]\ntoken = {CANARY}\n",
        f'token = "{CANARY}\n',
        f'[[adapters.ib.login]]\nsecret = {{ value = "{CANARY}" }}\n',
        f'[journal]\nurl = "postgresql://me:{CANARY}@host/journal"\nurl_fle = "x"\n',
        f'[mqtt]\nurl = "mqtt://me:{CANARY}@host"\n',
    ],
)
@pytest.mark.parametrize(
    "words",
    [
        ("check",),
        ("check", "--json"),
        ("check", "bot.toml"),
        ("doctor", "settings"),
        ("replay",),
        ("run",),
        ("status",),
    ],
    ids=" ".join,
)
def test_a_secret_in_a_settings_file_is_refused_and_not_shown(says: Says, text: str, words: tuple[str, ...]) -> None:
    Path("bot.toml").write_text(text)
    assert CANARY not in says(*words)


@pytest.mark.parametrize("url", URLS[:-1])
def test_a_bugs_report_tells_none_either(
    says: Says, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str], url: str
) -> None:
    def broken(**_: object) -> None:
        log.hide(url)
        raise RuntimeError(f"cannot do anything with {url} and {CANARY}")

    monkeypatch.setattr(commands, "app", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(SystemExit):
        main()
    told = capfd.readouterr().err
    (report,) = tmp_path.glob("paperpit-bug-*.txt")
    assert "RuntimeError" in told
    assert "RuntimeError" in report.read_text()
    assert os.stat(report).st_mode & 0o077 == 0
    assert CANARY not in told + report.read_text()
    monkeypatch.setenv("PAPERPIT_DEBUG", "1")
    with pytest.raises(SystemExit):
        main()
    assert CANARY not in capfd.readouterr().err
