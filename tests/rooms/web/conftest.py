"""A journal to look at: the shipped tape, replayed once under the shipped settings."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.resources import shipped
from tests.playing import Played, play
from tests.rooms.web.served import Served, serving


@pytest.fixture(scope="session")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The demo's day."""
    folder = tmp_path_factory.mktemp("reviewed")
    return play(folder, shipped("config/tapes/demo.parquet"), "es-open-absorption.toml", calendar=None)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def site(tmp_path_factory: pytest.TempPathFactory, reviewed: Played) -> AsyncIterator[Served]:
    """A server of the demo's day, for questions that change nothing."""
    async with serving(tmp_path_factory.mktemp("site"), "--journal", reviewed.url) as served:
        yield served
