"""A small part of `make fuzz-config`: no mutated settings file breaks us, each refusal says where and what to do."""

from pathlib import Path
from random import Random

import pytest

from tests.fuzz.config import fuzz, main, sources
from tests.fuzz.mutate import mutated

CASES, SEED = 1000, 20261126


def test_every_mutated_settings_file_is_taken_or_refused_with_its_place(tmp_path: Path) -> None:
    told = fuzz(CASES, SEED, tmp_path)
    assert told.wrong == []
    assert told.taken > CASES // 20
    assert told.refused > CASES // 2


def test_a_case_is_made_again_by_its_number() -> None:
    text = sources()["bot.toml"]
    first, again = (mutated(text, Random("1:7")) for _ in range(2))
    assert first == again != text


def test_the_command_prints_its_figures_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["5", "1"]) == 0
    assert capsys.readouterr().out.startswith("cases=5 taken=")
