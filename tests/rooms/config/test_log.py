"""The log is one line an event, JSON for programs, and shows no secret whichever way it comes."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from bot import log
from bot.config.secrets import read_secret


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level = before
    log._structured = False
    log._hidden.clear()


def logged(as_json: bool) -> io.StringIO:
    stream = io.StringIO()
    log.configure(as_json=as_json, stream=stream)
    return stream


def test_an_event_is_one_json_line_with_its_values() -> None:
    stream = logged(True)
    structlog.get_logger("paperpit").info("stop_moved", order="r-1", ticks=3)
    logging.getLogger("a.library").warning("late by %s", "3 s")
    ours, theirs = map(json.loads, stream.getvalue().splitlines())
    assert (ours["event"], ours["level"], ours["order"], ours["ticks"]) == ("stop_moved", "info", "r-1", 3)
    found = [theirs[key] for key in ("event", "level", "logger", "text")]
    assert found == ["library", "warning", "a.library", "late by 3 s"]


def test_a_person_gets_text() -> None:
    stream = logged(False)
    structlog.get_logger("paperpit").info("stop_moved", order="r-1")
    assert "stop_moved" in stream.getvalue()
    assert "order=r-1" in stream.getvalue()


@pytest.mark.parametrize("as_json", [True, False])
def test_no_secret_comes_out_by_key_url_file_or_exception(tmp_path: Path, as_json: bool) -> None:
    (tmp_path / "token").write_text("canary-1\n")
    secret = read_secret(tmp_path / "token")
    stream = logged(as_json)
    logger = structlog.get_logger("paperpit")
    logger.info("connected", token="canary-2", url="postgresql://me:canary-3@host/journal", account="DU1234567")
    try:
        raise ValueError(f"no such token: {secret}")
    except ValueError:
        logger.exception("failed", hint=secret)
    text = stream.getvalue()
    assert "canary" not in text
    assert "DU…567" in text
    assert "ValueError" in text
