"""calendar/hours-override.toml: found nearest first, and every fault of it has a line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.check import check
from bot.config.hours import hours_of, load_hours
from bot.errors import ConfigError


def test_what_ships_overrides_nothing() -> None:
    assert load_hours() == {}


def test_a_file_beside_the_settings_is_read(tmp_path: Path) -> None:
    (tmp_path / "calendar").mkdir()
    (tmp_path / "calendar/hours-override.toml").write_text(
        'ES = [{ from = 2026-11-27, until = "2026-11-27", close = "13:00" }]\n'
    )
    assert load_hours(tmp_path) == {"ES": ({"from": "2026-11-27", "until": "2026-11-27", "close": "13:00"},)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('\nES = [{ from = "2026-11-27", until = "2026-11-27" }]', "f:2: ES[0]: hours are"),
        ('ES = [{ from = "2026-11-27", until = "2026-11-26", closed = true }]', "comes after"),
        ('ES = [{ from = "2026-11-27", until = "2026-11-27", closed = true, close = "13:00" }]', "closed = true"),
        ('ES = "13:00"', "f:1: ES"),
        ('es_mini = [{ from = "2026-11-27", until = "2026-11-27", closed = true }]', "no product"),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        hours_of(text, "f")
    assert words in str(refused.value)


def test_check_judges_it(tmp_path: Path) -> None:
    path = tmp_path / "hours-override.toml"
    path.write_text('ES = [{ from = "tomorrow", until = "2026-11-27", closed = true }]\n')
    done = CliRunner().invoke(check, [str(path), "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)[0]["line"] == 1
