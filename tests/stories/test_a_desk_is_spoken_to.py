"""A desk that owns its journal, and a person who speaks to it from another terminal."""

import json
import os
from pathlib import Path

from bot.journal import rows
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from tests.programs import ended, program


async def test_what_is_said_about_its_rows_and_to_it_ends_in_its_journal(tmp_path: Path) -> None:
    # given a desk on a market that goes on
    journal, desk = f"sqlite:///{tmp_path / 'journal.db'}", f"spoken-{os.getpid()}"
    here = {"PAPERPIT_JOURNAL": journal}
    given = ("--adapter", "synthetic", "--strategy", "drill-es.toml", "--calendar", "none", "--warm", "none", "--once")
    async with program("run", *given, "--desk", desk, env=here) as running:
        await running.until("trading")
        _, told = await ended("journal", "runs", "--json", env=here)
        run = json.loads(told.told)[-1]["run"]
        # when a person notes and tags, and stops a strategy alone
        said = [
            await ended(*words, env=here)
            for words in (
                ("journal", "note", run, "a", "slow", "morning"),
                ("journal", "tag", run, "slow"),
                ("stop", "--strategy", "drill-es", "--reason", "lunch", "--desk", desk),
                ("stop", "--desk", desk),
            )
        ]
        assert [code for code, _ in said] == [0, 0, 0, 0], [one.words for _, one in said]
        assert "stopped: drill-es; entries are cancelled" in said[2][1].told
        assert await running.code() == 0
    # then all of it is there, with who said it
    with reading(place(journal)) as reader:
        assert check(reader) == []
        notes, tags = reader.read(rows.Note, reader.runs), reader.read(rows.Tag, reader.runs)
        commands = reader.read(rows.Command, reader.runs)
    assert [(row.run, row.subject, row.text, bool(row.who)) for row in notes] == [(run, run, "a slow morning", True)]
    assert [row.name for row in tags] == ["slow"]
    assert [(row.verb, row.strategy, row.reason, bool(row.who)) for row in commands] == [
        ("stop", "drill-es", "lunch", True),
        ("stop", "", "", True),
    ]
