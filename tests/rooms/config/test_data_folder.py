"""Where a person's journals, tapes and sockets go can be said in the environment."""

import os
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


def test_a_flag_names_the_journal_before_the_environment_and_that_before_the_settings(tmp_path: Path) -> None:
    # given settings and an environment that each name a journal
    (tmp_path / "bot.toml").write_text('[journal]\nurl = "settings.db"\n')
    here = {DATA: str(tmp_path / "data"), "PAPERPIT_JOURNAL": "environment.db"}
    assert typed("tape", "synth", "--hours", "0.1", "--seed", "7", env=here, cwd=tmp_path).returncode == 0

    def written(*flags: str, env: dict[str, str]) -> set[str]:
        done = typed("replay", "synth-7", "--calendar", "none", *flags, env=env, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return {path.name for path in tmp_path.glob("*.db")}

    # then each goes before the next, and what goes behind is not even made
    assert written("--journal", "flag.db", "--set", "journal.url=set.db", env=here) == {"flag.db"}
    assert written("--set", "journal.url=set.db", env=here) == {"flag.db", "set.db"}
    assert written(env=here) == {"flag.db", "set.db", "environment.db"}
    assert written(env=here | {"PAPERPIT_JOURNAL": ""}) == {"flag.db", "set.db", "environment.db", "settings.db"}


def test_a_name_that_is_no_text_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    # given a name that another system wrote in its own encoding: no journal and no JSON could hold it
    name = os.fsdecode(b"m\xe4rz")
    for words in (("tape", "info", f"{name}.parquet"), ("replay", "--journal", f"{name}.db")):
        done = typed(*words, cwd=tmp_path)
        assert done.returncode == 2
        assert "b'm\\xe4rz" in done.stderr
        assert "rename it in UTF-8" in done.stderr
    (tmp_path / name).mkdir()
    assert typed("tape", "info", "demo", cwd=tmp_path / name).returncode == 2


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
