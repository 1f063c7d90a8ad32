"""What a run writes into a database that has a password, and what is told of it, does not tell that password."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from bot.config import read_bot
from bot.daemon import Asked, Daemon
from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import reading
from bot.resources import shipped
from tests.laws.markets import drill, market
from tests.playing import play
from tests.servers import Postgres

CANARY = "canary-7f3a91"


def test_no_row_no_summary_and_no_status_tells_a_password(tmp_path: Path, server: Postgres) -> None:
    # It trusts whoever comes, so that any password is the right one.
    told = urlsplit(server.database())
    url = told._replace(netloc=f"{told.username}:{CANARY}@{told.hostname}:{told.port}").geturl()
    played = play(tmp_path, market(3), drill(tmp_path), journal=url)
    assert played.fills
    with reading(place(url)) as reader:
        found = {
            name: [row for run in reader.runs for row in reader.read(table, [run])]
            for name, table in rows.TABLES.items()
        }
    assert sum(map(len, found.values())) > 100
    assert CANARY not in repr(found)
    assert CANARY not in json.dumps(played.outcome.summary())
    status = Daemon(Asked(read_bot(shipped("config/bot.toml")), [], url, "process")).status()
    assert CANARY not in json.dumps(status)
    assert f":{told.port}/" in str(status["journal"])
