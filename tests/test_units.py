"""The systemd units: valid, as tight as the page says, and of words that the program takes."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import click
import pytest

from bot import resources
from bot.cli.app import app
from tests.soak.day import ALLOCATORS

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/systemd.md").read_text()
UNITS = sorted((ROOT / "docs/systemd").glob("*.service"))
PROGRAM = "/opt/paperpit/bin/python -P /opt/paperpit/bin/paperpit"


class Unit(ConfigParser):
    """A unit's lines; those of one name gathered."""

    def __init__(self, path: Path) -> None:
        super().__init__(interpolation=None, strict=False)
        self.optionxform = str  # type: ignore[assignment,method-assign]  # names have capitals
        self.read(path)

    @property
    def words(self) -> list[str]:
        """What the program is started with."""
        started, _, rest = self["Service"]["ExecStart"].partition(f"{PROGRAM} ")
        assert started == ""
        return shlex.split(rest.replace("%i", "es"))

    @property
    def environment(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for pair in self["Service"]["Environment"].split())


@pytest.fixture(params=UNITS, ids=lambda path: path.name)
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def placed(path: Path, folder: Path) -> Path:
    """The unit as a desk's, with the Python of this environment; systemd looks whether that is there."""
    here = f"{sys.executable} -P {Path(sys.executable).with_name('paperpit')}"
    copy = folder / path.name.replace("@", "@es")
    copy.write_text(path.read_text().replace(PROGRAM, here).replace("# LoadCredential", "LoadCredential"))
    return copy


def analyzed(*words: object) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("systemd-analyze is not installed, and CI must look at the units")
        pytest.skip("systemd-analyze is not installed")
    return subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, check=False)


def test_it_is_valid(path: Path, tmp_path: Path) -> None:
    done = analyzed("verify", "--man=no", placed(path, tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


def test_it_is_as_tight_as_the_page_says(path: Path, tmp_path: Path) -> None:
    done = analyzed("security", "--offline=true", "--no-pager", placed(path, tmp_path))
    found = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    said = re.search(r"rates the desk ([\d.]+) and the pages ([\d.]+)", PAGE)
    assert found is not None, done.stderr
    assert said is not None
    assert float(found[1]) <= float(said[2 if "serve" in path.name else 1])


def test_the_program_takes_every_word_of_it(path: Path) -> None:
    unit = Unit(path)
    name, *given = unit.words
    command = app.get_command(click.Context(app), name)
    assert command is not None
    command.make_context(name, given)  # raises for a word that it does not know


def test_what_it_writes_is_where_it_may(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unit = Unit(path)
    service, told = unit["Service"], unit.environment
    monkeypatch.setattr(resources, "checkout", lambda: None)
    monkeypatch.delenv(resources.DATA)
    for name, key, folder, where in (
        ("StateDirectory", "XDG_DATA_HOME", resources.data_folder, "/var/lib"),
        ("CacheDirectory", "XDG_CACHE_HOME", resources.cache_folder, "/var/cache"),
    ):
        monkeypatch.setenv(key, str(tmp_path / key))
        assert folder() == tmp_path / key / service[name]
        assert told[key] == where
    assert told["TMPDIR"] == service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"
    written = re.findall(r"/var/\S+", service["ExecStart"])
    assert written
    assert [path for path in written if not path.startswith("/var/lib/paperpit/")] == []
    # what is compiled while it runs must be written and then executed
    assert "MemoryDenyWriteExecute" not in service
    assert (service["ProtectSystem"], service["NoNewPrivileges"], service["UMask"]) == ("strict", "yes", "0077")


def test_a_desk_gets_its_memory_as_the_soak_does() -> None:
    told = Unit(ROOT / "docs/systemd/paperpit@.service").environment
    assert {name: told[name] for name in ALLOCATORS} == ALLOCATORS
    image = (ROOT / "Dockerfile").read_text()
    assert all(f"{name}={value}" in image for name, value in ALLOCATORS.items())


def test_a_desk_is_watched_asked_and_not_started_for_ever() -> None:
    unit = Unit(ROOT / "docs/systemd/paperpit@.service")
    service = unit["Service"]
    assert (service["Type"], service["KillSignal"], service["Restart"]) == ("notify", "SIGTERM", "on-failure")
    assert (unit["Unit"]["StartLimitBurst"], unit["Unit"]["StartLimitIntervalSec"]) == ("5", "600")
    # the desk replaces itself, and names who held it up, before systemd kills it
    (wedged,) = re.findall(r"daemon\.wedged_after=(\d+)s", service["ExecStart"])
    assert int(wedged) * 2 <= int(service["WatchdogSec"])
    # an end in order is none that is started again
    assert {"130", "143"} <= set(service["SuccessExitStatus"].split())
