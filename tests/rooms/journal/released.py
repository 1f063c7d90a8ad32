"""Journals as released programs left them: killed, with a position under its stop. One a revision, in `journals/`.

    python -m tests.rooms.journal.released      writes the one of this program's own revision, once, when it is released

A file is SQL that both databases read: the statements that make the tables as SQLite had them, and the rows.
"""

import asyncio
import re
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from bot.domain.command import pause_key
from bot.domain.order import CommissionReport
from bot.journal import migrate, rows
from bot.journal.place import place
from bot.journal.schema import HEAD
from tests.rooms.orders.far import Desk, Far

FOLDER = Path(__file__).parent / "journals"
ROW = re.compile(r'^INSERT INTO "(\w+)" ')


def main() -> None:
    """Write the journal of this program's revision. Refuses to write one anew: what was released is released."""
    with tempfile.TemporaryDirectory() as folder, (FOLDER / f"{HEAD}.sql").open("x") as file:
        path = Path(folder) / "journal.db"
        asyncio.run(killed(f"sqlite:///{path}"))
        file.writelines(f"{statement};\n" for statement in dumped(path))


async def killed(url: str) -> None:
    """A desk that has made a round trip, holds a position of the next one and has an entry at work, and is killed."""
    far = Far()
    desk = await Desk.open(url, far).start()
    await desk.open_one()
    far.said.append(CommissionReport("x1", "2.25", "USD"))
    far.fill("target")
    far.end("stop")
    await desk.hear()
    await desk.wait(2)
    await desk.open_one(quantity=2)
    await desk.wait(2)
    await desk.place(entry=16790)
    far.ack()
    await desk.hear()
    desk.journal.control(pause_key("drill", ""), True, far.now, "a person asked")
    desk.journal.heartbeat(far.now)
    desk.journal.commit()
    desk.die()


def dumped(path: Path) -> list[str]:
    """A SQLite journal as statements, parents before children."""
    with closing(sqlite3.connect(path)) as connection:
        made = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type = 'table'").fetchall()
        rest = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'table'").fetchall()
        found = [" ".join(sql.split()) for (sql,) in made]
        for table in ("alembic_version", *rows.TABLES):
            columns = [name for _, name, *_ in connection.execute(f'PRAGMA table_info("{table}")')]
            quoted = " || ', ' || ".join(f'quote("{name}")' for name in columns)
            names = ", ".join(f'"{name}"' for name in columns)
            for (values,) in connection.execute(f'SELECT {quoted} FROM "{table}" ORDER BY rowid'):
                found.append(f'INSERT INTO "{table}" ({names}) VALUES ({values})')
    return found + [" ".join(sql.split()) for (sql,) in rest]


def restored(url: str, revision: str) -> None:
    """The journal that the program of `revision` left, at `url`."""
    text = (FOLDER / f"{revision}.sql").read_text()
    where = place(url)
    if where.path is not None:
        with closing(sqlite3.connect(where.path)) as connection:
            connection.executescript(text)
        return
    import psycopg

    migrate.upgrade(where, revision)
    with psycopg.connect(where.url) as server:
        for line in text.splitlines():
            found = ROW.match(line)
            if found and found[1] != "alembic_version":
                server.execute(line.encode())


if __name__ == "__main__":
    main()
