"""A small part of `make fuzz-mqtt`: no mutated command is done, and none breaks whoever reads it."""

from pathlib import Path

from tests.fuzz.mqtt import fuzz

CASES, SEED = 1000, 20261126


def test_no_mutated_command_is_done_and_each_is_answered(tmp_path: Path) -> None:
    told = fuzz(CASES, SEED, tmp_path)
    assert told.wrong == []
    assert told.codes["malformed"] > CASES // 4
    assert told.codes["unsigned"] > CASES // 20
