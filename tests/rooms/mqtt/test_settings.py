"""Settings that would let commands in from where nobody can vouch for them are refused, by `check` and by a start."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli.app import app
from bot.config import read_bot
from bot.errors import ConfigError

LONG = "0123456789abcdef0123456789abcdef\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mqtt-secret").write_text(LONG)
    (tmp_path / "mqtt-secret").chmod(0o600)
    return tmp_path


def settings(folder: Path, url: str = "mqtt://127.0.0.1:1883", secret: str = 'secret_file = "mqtt-secret"') -> Path:
    path = folder / "bot.toml"
    path.write_text(f'strategies = []\n\n[mqtt]\nurl = "{url}"\n\n[mqtt.commands]\nenabled = true\n{secret}\n')
    return path


def faults(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(CliRunner().invoke(app, ["check", "--json"]).stdout)
    return found


@pytest.mark.parametrize(
    "url", ["mqtt://127.0.0.1:1883", "mqtt://localhost", "mqtt://[::1]:1883", "mqtts://broker.lan:8883"]
)
def test_commands_of_this_machine_or_by_tls_are_sound(here: Path, url: str) -> None:
    settings(here, url)
    assert faults(here) == []


def test_commands_need_a_secret(here: Path) -> None:
    path = settings(here, secret="")
    (fault,) = faults(here)
    assert (fault["level"], fault["key"], fault["line"]) == ("error", "mqtt.commands.enabled", 7)
    assert "mqtt-secret" in fault["do"]
    with pytest.raises(ConfigError, match="need a secret"):
        read_bot(path)


def test_commands_in_plain_text_from_another_machine_are_refused(here: Path) -> None:
    path = settings(here, "mqtt://broker.lan:1883")
    (fault,) = faults(here)
    assert (fault["level"], fault["key"], fault["line"]) == ("error", "mqtt.url", 4)
    assert "mqtts://" in fault["allowed"]
    with pytest.raises(ConfigError, match=r"broker\.lan"):
        read_bot(path)


def test_without_commands_the_broker_may_be_anywhere(here: Path) -> None:
    (here / "bot.toml").write_text('strategies = []\n\n[mqtt]\nurl = "mqtt://broker.lan:1883"\n')
    assert faults(here) == []


def test_commands_without_a_broker_come_from_nowhere(here: Path) -> None:
    (here / "bot.toml").write_text('strategies = []\n\n[mqtt.commands]\nenabled = true\nsecret_file = "mqtt-secret"\n')
    (fault,) = faults(here)
    assert (fault["key"], fault["line"]) == ("mqtt.commands.enabled", 4)


def test_a_secret_that_can_be_guessed_is_refused_and_one_that_others_may_read_is_told(here: Path) -> None:
    settings(here)
    (here / "mqtt-secret").write_text("short\n")
    (fault,) = faults(here)
    assert (fault["level"], fault["key"], fault["allowed"]) == (
        "error",
        "mqtt.commands.secret_file",
        "16 or more",
    )
    assert "short" not in json.dumps(fault)
    (here / "mqtt-secret").write_text(LONG)
    (here / "mqtt-secret").chmod(0o644)
    (fault,) = faults(here)
    assert (fault["level"], fault["do"]) == ("warning", "chmod 600 mqtt-secret")


def test_a_certificate_is_for_everybody_and_its_key_is_not(here: Path) -> None:
    path = here / "bot.toml"
    files = ("ca_file", "certificate_file", "key_file")
    for name in files:
        (here / name).write_text("")
        (here / name).chmod(0o644)
    told = "\n".join(f'{name} = "{name}"' for name in files)
    path.write_text(f'strategies = []\n\n[mqtt]\nurl = "mqtts://broker.lan"\n{told}\n')
    assert [(fault["key"], fault["level"]) for fault in faults(here)] == [("mqtt.key_file", "warning")]
