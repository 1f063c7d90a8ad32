"""The same tests on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Postgres, postgres


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """One PostgreSQL for the whole session."""
    with postgres() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An absent journal, on either database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'journal.db'}"
    running: Postgres = request.getfixturevalue("server")
    return running.database()


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """An absent journal in a SQLite file."""
    return f"sqlite:///{tmp_path / 'journal.db'}"
