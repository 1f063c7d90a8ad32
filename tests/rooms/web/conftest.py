"""A journal to look at: the shipped tape, replayed once under the shipped settings."""

import pytest

from bot.resources import shipped
from tests.playing import Played, play


@pytest.fixture(scope="session")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The demo's day."""
    folder = tmp_path_factory.mktemp("reviewed")
    return play(folder, shipped("config/tapes/demo.parquet"), "es-open-absorption.toml", calendar=None)
