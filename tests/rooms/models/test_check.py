"""`paperpit check` says beforehand what a strategy's model would do."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from bot.cli.check import check
from bot.models import record
from bot.models.fit import train
from tests.laws.markets import DRILL
from tests.rooms.models.build import candidates


@pytest.fixture(scope="module")
def model() -> record.Model:
    return train(candidates(14, 400, slope=1.0))


def told(folder: Path, table: str = 'file = "m.json"') -> list[dict[str, Any]]:
    """What it finds about the model of a strategy in this folder."""
    path = folder / "s.toml"
    path.write_text(f"{DRILL}\n[model]\n{table}\n")
    shown = CliRunner().invoke(check, [str(path), "--json"])
    return [fault for fault in json.loads(shown.stdout) if fault["key"] == "model.file"]


def test_a_model_that_is_there_is_nothing_to_speak_of(model: record.Model, tmp_path: Path) -> None:
    record.write(tmp_path / "m.json", model)
    assert told(tmp_path, f'file = "m.json"\nhash = "{model.hash}"') == []


def test_a_model_that_is_not_there_or_another_one_is_a_warning(model: record.Model, tmp_path: Path) -> None:
    (missing,) = told(tmp_path)
    assert (missing["level"], "NOT_TRAINED" in missing["message"]) == ("warning", True)
    assert "paperpit model train" in missing["do"]
    record.write(tmp_path / "m.json", model)
    (other,) = told(tmp_path, 'file = "m.json"\nhash = "0123456789abcdef"')
    assert (other["level"], other["allowed"]) == ("warning", "0123456789abcdef")
    altered = record.File(model.hash, msgspec.structs.replace(model, intercept=5.0))
    (tmp_path / "m.json").write_bytes(msgspec.json.encode(altered))
    (other,) = told(tmp_path)
    assert other["level"] == "warning"


def test_a_file_that_is_no_model_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text("[]")
    (fault,) = told(tmp_path)
    assert fault["level"] == "error"
    assert fault["line"]
