"""What the detectors remember, as one file: taken from engines at any row, and taken up by other engines there.

Definition
    A detector's state is a pure fold over the tape, so that an engine which takes up a snapshot says what the one that
    was snapped would have said next, byte for byte. The file is numpy's .npz without pickles: `header` (JSON) and one
    array for each part of each instrument's memory. It holds nothing of how the tape was cut, so equal memories are
    equal files, and its SHA-256 is its name.
    It is taken up whole or not at all. `misfit` says why not: another format, program, product, tick, detector,
    parameter or layout of memory, or a first row that the snapshot has passed already. A contract of the same product
    but another expiry takes up what was learnt by time of day (CARRIED of the detectors), and no price; so does one
    whose snapshot is of a session that is long over.
Source
    Specification of signals §3.1 (volumes of 20 days), §4 (baselines by half hour); the roll, decision 12.
"""

import hashlib
import importlib.metadata
import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from bot.domain.market import Days
from bot.errors import DataDamaged
from bot.signals import absorption, baseline, gap, imbalance
from bot.signals.engine import Engine, Memory
from bot.signals.engines import MultiEngine

FORMAT = 1
CARRIED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "readers.absorptions": absorption.CARRIED,
    "judges.imbalances": imbalance.CARRIED,
}
_DAMAGED = (zipfile.BadZipFile, zlib.error, ValueError, KeyError, OSError, EOFError, NotImplementedError, SyntaxError)
_HEADER_MAX = 1_000_000
"""numpy refuses a longer description of an array; ours are long, and read as literals only."""


class Section(msgspec.Struct, frozen=True):
    """What a snapshot says of one instrument."""

    product: str
    contract: str
    tick: str
    time_ns: int
    """The first stamp that the next row may have; 0 when it never read a row."""
    session: int
    """Trading day of the open bars as yyyymmdd, and when it opened."""
    opened_ns: int
    silent_until: int
    infers: bool | None
    sources: list[tuple[str, int, str]]
    """(kind, timeframe in ns, hash of the parameters) of every detector, in order."""
    layout: str
    cold: list[str]
    """Detectors of others that cannot be saved: they start cold."""


class Header(msgspec.Struct, frozen=True):
    """What a snapshot says of itself."""

    format: int
    paperpit: str
    market: str
    """Where the ticks came from: a live market's memory is not for a tape's, unless it is named."""
    sections: list[Section]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The memory of every instrument's detectors at one moment."""

    header: Header
    memories: Sequence[Memory]
    hash: str = ""
    """SHA-256 of the file that it was read from."""
    others: Sequence[Mapping[str, Memory]] = field(default_factory=list)
    """Of each instrument, what detectors of others saved, by kind."""
    marks: Any = None
    """Which rows of several instruments come late (`deal.py`), for exactly these instruments in this order."""

    @property
    def time_ns(self) -> int:
        """The first stamp that the next row may have."""
        return max((section.time_ns for section in self.header.sections), default=0)

    def of(self, product: str) -> int:
        """Which section is about a product; −1 when none is."""
        found = [at for at, section in enumerate(self.header.sections) if section.product == product]
        return found[0] if found else -1

    def pack(self) -> bytes:
        """The file. It costs milliseconds: not for the hot path."""
        arrays = {"header": np.frombuffer(msgspec.json.encode(self.header), np.uint8)}
        for at, (memory, others) in enumerate(zip(self.memories, self.others, strict=True)):
            memory = _settled(memory)
            arrays |= {f"{at}/{name}": rows.astype(packed(rows.dtype)) for name, rows in memory.items()}
            for kind, saved in others.items():
                arrays |= {f"{at}/others/{kind}/{name}": np.asarray(rows) for name, rows in saved.items()}
        if self.marks is not None:
            arrays["marks"] = self.marks.astype(packed(self.marks.dtype))
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()


def take(engines: Sequence[Engine], market: str, marks: Any = None) -> Snapshot:
    """Copy what `engines` (with the `marks` of those that go together) remember now; they may go on at once.

    Between two calls of `scan` only.
    """
    memories, others, sections = [], [], []
    for engine in engines:
        saving = {one.kind: one for one in engine.others if getattr(one, "save", None)}
        memories.append(engine.memory())
        others.append({kind: {k: np.array(v) for k, v in one.save().items()} for kind, one in saving.items()})
        started = engine.time_ns > 0
        sections.append(
            Section(
                product=engine.instrument.product,
                contract=engine.instrument.contract or engine.instrument.product,
                tick=str(engine.instrument.tick),
                time_ns=engine.time_ns,
                session=int(engine.day["date"]) if started else 0,
                opened_ns=int(engine.day["open"]) if started else 0,
                silent_until=engine.silent_until,
                infers=engine.infers,
                sources=list(engine.sources),
                layout=layout(memories[-1]),
                cold=[one.kind for one in engine.others if one.kind not in saving],
            )
        )
    header = Header(FORMAT, importlib.metadata.version("paperpit"), market, sections)
    return Snapshot(header, memories, others=others, marks=None if marks is None else marks.copy())


def read(data: bytes, where: str) -> Snapshot:
    """A snapshot from its file's bytes; the memories are as they were packed. Raises DataDamaged."""
    try:
        # numpy reads what describes an array before anybody looks whether it is what was written.
        if (torn := zipfile.ZipFile(io.BytesIO(data)).testzip()) is not None:
            raise zipfile.BadZipFile(f"{torn} is not what was written")
        with np.load(io.BytesIO(data), allow_pickle=False, max_header_size=_HEADER_MAX) as arrays:
            header = msgspec.json.decode(arrays["header"].tobytes(), type=Header)
            marks = arrays["marks"] if "marks" in arrays.files else None
            memories: list[Memory] = [{} for _ in header.sections]
            others: list[dict[str, Memory]] = [{} for _ in header.sections]
            for name in arrays.files:
                at, _, rest = name.partition("/")
                if rest.startswith("others/"):
                    kind, _, key = rest.removeprefix("others/").rpartition("/")
                    others[int(at)].setdefault(kind, {})[key] = arrays[name]
                elif rest:
                    memories[int(at)][rest] = arrays[name]
    except (*_DAMAGED, msgspec.DecodeError, IndexError) as error:
        raise DataDamaged(
            f"is no snapshot of detectors that can be read ({error})", where=where, do="--warm auto, or --warm none"
        ) from error
    return Snapshot(header, memories, hashlib.sha256(data).hexdigest(), others, marks)


def misfit(snapshot: Snapshot, engine: Engine, first_ns: int) -> str:
    """Why an engine whose first row is stamped `first_ns` or later cannot take a snapshot up; empty when it can."""
    header, version = snapshot.header, importlib.metadata.version("paperpit")
    if header.format != FORMAT:
        return f"it has format {header.format}, this program reads {FORMAT}"
    if header.paperpit != version:
        return f"paperpit {header.paperpit} made it, this is {version}"
    at = snapshot.of(engine.instrument.product)
    if at < 0:
        return f"it knows {_and(s.product for s in header.sections)}, not {engine.instrument.product}"
    section = header.sections[at]
    if section.tick != str(engine.instrument.tick):
        return f"its tick of {section.product} is {section.tick}, not {engine.instrument.tick}"
    if not section.time_ns:
        return f"it never saw a row of {section.product}"
    if section.time_ns > first_ns:
        return f"it knows {section.product} up to {section.time_ns}, the first row comes at {first_ns}"
    differs = _differing(section.sources, engine.sources)
    if differs:
        return differs
    if section.layout != layout(engine.memory()):
        return "its detectors remember other things than these"
    return ""


def resume(snapshot: Snapshot, engine: Engine, *, live: bool = False) -> bool:
    """Let a fresh engine go on where the snapshot's stood; False where it takes habits only.

    Habits are what was learnt by time of day: they are all that another contract gives, or a session so long ago that
    the engine's days do not reach back to it. A `live` market went on meanwhile; on a tape only a long silence is a
    gap. Only after `misfit` had nothing to say. Raises what a stranger's `load` raises, before ours is changed.
    """
    at = snapshot.of(engine.instrument.product)
    section, memory, own = snapshot.header.sections[at], snapshot.memories[at], engine.memory()
    day = _index_of(engine.days, section.opened_ns)
    if section.contract != _contract(engine) or day < 0:
        _carry(memory, own, section, engine)
        engine.take_up(own, infers=None, silent_until=0)
        return False
    for detector in engine.others:
        if detector.kind in snapshot.others[at]:
            detector.load(snapshot.others[at][detector.kind])
    taken = {name: memory[name].astype(rows.dtype) for name, rows in own.items()}
    world = taken["world"]
    world["bars"]["day"] = world["frames"]["day"] = day
    world["resumed"] = gap.LIVE if live else gap.ON_TAPE
    engine.take_up(taken, infers=section.infers, silent_until=section.silent_until)
    return True


def together(snapshot: Snapshot, desk: MultiEngine) -> None:
    """Hand on what is known of several instruments together, where they are the same ones in the same order."""
    products = [engine.instrument.product for engine in desk.engines]
    if snapshot.marks is not None and products == [section.product for section in snapshot.header.sections]:
        desk.marks = snapshot.marks.astype(desk.marks.dtype)


def readiness(engine: Engine, first_ns: int) -> list[str]:
    """How much is known of what is usual at `first_ns`, by detector, in words."""
    memory, said = engine.memory(), []
    day = engine.days[max(0, int(np.searchsorted(engine.days["open"], first_ns, side="right")) - 1)]
    opened = int(day["anchor"] if first_ns >= day["anchor"] else day["open"])
    for row in memory["readers.absorptions"]:
        base, args = row["base"], row["args"]
        k = min(baseline.BUCKETS - 1, max(0, (first_ns - opened) // baseline.HALF_HOUR_NS))
        today = int(base["day"]["n"]) if base["open"] == opened else 0
        need = int(args["warmup"])
        known = need if base["buckets"]["n"][k] >= args["season_warmup"] else min(need, today)
        said.append(f"{_named(engine.sources[int(row['source'])])}: {known} of {need} samples")
    for row in memory["judges.imbalances"]:
        slot = (first_ns - int(day["open"])) // int(row["timeframe"])
        days = int(row["seasons"][slot]) if 0 <= slot < imbalance.SLOTS else 0
        name = _named(engine.sources[int(row["source"])])
        said.append(f"{name}: volume of {min(days, imbalance.SEASONS)} of {imbalance.SEASONS} days at this time")
    return said


def _index_of(days: Days, opened: int) -> int:
    found = np.flatnonzero(days["open"] == opened)
    return int(found[0]) if len(found) else -1


def _contract(engine: Engine) -> str:
    return engine.instrument.contract or engine.instrument.product


def _carry(memory: Memory, own: Memory, section: Section, engine: Engine) -> None:
    """Copy what was learnt by time of day into a fresh memory, detector by detector."""
    for name, fields in CARRIED.items():
        for old in memory[name]:
            source = engine.sources.index(section.sources[int(old["source"])])
            (row,) = np.flatnonzero(own[name]["source"] == source)
            for path in fields:
                _at(own[name][row], path)[...] = _at(old, path)


def _at(row: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        row = row[name]
    return row


def _settled(memory: Memory) -> Memory:
    """A memory without what only says how the tape was cut: places in a batch, room, days counted from a first one."""
    world, closed = memory["world"].copy(), memory["closed"].copy()
    bars = world["bars"]
    bars["closed"], bars["cells"], bars["day"] = len(closed), len(memory["cells"]), 0
    world["row"] = world["found"] = world["resumed"] = 0
    # Whatever is due is looked for at the next row.
    world["guards"]["wake"] = 0
    for name in ("row", "day", "cells_from", "cells_to"):
        world["frames"][name] = 0
    for name in ("row", "day"):
        closed[name] = 0
    return {**memory, "world": world, "closed": closed}


def packed(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The same fields without the holes between them, which hold nothing that is meant."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return np.dtype((packed(base), shape))
    if dtype.names is None:
        return dtype
    assert dtype.fields is not None
    return np.dtype([(name, packed(dtype.fields[name][0])) for name in dtype.names])


def layout(memory: Memory) -> str:
    """Twelve letters that name the fields of every array of a memory."""
    words = {name: repr(packed(rows.dtype)) for name, rows in memory.items()}
    return hashlib.sha256(msgspec.json.encode(words, order="sorted")).hexdigest()[:12]


def _differing(theirs: Sequence[Sequence[Any]], ours: Sequence[Sequence[Any]]) -> str:
    """What two rosters differ in, in words; empty when in nothing."""
    old, new = list(map(tuple, theirs)), list(map(tuple, ours))
    if old == new:
        return ""
    gone, come = [s for s in old if s not in new], [s for s in new if s not in old]
    if not gone and not come:
        return "its detectors stand in another order"
    both = {s[:2] for s in gone} & {s[:2] for s in come}
    words = [f"{_named(s)} with other parameters" for s in sorted(both)]
    words += [f"{_named(s)}, which does not run here" for s in gone if s[:2] not in both]
    missing = [_named(s) for s in come if s[:2] not in both]
    return "it " + " and ".join(
        [*([f"has {_and(words)}"] if words else []), *([f"lacks {_and(missing)}"] if missing else [])]
    )


def _named(source: Sequence[Any]) -> str:
    seconds = int(source[1]) // 1_000_000_000
    return f"{source[0]} on {seconds // 60}m" if seconds and seconds % 60 == 0 else f"{source[0]} on {seconds}s"


def _and(words: Any) -> str:
    return ", ".join(dict.fromkeys(words)) or "nothing"
