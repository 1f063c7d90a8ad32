"""Up and down with rows in it, on both databases; and the three places that know the schema agree."""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.errors import ConfigError, DataDamaged, InputMissing, Locked, Unreachable
from bot.journal import migrate, rows
from bot.journal.canonical import journal_hash
from bot.journal.check import check
from bot.journal.maintenance import change, revision
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.schema import HEAD, REVISIONS, SHORTCUT
from bot.journal.sweep_rows import Sweep, SweepTrial
from bot.journal.sweeps import open_sweeps
from bot.journal.tables import metadata
from tests.rooms.journal.build import CPI, Told, the_lesson, writer
from tests.servers import Postgres, binary

NOW = 1_790_000_000_000_000_000


@contextmanager
def raw(url: str) -> Iterator[Any]:
    """A connection that knows nothing of paperpit, in autocommit; SQLite's with the pragmas of ours."""
    path = place(url).path
    if path is None:
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection
        return
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA recursive_triggers = ON")
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


def filled(url: str) -> str:
    """A journal with at least one row in every table that the port writes; gives its hash."""
    with writer(url, warm="9a" * 32) as journal:
        told = Told(journal)
        bracket = the_lesson(told)
        journal.amendment(bracket.stop.client_order_id, "asked", 16802, None, told.at(1551), "breakeven")
        journal.candidate(replace(told.signal(1990), id=journal.next_id(), kind="sweep_weak"), "1m", "ESM2023")
        journal.footprint(bracket.approved.proposal.signal_id, {"cells": [[16801, 5, 6, 0]]})
        told.blocked(2000, CPI)
        journal.control("kill", True, told.at(1), "a person asked")
        journal.mode_change("trading", ["started"], told.at(0))
        journal.link_event("up", told.at(0), "1100")
        journal.calendar_event("cpi", told.at(0), told.at(60), "bls-2026.csv", told.at(0))
        journal.config_revision(
            {"bot.toml": "seed = 2"}, "9a", ["drill"], "bls-2026.csv 1f", told.at(7), "SIGHUP", "me"
        )
        journal.pruned("footprint", 1, 0, NOW)
        journal.anomaly("crossed", 3, told.at(5))
        journal.heartbeat(told.at(9))
        journal.finish({"rows": 360})
    return journal_hash(url)


def test_the_schema_is_the_models(url: str) -> None:
    migrate.upgrade(place(url))
    with migrate.connected(place(url)) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_shortcut_is_what_the_migrations_make() -> None:
    """When this fails, write what `migrate.shortcut()` gives into bot/journal/sqlite.sql."""
    assert SHORTCUT.read_text() == migrate.shortcut()


def test_the_program_knows_every_shipped_revision() -> None:
    assert migrate.revisions() == REVISIONS
    assert REVISIONS[-1] == HEAD


@pytest.mark.parametrize("steps", [("0001", "head"), ("0003", "head"), ("-1", HEAD)])
def test_down_and_up_again_keeps_every_row(url: str, steps: tuple[str, str]) -> None:
    before, lower = filled(url), REVISIONS[-2] if steps[0] == "-1" else steps[0]
    assert change(place(url), steps[0], up=False, now_ns=NOW)[:2] == (HEAD, lower)
    with raw(url) as connection:
        if lower == "0001":
            connection.execute("UPDATE anomaly SET rows = rows")  # without its triggers, nothing refuses
        marks = connection.execute(
            "SELECT mode FROM mode_change WHERE mode IN ('amendment', 'config_revision', 'pruned')"
        )
        kept = sorted(mode for (mode,) in marks.fetchall())
    older = [*(["amendment"] if lower < "0004" else []), *(["config_revision", "pruned"] if lower < "0006" else [])]
    assert kept == older, "an older program has no other place for it"
    assert change(place(url), steps[1], up=True, now_ns=NOW + 10**9)[:2] == (lower, HEAD)
    assert journal_hash(url) == before
    with reading(place(url)) as reader:
        assert check(reader) == []


def test_down_to_nothing_and_up_again_is_an_empty_journal(url: str) -> None:
    filled(url)
    assert change(place(url), "base", up=False, now_ns=NOW)[:2] == (HEAD, None)
    with pytest.raises(InputMissing):
        revision(place(url))
    assert change(place(url), "head", up=True, now_ns=NOW)[:2] == (None, HEAD)
    with reading(place(url)) as reader:
        assert reader.runs == []


def test_a_copy_is_left_before_a_migration(file_url: str) -> None:
    before = filled(file_url)
    copy = change(place(file_url), "base", up=False, now_ns=NOW).copy
    path = place(file_url).path
    assert path is not None
    assert copy == path.with_name(f"journal-{HEAD}-1790000000.db")
    assert journal_hash(str(copy)) == before


def test_a_server_s_journal_is_dumped_before_a_migration(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = binary("pg_dump")
    if program is None:
        pytest.skip("pg_dump is not installed")
    monkeypatch.setattr("bot.journal.maintenance.data_folder", lambda: tmp_path)
    monkeypatch.setenv("PATH", str(Path(program).parent))
    url = server.database()
    before = filled(url)
    copy = change(place(url), "-1", up=False, now_ns=NOW).copy
    assert copy == tmp_path / f"journal-{HEAD}-1790000000.dump"
    # the copy is the journal as it was
    again = server.database("restored")
    subprocess.run(
        [Path(program).with_name("pg_restore"), "--clean", "--if-exists", f"--dbname={again}", copy], check=True
    )
    assert journal_hash(again) == before


def test_without_pg_dump_a_server_s_journal_is_migrated_all_the_same(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    url = server.database()
    filled(url)
    assert change(place(url), "-1", up=False, now_ns=NOW).copy is None


def test_a_journal_that_cannot_be_copied_is_not_migrated(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump: error: server version mismatch' >&2\nexit 1\n")
    (tmp_path / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    url = server.database()
    filled(url)
    with pytest.raises(Unreachable, match="server version mismatch"):
        change(place(url), "-1", up=False, now_ns=NOW)
    assert revision(place(url)) == HEAD


def test_migrating_a_journal_that_somebody_writes_is_refused(url: str) -> None:
    with writer(url), pytest.raises(Locked):
        change(place(url), "0001", up=False, now_ns=NOW)
    assert revision(place(url)) == HEAD


def test_a_journal_from_the_future_is_refused(url: str) -> None:
    filled(url)
    with raw(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match="newer than this program"), reading(place(url)):
        pass
    with pytest.raises(ConfigError, match="newer than this program"):
        writer(url)
    with pytest.raises(ConfigError, match="newer than this program"):
        change(place(url), "head", up=True, now_ns=NOW)


def test_a_database_of_something_else_is_refused(file_url: str) -> None:
    with raw(file_url) as connection:
        connection.execute("CREATE TABLE shopping (item TEXT)")
    with pytest.raises(ConfigError, match="not a paperpit journal"):
        writer(file_url)
    with pytest.raises(ConfigError, match="not a paperpit journal"), reading(place(file_url)):
        pass


def test_a_file_that_is_no_database_is_damaged(file_url: str) -> None:
    path = place(file_url).path
    assert path is not None
    path.write_bytes(b"PAR1 this is a tape " * 100)
    with pytest.raises(DataDamaged):
        writer(file_url)
    with pytest.raises(DataDamaged), reading(place(file_url)):
        pass


def test_an_unknown_revision_is_refused_with_the_known_ones(file_url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        change(place(file_url), "0077", up=True, now_ns=NOW)
    assert "0001" in refused.value.allowed


APPEND_ONLY = [name for name in rows.TABLES if name not in rows.EDITABLE]


def test_rows_can_be_neither_changed_nor_deleted_nor_replaced(url: str) -> None:
    filled(url)
    refused = (sqlite3.IntegrityError, psycopg.errors.RaiseException)
    postgres = place(url).path is None
    with raw(url) as connection:
        for table in APPEND_ONLY:
            held = connection.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0]
            attempts = [f'UPDATE "{table}" SET run = run', f'DELETE FROM "{table}"']
            if postgres:
                attempts = [*attempts, f'TRUNCATE "{table}" CASCADE'] if held else [f'TRUNCATE "{table}" CASCADE']
            else:
                attempts.append(f'INSERT OR REPLACE INTO "{table}" SELECT * FROM "{table}"')
            for attempt in attempts if held or postgres else ():
                with pytest.raises(refused, match="append-only"):
                    connection.execute(attempt)
            assert connection.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0] == held


def test_only_rows_that_were_announced_can_be_let_go(url: str) -> None:
    filled(url)
    with raw(url) as connection:
        seq, run = connection.execute("SELECT seq, run FROM footprint").fetchone()
        refused = (sqlite3.IntegrityError, psycopg.errors.RaiseException)
        with pytest.raises(refused, match="append-only: DELETE on footprint"):
            connection.execute("DELETE FROM footprint")
        connection.execute(f"INSERT INTO pruned VALUES (9000, '{run}', 1, 'footprint', {seq}, 1)")
        with pytest.raises(refused, match="append-only: DELETE on link_event"):
            connection.execute("DELETE FROM link_event")
        connection.execute("DELETE FROM footprint")
        assert connection.execute("SELECT COUNT(*) FROM footprint").fetchone() == (0,)


def test_notes_and_tags_can_be_changed(url: str) -> None:
    filled(url)
    with raw(url) as connection:
        run = connection.execute("SELECT run FROM run").fetchone()[0]
        connection.execute(f"INSERT INTO note VALUES (9001, '{run}', '{run}-1', 1, 'early', 'me')")
        connection.execute("UPDATE note SET text = 'too early'")
        connection.execute("DELETE FROM note")


def test_what_sweeps_found_is_let_go_on_the_way_down_and_may_be_found_again(url: str) -> None:
    asked = Sweep("1m8d9rstwsv23", NOW, "drill-es", "", "[]", 1, 1)
    trial = SweepTrial("9a", "7f", asked.id, "5c", "{}", 3, -2, "{}", "1d", None)
    for at in (NOW, NOW + 10**10):
        with open_sweeps(url, asked.id, lambda: NOW) as sweeps:
            sweeps.begin(asked)
            sweeps.add(trial)
            sweeps.flush()
            assert sweeps.known("7f") == {"9a": "{}"}
            assert sweeps.known("80") == {}
        change(place(url), "-1", up=False, now_ns=at)
        change(place(url), "head", up=True, now_ns=at + 10**9)
