"""Plug-ins are found by name or by file; doubles and broken ones are named, nothing is imported unasked."""

import os
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from bot import plugins
from bot.config import Params
from bot.errors import ConfigError

OURS = f"paperpit {version('paperpit')}"
MINE = """
from __future__ import annotations

from typing import Optional

from bot.config import Params as Base


class Params(Base):
    every: Optional[int] = 3


class Mine:
    Params = Params
"""


def distribution(folder: Path, name: str, entry_points: str, modules: dict[str, str]) -> None:
    """An installed wheel as the import system sees it: a module and a dist-info folder."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def test_a_third_partys_strategy_is_found_by_its_name(site: Path) -> None:
    distribution(site, "thirdpit", "[paperpit.strategies]\nmine = thirdpit_a:Mine\n", {"thirdpit_a": MINE})
    offer = next(offer for offer in plugins.offers("strategies") if offer.name == "mine")
    assert (offer.target, offer.distribution) == ("thirdpit_a:Mine", "thirdpit 1.0")
    assert "thirdpit_a" not in sys.modules
    mine = plugins.find("strategies", "mine")
    model = plugins.params_of(mine)
    assert model is not None
    assert model().as_args() == (3,)


def test_two_distributions_with_one_name_are_refused_and_both_are_named(site: Path) -> None:
    distribution(site, "thirdpit", "[paperpit.strategies]\ndrill = thirdpit_b:Mine\n", {"thirdpit_b": MINE})
    with pytest.raises(ConfigError) as error:
        plugins.find("strategies", "drill")
    assert f"{OURS} (strategies.drill:Drill)" in error.value.what
    assert "thirdpit 1.0 (thirdpit_b:Mine)" in error.value.what


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Other = 1", "AttributeError"),
        ("import nowhere_at_all", "ModuleNotFoundError"),
        ("def", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_broken_plug_in_is_named_with_owner_target_and_cause(site: Path, text: str, cause: str) -> None:
    module = f"thirdpit_{cause.lower()}"
    distribution(site, "thirdpit", f"[paperpit.detectors]\nbroken = {module}:Mine\n", {module: text})
    with pytest.raises(ConfigError) as error:
        plugins.find("detectors", "broken")
    assert f'"broken" of thirdpit 1.0 cannot be imported from {module}:Mine: {cause}' in error.value.what


def test_an_unknown_name_gets_the_nearest(site: Path) -> None:
    with pytest.raises(ConfigError) as error:
        plugins.find("strategies", "dril")
    assert error.value.do == 'did you mean "drill"?'
    assert {"absorption_reversal", "drill"} <= set(error.value.allowed.split(", "))


def test_a_file_is_loaded_under_a_name_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code/mine.py").write_text(MINE)
    mine = plugins.find("strategies", "code/mine.py:Mine", tmp_path)
    assert mine.__module__.startswith("paperpit_user.")
    assert mine.__module__ in sys.modules
    assert plugins.find("strategies", f"{tmp_path}/code/mine.py:Mine") is mine
    assert issubclass(mine.Params, Params)
    (tmp_path / "code/mine.py").write_text(MINE.replace("= 3", "= 4"))
    assert plugins.find("strategies", "code/mine.py:Mine", tmp_path).Params().every == 4


def test_an_edit_within_the_same_second_is_not_answered_by_the_old_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    file = tmp_path / "mine.py"
    for every in (3, 4, 5):
        file.write_text(MINE.replace("= 3", f"= {every}"))
        os.utime(file, (1_700_000_000, 1_700_000_000))
        assert plugins.find("strategies", f"{file}:Mine").Params().every == every


def test_two_files_of_one_name_do_not_meet(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(MINE)
    a, b = (plugins.find("strategies", f"{folder}/mine.py:Mine", tmp_path) for folder in ("a", "b"))
    assert a is not b


def test_a_broken_file_is_named_and_forgotten(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("class Mine: x = y")
    with pytest.raises(ConfigError, match=r"mine\.py:Mine: NameError"):
        plugins.find("strategies", "mine.py:Mine", tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    with pytest.raises(ConfigError, match="Yours"):
        plugins.find("strategies", "mine.py:Yours", tmp_path)
    with pytest.raises(ConfigError, match="is not there"):
        plugins.find("strategies", "gone.py:Mine", tmp_path)


def test_what_the_project_offers_can_be_imported() -> None:
    for group in plugins.GROUPS:
        for found in plugins.every(group):
            assert found.distribution == OURS
