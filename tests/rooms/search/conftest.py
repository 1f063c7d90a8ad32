"""A command and a folder of its own."""

from pathlib import Path

import pytest

from tests.rooms.search.asking import Ask, asking


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Ask:
    """Runs `paperpit …` in this process and this folder, with a journal there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAPERPIT_JOURNAL", f"sqlite:///{tmp_path / 'replay.db'}")
    return asking(monkeypatch, capsys)
