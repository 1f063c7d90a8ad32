"""A journal of a live year, made by bulk insert through the journal's own tables, and how long its review takes.

    build(path, round_trips, signals)    250 sessions of ES, one run each, with the same share of everything in each

As from the desk, five bars of footprint lie beside every signal that a strategy asked something for. Its rows are what
readers look at. They are not chained: `paperpit db check` finds no fault with the tables and every fault with the
hashes.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from bot.domain.instrument import Instrument
from bot.journal import canon, rows
from bot.journal.place import place
from bot.journal.schema import prepare_sqlite
from bot.journal.store import SqliteStore
from bot.resources import shipped
from bot.sessions import days_of
from tests.bench.rows import Row, in_turns
from tests.rooms.journal.build import ES

SESSIONS = 250
ROUND_TRIPS, SIGNALS = 5_000, 500_000
FIRST_NS = 1_735_900_000 * 1_000_000_000  # 3 January 2025
SECOND = 1_000_000_000
STOP, TARGET = 6, 12
WINS = 0.37
ROUNDS = 3
KINDS = ("absorption", "rejection", "absorption_rejection", "sweep", "imbalance", "exhaustion")
BLOCKED_SHARE = 0.1
"""Of signals: what a strategy proposed and the gate refused."""
BARS = 5
MINUTE = 60 * SECOND
NO_CHAIN = "0" * 64


def build(path: Path, round_trips: int = ROUND_TRIPS, signals: int = SIGNALS, *, seed: int = 1) -> None:
    """Write the journal of a year with so many round trips and signals; an absent file is made."""
    draw = random.Random(seed)
    found = days_of(ES, FIRST_NS, FIRST_NS + 400 * 86_400 * SECOND)
    texts = _config()
    where = place(str(path))
    with closing(SqliteStore(path, synchronous="OFF")) as store:
        prepare_sqlite(store, where)
        seq = 0
        for index, day in enumerate(found[:SESSIONS]):
            made = Session(f"y{index:03}", int(day["anchor"]), int(day["anchor_close"]), draw, texts, seq)
            made.tell(_share(round_trips, index), _share(signals, index))
            store.write([(name, made.told[name]) for name in rows.TABLES if name in made.told])
            seq = made.seq


def _share(whole: int, index: int) -> int:
    return whole * (index + 1) // SESSIONS - whole * index // SESSIONS


def _config() -> str:
    strategy = (shipped("config") / "strategies/es-open-absorption.toml").read_text()
    bot = (shipped("config") / "bot.toml").read_text()
    return json.dumps({"bot.toml": bot, "strategies/es-open-absorption.toml": strategy, "calendar": "x" * 27_000})


@dataclass
class Session:
    """Tells one session, in order."""

    run: str
    opens: int
    closes: int
    draw: random.Random
    texts: str
    seq: int
    ordinal: int = 0
    price: int = 27_412
    market: random.Random = field(default_factory=lambda: random.Random(0))
    """Of prices and footprints: what they are changes no outcome."""
    instrument: Instrument = ES
    told: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def tell(self, round_trips: int, signals: int) -> None:
        """Everything of the session: signals with some refusals, and brackets at even distances among them."""
        self._begin()
        step = (self.closes - self.opens) // (signals + 1)
        traded = {(i + 1) * signals // (round_trips + 1) for i in range(round_trips)}
        for index in range(signals):
            ts = self.opens + (index + 1) * step
            self.price += self.market.randrange(-1, 2)
            signal = self._signal(ts, KINDS[index % len(KINDS)])
            if index in traded:
                self._bracket(signal, ts + SECOND // 4)
                self._footprints(signal, ts)
            elif self.draw.random() < BLOCKED_SHARE:
                self._decision(signal, ts + SECOND // 4, 1, "blocked")
                self._footprints(signal, ts)
        wall = self.closes + 60 * SECOND
        self._add(rows.ModeChange, "stopped", "[]", self.closes, wall, "{}", NO_CHAIN)

    def _add(self, row: type[rows.Row], *values: Any) -> None:
        self.seq += 1
        name = next(name for name, kind in rows.TABLES.items() if kind is row)
        self.told.setdefault(name, []).append((self.seq, self.run, *values))

    def _id(self) -> str:
        self.ordinal += 1
        return f"{self.run}-{self.ordinal}"

    def _begin(self) -> None:
        it, started = self.instrument, self.opens - 3_600 * SECOND
        self._add(
            *(rows.Run, started, "ib", "DU1234567", it.contract, "[]", self.texts, "71d99c3492e85a81"),
            *('["es-open-absorption"]', 1, "", "config/calendar", '{"paperpit":"0.1.0"}', 0, ""),
        )
        self._add(
            *(rows.Instrument, 0, it.product, it.contract, "future", str(it.tick), str(it.tick_value), "USD", "CME"),
            *(it.calendar, it.zone, it.regular_open, it.regular_close, "2.25", 0),
        )

    def _signal(self, ts: int, kind: str) -> str:
        name, atr = self._id(), round(self.draw.uniform(3, 12), 3)
        evidence = f'{{"atr_ticks":{atr},"level":27411.0,"share":0.71,"volume":287.8,"z":2.96,"zone":27428.0}}'
        self._add(
            *(rows.Signal, name, ts, ts + SECOND // 4, "ES", self.instrument.contract, "1m", kind),
            *(self.draw.choice((1, -1)), self.price, 2.96, evidence, "06f806e0ef65"),
        )
        return name

    def _decision(self, signal: str, ts: int, side: int, verdict: str) -> str:
        name, at = self._id(), self.price
        message = "the stop is 2 ticks away, allowed are 3 to 40"
        reason = {"rule": "stop_distance", "message": message, "facts": {"max": 40, "min": 3, "ticks": 2}}
        reasons = json.dumps([reason] if verdict == "blocked" else [])
        self._add(
            *(rows.Decision, name, ts, ts, verdict, "es-open-absorption", "ES", self.instrument.contract, side),
            *(signal, 1, at, at - side * STOP, at + side * TARGET, 120 * SECOND, 1_200 * SECOND),
            *("sellers absorbed at 6852.75", "{}", "{}", reasons, NO_CHAIN),
        )
        return name

    def _footprints(self, signal: str, ts: int) -> None:
        """The minutes up to a signal: one wanders off from where the last one closed."""
        end, price = ts - ts % MINUTE - (BARS - 1) * MINUTE, self.price
        for at in range(BARS):
            bar = _bar(self.market, end + at * MINUTE, price)
            text = msgspec.json.encode(bar).decode()
            self._add(rows.Footprint, signal, text, canon.digest(text))
            price = bar["close"]

    def _bracket(self, signal: str, ts: int) -> None:
        side, entry = self.draw.choice((1, -1)), self.price
        decision, bracket, contract = self._decision(signal, ts, side, "approved"), self._id(), self.instrument.contract
        stop, target = entry - side * STOP, entry + side * TARGET
        self._add(
            *(rows.Bracket, bracket, decision, signal, "es-open-absorption", "ES", contract, side, 1),
            *(entry, stop, target, 1_200 * SECOND, ts),
        )
        orders: Sequence[tuple[str, int, str, int | None, int | None]] = (
            ("entry", side, "limit", entry, None),
            ("stop", -side, "stop", None, stop),
            ("target", -side, "limit", target, None),
        )
        names = [self._id() for _ in orders]
        for name, (role, way, kind, price, trigger) in zip(names, orders, strict=True):
            self._add(rows.Order, name, bracket, "ES", contract, role, way, kind, 1, price, trigger, ts, "", 0)
        self._add(rows.BracketEvent, bracket, "sent", ts, "sent to the broker")
        for name in names:
            self._add(rows.OrderEvent, name, "working", ts, "broker", "77", "", NO_CHAIN)
        won = self.draw.random() < WINS
        left = ts + self.draw.randrange(30, 1_200) * SECOND
        slipped = 0 if won else int(self.draw.random() < 0.2)
        exit_price = target if won else stop - side * slipped
        self._fill(names[0], bracket, "entry", side, entry, ts + 5 * SECOND)
        self._fill(names[2] if won else names[1], bracket, "target" if won else "stop", -side, exit_price, left)
        against, with_us = (self.draw.randrange(STOP), TARGET) if won else (STOP + slipped, self.draw.randrange(TARGET))
        self._add(rows.Excursion, bracket, against, with_us)
        self._add(rows.BracketEvent, bracket, "closed", left, "target" if won else "stop")

    def _fill(self, order: str, bracket: str, role: str, side: int, price: int, ts: int) -> None:
        execution = f"{order}.1"
        self._add(
            *(rows.Fill, self._id(), execution, order, bracket, "ES", self.instrument.contract, role, side, 1),
            *(price, ts, "live", "ib", None, NO_CHAIN),
        )
        self._add(rows.Commission, execution, "2.25", "USD")
        self._add(rows.OrderEvent, order, "filled", ts, "broker", "77", "", NO_CHAIN)


def _bar(draw: random.Random, end: int, opened: int) -> dict[str, Any]:
    """A minute of ES, some two points wide, as the desk writes it."""
    low = opened - draw.randrange(4)
    cells = [(low + at, draw.randrange(130), draw.randrange(130), 0) for at in range(draw.randrange(4, 10))]
    sold, bought = sum(cell[1] for cell in cells), sum(cell[2] for cell in cells)
    return {
        **{"timeframe": MINUTE, "start": end - MINUTE, "end": end, "open": opened, "high": cells[-1][0], "low": low},
        **{"close": draw.choice(cells)[0], "poc": max(cells, key=lambda cell: cell[1] + cell[2])[0]},
        **{"buy": bought, "sell": sold, "unknown": 0, "delta": bought - sold, "delta_min": min(0, bought - sold)},
        **{"delta_max": max(0, bought - sold), "prints": (sold + bought) // 4, "flags": (), "cells": cells},
    }


def measure() -> list[dict[str, Any]]:
    """One object a figure, as bench.json has them."""
    with tempfile.TemporaryDirectory(prefix="paperpit-bench-year-") as folder:
        path = Path(folder) / "journal.db"
        build(path)
        return [row.as_json() for row in _asked(path)]


def _asked(path: Path) -> Iterator[Row]:
    """The answers that take the most of it."""
    among = f"{ROUND_TRIPS:,} round trips among {SIGNALS:,} signals"
    yield _answer(path, "journal stats of a year", 2, among, "stats")
    yield _answer(path, "why there was no trade at 10:14, of a year", 10, among, "explain", "10:14")


def _answer(path: Path, name: str, must: float, note: str, *words: str) -> Row:
    command = [str(Path(sys.executable).with_name("paperpit")), "journal", *words, "--journal", str(path), "--json"]

    def seconds() -> float:
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - begun

    seconds()  # what is read from the disk is read once
    used = _processor_seconds()
    spent = in_turns({name: seconds}, ROUNDS)[name]
    own = (_processor_seconds() - used) / ROUNDS
    return Row(name, spent, "s", must=must, less=True, note=f"{note}; processor {own:.2f} s")


def _processor_seconds() -> float:
    """What the programs that were started have used so far."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
