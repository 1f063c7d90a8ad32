"""The journals that daemons are killed on: a file, or a PostgreSQL of its own that goes away now and then."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.servers import Postgres, postgres

Kind = Literal["sqlite", "postgres"]


@dataclass(frozen=True)
class Journal:
    """Where the daemons of one episode write."""

    kind: Kind
    url: str
    server: Postgres | None = None

    async def restart(self) -> bool:
        """Let the database go and come back, as after a crash of it; False where there is no server."""
        if self.server is None:
            return False
        await asyncio.to_thread(self.server.restart)
        return True


@contextmanager
def journal(kind: Kind, folder: Path) -> Iterator[Journal]:
    """An empty journal that lives as long as the block."""
    if kind == "sqlite":
        yield Journal(kind, f"sqlite:///{folder / 'journal.db'}")
        return
    with postgres(fsync=True) as server:
        yield Journal(kind, server.database(), server)
