"""The worked examples of the pages for authors run as they stand there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.programs import typed

DOCS = Path(__file__).parents[3] / "docs"
_BLOCK = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def written(page: str, folder: Path) -> Path:
    """Every titled block of a page as a file in `folder`."""
    for name, text in _BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def said_by_pytest(folder: Path, *words: str) -> str:
    """What it says of the tests in `folder`, in a process that has imported nothing of ours."""
    command = (sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", *words)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run(folder: Path, *words: str) -> str:
    """Standard output of a command in `folder`, with settings and journals of its own."""
    environment = {"XDG_CONFIG_HOME": str(folder / "xdg"), "PAPERPIT_JOURNAL": str(folder / "journal.db")}
    done = typed(*words, env=environment, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def paperpit(folder: Path, *words: str) -> Any:
    """A command's JSON."""
    return json.loads(run(folder, *words, "--json"))


def test_the_adapter_of_the_page_trades_a_run(tmp_path: Path) -> None:
    written("writing-an-adapter.md", tmp_path)
    assert paperpit(tmp_path, "check") == []
    run(tmp_path, "run")
    orders = paperpit(tmp_path, "journal", "orders")
    entries = [order for order in orders if order["role"] == "entry"]
    assert len(entries) > 3
    assert {order["state"] for order in entries} == {"cancelled"}
    assert paperpit(tmp_path, "journal", "round-trips") == []


def test_the_strategy_of_the_page_passes_its_test_and_trades_the_demo(tmp_path: Path) -> None:
    written("writing-a-strategy.md", tmp_path)
    assert "3 passed" in said_by_pytest(tmp_path, "test_fade.py")
    assert paperpit(tmp_path, "check", "fade.toml") == []
    summary = paperpit(tmp_path, "replay", "demo", "--strategy", "fade.toml")
    assert summary["approved"] > 0
    assert summary["round_trips"] > 0


def test_the_detector_of_the_page_passes_its_test(tmp_path: Path) -> None:
    written("writing-a-detector.md", tmp_path)
    assert "4 passed" in said_by_pytest(tmp_path, "--import-mode=prepend", ".")


def test_the_detector_of_the_page_is_switched_on_by_its_table(tmp_path: Path) -> None:
    written("writing-a-detector.md", tmp_path)
    (tmp_path / "bot.toml").write_text(
        'strategies = ["drill-es.toml"]\n[detectors."burst.py:Burst"]\nprints = 25\nwindow = "1s"\n'
    )
    assert paperpit(tmp_path, "check") == []
    paperpit(tmp_path, "replay")
    bursts = [signal for signal in paperpit(tmp_path, "journal", "signals") if signal["kind"] == "burst"]
    assert bursts
    assert set(bursts[0]["evidence"]) == {"volume", "seconds", "ticks"}
