"""What the machine refuses is no bug of ours: an unread pipe, a closed stream, a full disk, an impossible name."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PAPERPIT = str(Path(sys.executable).with_name("paperpit"))
PRINTING = (("adapters",), ("adapters", "--csv"), ("adapters", "--json"), ("journal", "schema"), ("--help",))
"""A table, rows, JSON, one long line, and what click prints by itself."""


def shown(*words: str, out: int | None = None, before: Callable[[], None] | None = None) -> tuple[int, str]:
    """Exit code and standard error of a process whose standard output is that descriptor."""
    done = subprocess.run(
        [PAPERPIT, *words],
        stdout=subprocess.DEVNULL if out is None else out,
        stderr=subprocess.PIPE,
        preexec_fn=before,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("words", PRINTING)
def test_a_reader_that_has_gone_is_no_failure(words: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert shown(*words, out=writing) == (0, "")
    finally:
        os.close(writing)


@pytest.mark.parametrize("words", PRINTING)
def test_a_full_disk_is_said_and_no_bug_of_ours(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        code, said = shown(*words, out=full.fileno())
    assert code == 2
    assert said.splitlines() == [
        "error: standard output cannot be written: no space is left there",
        "  do:      make room, or let it be written elsewhere",
    ]


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_stream_that_was_closed_leads_nowhere(closed: int) -> None:
    code, said = shown("adapters", before=lambda: os.close(closed))
    assert (code, said) == (0, "")
    code, _ = shown("tape", "info", "nowhere", before=lambda: os.close(closed))
    assert code == 66


@pytest.mark.parametrize("words", [("calendar", "import"), ("tape", "info"), ("journal", "runs", "--journal")])
def test_a_name_that_no_file_can_have_is_a_file_that_is_not_there(words: tuple[str, ...]) -> None:
    code, said = shown(*words, "x" * 300)
    assert code in (66, 69)
    assert said.startswith("error: ")
