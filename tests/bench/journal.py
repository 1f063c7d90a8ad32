"""P12 and P13: what the journal costs beside the bare driver, and beside the disk itself.

Both sides insert the same rows into the same schema with the same durability, in turns. Timed is what makes a group
durable; what it costs to say a row (its tuple, its JSON, its link of the chain) is a figure of its own.
"""

import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.domain.order import OrderState
from bot.journal import Writer
from bot.journal.store import inserts
from tests.bench.rows import Row, in_turns
from tests.rooms.journal.build import Told, writer
from tests.servers import postgres

GROUP, GROUPS, SINGLES, ROUNDS = 100, 40, 150, 5
INTENT, INTENTS = 5, 1_000
"""Rows of a decision, a bracket and its three orders; how many of them are timed."""
BLOCK = 4096

Seconds = Callable[[int], float]
"""Make a group of so many rows durable; how long that took."""


def measure() -> list[dict[str, Any]]:
    """One object a figure, as bench.json has them."""
    with tempfile.TemporaryDirectory(prefix="paperpit-bench-journal-") as folder:
        rows = [*_sqlite(Path(folder)), _disk(Path(folder)), *_intents(Path(folder)), _python(Path(folder))]
    return [row.as_json() for row in (*rows, *_postgres())]


def _sqlite(folder: Path) -> Iterator[Row]:
    with ExitStack() as opened:
        ours = opened.enter_context(_told(str(folder / "ours.db"), "power"))
        raw = opened.enter_context(_bare_sqlite(folder / "raw.db"))
        yield from _compared("SQLite", ours, raw)


def _postgres() -> Iterator[Row]:
    try:
        with postgres(fsync=True) as server, ExitStack() as opened:
            ours = opened.enter_context(_told(server.database("ours"), "power"))
            raw = opened.enter_context(_bare_postgres(server.database("raw")))
            yield from _compared("PostgreSQL", ours, raw)
    except pytest.skip.Exception as reason:
        yield Row("P12 PostgreSQL", None, "rows/s", note=str(reason))


def _compared(name: str, ours: Seconds, raw: Seconds) -> Iterator[Row]:
    for what, rows, times, must, aim in (
        (f"group of {GROUP}", GROUP, GROUPS, 0.8, 0.95),
        ("single commit", 1, SINGLES, 0.75, 0.9),
    ):
        rates = in_turns(_rates({"ours": ours, "raw": raw}, rows, times), ROUNDS)
        ratio = rates["ours"] / rates["raw"]
        yield Row(f"P12 {name} {what}", rates["ours"], "rows/s", "the bare driver", ratio, must, aim)


def _intents(folder: Path) -> Iterator[Row]:
    """R13: how long a bracket's intent takes to be durable, at both durabilities, beside the bare driver in turns."""
    for durability, synchronous in (("power", "FULL"), ("process", "NORMAL")):
        with ExitStack() as opened:
            ours = opened.enter_context(_told(str(folder / f"intent-{durability}.db"), durability))
            raw = opened.enter_context(_bare_sqlite(folder / f"intent-{durability}-raw.db", synchronous))
            pairs = [(ours(INTENT), raw(INTENT)) for _ in range(INTENTS)]
        for name, at in (("p50", 50), ("p99", 99)):
            mine, bare = (statistics.quantiles(side, n=100)[at - 1] * 1e3 for side in zip(*pairs, strict=True))
            note = f"bare driver {bare:.3f} ms"
            yield Row(
                f"R13 durable intent, {durability}, {name}", mine, "ms", "the bare driver", mine / bare, note=note
            )


def _disk(folder: Path) -> Row:
    with _told(str(folder / "disk.db"), "power") as ours, (folder / "appended").open("ab", buffering=0) as file:

        def append(rows: int) -> float:
            begun = time.perf_counter()
            for _ in range(rows):
                file.write(bytes(BLOCK))
                os.fdatasync(file.fileno())
            return time.perf_counter() - begun

        rates = in_turns(_rates({"ours": ours, "disk": append}, 1, SINGLES), ROUNDS)
    ratio = rates["ours"] / rates["disk"]
    note = f"disk {rates['disk']:,.0f}/s"
    return Row("P13 SQLite FULL", rates["ours"], "commits/s", "append + fdatasync", ratio, 0.6, 0.8, note=note)


def _python(folder: Path) -> Row:
    with writer(str(folder / "python.db")) as journal:
        bracket = Told(journal).bracket(0)
        told = 5_000

        def say() -> float:
            begun = time.perf_counter()
            for ts in range(told):
                journal.order_state(bracket.entry.client_order_id, OrderState.WORKING, ts)
            return (time.perf_counter() - begun) / told * 1e6

        spent = in_turns({"ours": say}, ROUNDS)["ours"]
    return Row("Python per chained journal row", spent, "us", must=10, less=True)


def _rates(sides: Mapping[str, Seconds], rows: int, times: int) -> dict[str, Callable[[], float]]:
    """Rows a second of each side."""

    def rate(side: Seconds) -> float:
        return rows * times / sum(side(rows) for _ in range(times))

    return {name: partial(rate, side) for name, side in sides.items()}


@contextmanager
def _told(url: str, durability: str) -> Iterator[Seconds]:
    """The journal's own writer."""
    with writer(url, durability=durability) as journal:
        yield partial(_commit, journal, Told(journal).bracket(0).entry.client_order_id)


def _commit(journal: Writer, order_id: str, rows: int) -> float:
    for ts in range(rows):
        journal.order_state(order_id, OrderState.WORKING, ts)
    begun = time.perf_counter()
    journal.commit()
    return time.perf_counter() - begun


@contextmanager
def _bare_sqlite(path: Path, synchronous: str = "FULL") -> Iterator[Seconds]:
    """sqlite3 alone, with the journal's schema and settings."""
    order, run = _prepared(str(path))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")
        insert, numbers = inserts("?")["order_event"], count(1_000_000)

        def write(rows: int) -> float:
            made = [_row(next(numbers), run, order) for _ in range(rows)]
            begun = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(insert, made)
            connection.execute("COMMIT")
            return time.perf_counter() - begun

        yield write


@contextmanager
def _bare_postgres(url: str) -> Iterator[Seconds]:
    """psycopg alone, with the journal's schema and settings."""
    order, run = _prepared(url)
    with psycopg.connect(url, options="-c synchronous_commit=on") as connection:
        insert, numbers = inserts("%s")["order_event"].encode(), count(1_000_000)

        def write(rows: int) -> float:
            made = [_row(next(numbers), run, order) for _ in range(rows)]
            begun = time.perf_counter()
            connection.cursor().executemany(insert, made)
            connection.commit()
            return time.perf_counter() - begun

        yield write


def _prepared(url: str) -> tuple[str, str]:
    with writer(url) as journal:
        return Told(journal).bracket(0).entry.client_order_id, journal.run


def _row(seq: int, run: str, order: str) -> tuple[object, ...]:
    return (seq, run, order, "working", seq, "desk", "", "", "0" * 64)
