"""A desk of the order manager, its journal and a far end that does what it is told."""

from pathlib import Path

import pytest

from tests.rooms.orders.far import Desk, Far


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'journal.db'}"


@pytest.fixture
async def desk(url: str):  # type: ignore[no-untyped-def]  # pytest-asyncio's own type is a generator
    desk = await Desk.open(url, Far()).start()
    yield desk
    desk.die()
