"""An installed wheel is the whole program: it replays its shipped tape far away from any checkout.

Method: build the wheel, install it into an environment that borrows only the third-party packages of this one, and use
it from a foreign folder with a home of its own.
"""

import json
import re
import shlex
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("config", "migrations")
# What `paperpit --help` has no use for costs a second or more to import.
HEAVY = {"numba", "pyarrow", "pandas", "sqlalchemy", "alembic", "pandas_market_calendars", "icalendar", "pydantic"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT], check=True)
    (built,) = folder.glob("*.whl")
    return built


class Installed:
    """The program as a stranger has it: `paperpit(...)` runs it in a foreign folder and gives what it printed."""

    def __init__(self, place: Path, wheel: Path) -> None:
        self.python, self.here = place / "env/bin/python", place / "elsewhere"
        self.here.mkdir()
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", place / "env"], check=True)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--python", self.python]
        subprocess.run([*pip, "install", "--no-deps", "--no-index", wheel], check=True)
        (site,) = (place / "env").glob("lib/python*/site-packages")
        (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
        self.env = {"HOME": str(place / "home"), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}

    def paperpit(self, *words: str) -> str:
        return self.told(*words).stdout

    def told(self, *words: str) -> subprocess.CompletedProcess[str]:
        done = self.said(*words)
        assert done.returncode == 0, done.stderr + done.stdout
        return done

    def said(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Whatever it says, good or bad."""
        program = self.python.with_name("paperpit")
        return subprocess.run([program, *words], cwd=self.here, env=self.env, capture_output=True, text=True)

    @contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """The program in a terminal of its own; it is gone at the end, one way or the other."""
        program = self.python.with_name("paperpit")
        with subprocess.Popen(
            [program, *words], cwd=self.here, env=self.env, stderr=PIPE, stdout=DEVNULL, text=True
        ) as one:
            try:
                yield one
            finally:
                one.kill()


@pytest.fixture(scope="module")
def installed(tmp_path_factory, wheel) -> Installed:
    return Installed(tmp_path_factory.mktemp("stranger"), wheel)


def test_the_wheel_holds_every_shipped_file_and_no_leftovers(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tracked = subprocess.run(["git", "ls-files", *SHIPPED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [path for path in tracked.stdout.split() if f"bot/_shipped/{path}" not in names] == []
    assert [name for name in names if "__pycache__" in name or name.startswith("tests/")] == []


def test_the_wheel_puts_three_packages_and_nothing_else_into_site_packages(wheel):
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"bot", "adapters", "strategies"}


def test_help_and_version_work_elsewhere(installed):
    assert "replay" in installed.paperpit("--help")
    assert "0.1.0" in installed.paperpit("--version")


def test_a_replay_works_elsewhere(installed):
    # when
    done = installed.told("replay", "demo", "--json")
    summary = json.loads(done.stdout)
    # then
    assert "compiling the detectors" in done.stderr, "a first start says what it waits for"
    assert summary["round_trips"] >= 1
    assert str(ROOT) not in summary["journal"]
    assert len(json.loads(installed.paperpit("journal", "round-trips", "--json"))) == summary["round_trips"]
    assert installed.paperpit("db", "current").strip()


def the_first_day() -> dict[str, list[str]]:
    """The commands of the page, by their first word."""
    page = (ROOT / "docs/ib-paper-account.md").read_text()
    (block,) = re.findall(r"<!-- the first day -->\n```\n(.*?)```", page, re.S)
    lines = [shlex.split(line)[1:] for line in block.splitlines()]
    return {line[0]: line for line in lines}


def test_the_first_day_goes_as_the_page_says(installed):
    typed = the_first_day()
    with installed.running(*typed["gateway"], "--port", "0") as gateway:
        # given a gateway that listens, and a desk's own settings
        ready = next(line for line in gateway.stderr if line.startswith("listening on "))
        port = re.search(r":(\d+) ", ready)[1]
        here = ("--set", f"adapters.ib.port={port}")
        installed.told(*typed["init"])
        installed.told(*typed["check"], *here)
        found = json.loads(installed.told(*typed["doctor"], *here, "--json").stdout)
        assert {one["check"] for one in found} >= {"gateway", "account", "contracts", "tick-rules", "market-data"}
        assert [one for one in found if one["level"] == "fail"] == []
        # when the desk has traded
        with installed.running(*typed["run"], *here) as desk:
            while not json.loads(installed.said("journal", "fills", "--adapter", "ib", "--json").stdout or "[]"):
                assert desk.poll() is None, desk.stderr.read()
            told = json.loads(installed.told(*typed["status"], "--json").stdout)
            installed.told(*typed["stop"])
            assert desk.wait(timeout=60) == 0, desk.stderr.read()
    # then
    assert told["account"] == "DU1234567"
    assert [one["contract"] for one in told["contracts"]] == ["ESZ2026"]
    reviewed = json.loads(installed.told(*typed["journal"], "--json").stdout)
    assert [run["adapter"] for run in reviewed["runs"]] == ["ib"]
    assert reviewed["approved"] >= 1
    assert "Traceback" not in (installed.told(*typed["journal"]).stdout)


def test_a_folder_with_a_bot_of_its_own_does_not_disturb_it(installed):
    (installed.here / "bot.py").write_text("raise SystemExit('the wrong bot')\n")
    assert "replay" in installed.paperpit("--help")


def test_a_checkout_is_read_where_it_lies():
    # An editable install copies `_shipped` into site-packages; an edit to config/ must take effect all the same.
    from bot.resources import shipped

    assert shipped("config") == ROOT / "config"


def test_help_loads_nothing_heavy():
    script = "import sys; from bot.cli import app; app.app(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.splitlines()[-1].split()) == set()
