"""Where a person's journals, tapes and sockets go can be said in the environment."""

from pathlib import Path

import pytest

from bot import control
from bot.errors import ConfigError
from bot.resources import DATA, data_folder
from tests.programs import typed


def test_what_is_written_without_a_name_goes_to_the_folder_that_the_environment_names(tmp_path: Path) -> None:
    # given
    here, own = {DATA: str(tmp_path / "a/b"), "PAPERPIT_JOURNAL": ""}, tmp_path / "a/b"
    # when
    assert typed("tape", "synth", "--hours", "0.1", "--seed", "7", env=here).returncode == 0
    done = typed("replay", "synth-7", "--calendar", "none", "--json", env=here)
    # then
    assert done.returncode == 0, done.stderr
    assert (own / "tapes/synth-7.parquet").is_file()
    assert (own / "replay.db").is_file()


def test_two_folders_have_a_socket_each_for_desks_of_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for name in ("one", "two"):
        monkeypatch.setenv(DATA, str(tmp_path / name))
        found.append(control.path_of("es"))
    assert len(set(found)) == 2


def test_a_folder_is_found_from_the_home_and_never_moves_with_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(DATA, "~/second")
    assert data_folder() == tmp_path / "second"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(DATA, "third")
    assert data_folder() == tmp_path / "third"


def test_what_cannot_be_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    done = typed("tape", "list", env={DATA: str(file)})
    assert done.returncode == ConfigError.exit_code
    for part in (DATA, str(file), "a folder, or a place where one can be made"):
        assert part in done.stderr
