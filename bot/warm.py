"""Where the detectors' memory lies between two runs: chosen at a start, written while time passes.

    warm/20260527T200000Z-ES-<hash>.npz            at every minute of event time; the last few are kept
    warm/20260527T210000Z-ES-<hash>-session.npz    at a session's end; the last twenty
    warm/used/<SHA-256>.npz                        what a run started with, for its repetition

The folder lies beside the journal. Memory is copied right after a scan, packed and written by a thread: a slow disk
costs snapshots, never time at the desk. A file is whole or not there: it is written elsewhere and renamed.
"""

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from bot.config.params import MINUTE_NS, SECOND_NS
from bot.domain.market import Events, Ticks
from bot.errors import ConfigError, DataDamaged, InputMissing, PaperpitError
from bot.ports import Adapter
from bot.signals import snapshot
from bot.signals.engine import Engine
from bot.signals.engines import MultiEngine
from bot.signals.snapshot import Snapshot
from bot.tape.writer import AtomicFile

AUTO, NONE = "auto", "none"
RECORDED = "sha256:"
"""Before the hash of a snapshot that an earlier run started with."""
MINUTES_KEPT, SESSIONS_KEPT = 3, 20
REACH_NS = 10 * 24 * 60 * MINUTE_NS
"""Of an older session only habits are taken up."""


def folder(url: str) -> Path:
    """The folder of the snapshots that belong to a journal: beside its file, else in the data folder."""
    from bot.journal.place import place
    from bot.resources import data_folder

    path = place(url).path
    return (path.absolute().parent if path else data_folder()) / "warm"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of the detectors' memory."""

    start: str = NONE
    """What they start with: `auto`, `none`, a file, or `sha256:` and the hash of what a run started with."""
    lies: Path | None = None
    """Where snapshots lie; None: beside the journal."""
    keep: bool = False
    """Whether they are saved as time passes."""
    save: Path | None = None
    """Where they are saved when the market has ended."""
    live: bool = False
    """Whether the tape is a live market's: it went on between what was saved and the first row."""


class Memories:
    """The memory of one run's detectors, from what they start with to where they are left. A context manager."""

    def __init__(self, wanted: Wanted, journal: str, adapter: Adapter) -> None:
        """Find what is wanted. Raises InputMissing for a file that is not there, DataDamaged for a bad one."""
        self._wanted, self._adapter = wanted, adapter
        self._folder = wanted.lies or folder(journal)
        self._market = market_of(adapter.name, adapter.tapes)
        self._keeper = Keeper(self._folder, self._market) if wanted.keep else None
        self._desk: MultiEngine | None = None
        self.hash = ""
        """SHA-256 of the snapshot that the detectors started with; empty: they started cold."""
        self.notes: list[str] = []
        """What is to be said about the start."""
        self._found = self._find()

    def __enter__(self) -> "Memories":
        return self

    def __exit__(self, *exc: object) -> None:
        if self._keeper is not None:
            self._keeper.close()

    @property
    def reach_ns(self) -> int:
        """From when on (ns UTC) sessions have to be known, so that a snapshot's own is among them."""
        first = self._adapter.market.first_ns
        opened = [section.opened_ns for _, one in self._found for section in one.header.sections if section.time_ns]
        return min([first, *(ns for ns in opened if self._named or ns >= first - REACH_NS)])

    @property
    def _named(self) -> bool:
        return self._wanted.start not in (AUTO, NONE)

    def _find(self) -> list[tuple[Path, Snapshot]]:
        """The snapshots that may be meant, the best first."""
        start = self._wanted.start
        if start == NONE:
            return []
        if self._named:
            return [_named(start, self._folder)]
        found = []
        for path in sorted(self._folder.glob("*.npz"), reverse=True):
            try:
                read = snapshot.read(path.read_bytes(), str(path))
            except (DataDamaged, OSError) as error:
                self.notes.append(f"passed over {path.name}: {error}".splitlines()[0])
                continue
            if read.header.market == self._market and read.time_ns <= self._adapter.market.first_ns:
                found.append((path, read))
        return found

    def begin(self, engines: Sequence[Engine]) -> MultiEngine:
        """One engine of the fresh ones, which go on from the best snapshot that fits.

        That is the first that fits all of them, else the first that fits any. Raises ConfigError when a named one does
        not fit.
        """
        desk = MultiEngine(engines) if self._keeper is None else KeptEngine(engines, self._keeper)
        if self._wanted.start != NONE:
            self._take_up(desk)
        self._desk = desk
        return desk

    def _take_up(self, desk: MultiEngine) -> None:
        engines = desk.engines
        chosen: tuple[Path, Snapshot, list[int]] | None = None
        first_ns = self._adapter.market.first_ns
        for path, one in self._found:
            misfits = [snapshot.misfit(one, engine, first_ns) for engine in engines]
            if self._named and any(misfits):
                why = "; ".join(dict.fromkeys(filter(None, misfits)))
                raise ConfigError(f"the snapshot does not fit: {why}", where=str(path), do="--warm auto or none")
            fit = [at for at, why in enumerate(misfits) if not why]
            if fit and (chosen is None or len(fit) == len(engines)):
                chosen = path, one, fit
            if len(fit) == len(engines):
                break
            if not fit and not self.notes:
                self.notes.append(f"{path.name} does not fit: {misfits[0]}")
        whole: set[int] = set()
        if chosen is not None:
            path, one, fit = chosen
            kept = self._folder / "used" / f"{one.hash}.npz"
            if not kept.exists():
                _write(kept, path.read_bytes())
            self.hash, live = one.hash, self._wanted.live or self._adapter.market.last_ns is None
            whole = {at for at in fit if snapshot.resume(one, engines[at], live=live)}
            if len(whole) == len(engines):
                snapshot.together(one, desk)
        for at, engine in enumerate(engines):
            self.notes += _told(engine, chosen, fits=chosen is not None and at in chosen[2], whole=at in whole)
            self.notes += [f"  {line}" for line in snapshot.readiness(engine, first_ns)]

    def end(self, *, stopped: bool) -> str:
        """Save the detectors, where that is wanted; why the newest snapshot could not be written, if it could not.

        A tape is scanned ahead of the desk: what was stopped on it remembers more than was traded, and is not saved.
        Raises UsageError when a file that was named cannot be written.
        """
        whole = not stopped or self._adapter.market.last_ns is None
        if whole and self._wanted.save is not None and self._desk is not None:
            _write(self._wanted.save, snapshot.take(self._desk.engines, self._market, self._desk.marks).pack())
        if self._keeper is None:
            return ""
        self._keeper.close(self._desk if whole else None)
        return self._keeper.trouble


def _named(start: str, lies: Path) -> tuple[Path, Snapshot]:
    recorded = start.startswith(RECORDED)
    wanted = start.removeprefix(RECORDED)
    path = lies / "used" / f"{wanted}.npz" if recorded else Path(start).expanduser()
    if not path.is_file():
        raise InputMissing(
            "the snapshot that the detectors should start with is not there",
            where=str(path),
            do="put it back, or --warm none" if recorded else "--warm auto, or --warm none",
        )
    read = snapshot.read(path.read_bytes(), str(path))
    if recorded and read.hash != wanted:
        raise DataDamaged("is not the snapshot that the run started with: its hash differs", where=str(path))
    return path, read


def _write(path: Path, data: bytes) -> None:
    with AtomicFile(path) as file:
        file.write(data)


def _told(engine: Engine, chosen: tuple[Path, Snapshot, list[int]] | None, *, fits: bool, whole: bool) -> list[str]:
    """What of an instrument's detectors is warm now."""
    product = engine.instrument.product
    if chosen is None or not fits:
        return [f"{product}: detectors start cold"]
    path, one, _ = chosen
    section = one.header.sections[one.of(product)]
    until = f"{datetime.fromtimestamp(section.time_ns // SECOND_NS, UTC):%Y-%m-%d %H:%M:%S}Z"
    what = "all that detectors knew" if whole else "what was learnt by time of day"
    notes = [f"{product}: {what} at {until} ({path.name})"]
    if section.cold and whole:
        notes.append(f"{product}: {', '.join(section.cold)} cannot be saved and starts cold")
    return notes


def market_of(name: str, tapes: Sequence[Mapping[str, Any]]) -> str:
    """What kind of market an adapter is: the memory of a made one is never taken for that of a real one."""
    made = any(str(tape.get("source", "")).startswith(("synthetic", "played")) for tape in tapes)
    return f"{name}, synthetic" if made and name != "synthetic" else name


class Keeper:
    """Saves what detectors remember: at each minute of event time that a scan passes, once at each session's end."""

    def __init__(self, where: Path, market: str) -> None:
        self._where, self._market = where, market
        self._due = 0
        self._ended: frozenset[int] = frozenset()
        self._thread = ThreadPoolExecutor(1, "warm")
        self._lock = Lock()
        self._next: tuple[Snapshot, bool] | None = None
        self.trouble = ""
        """Why the newest snapshot could not be written; empty when it was."""

    def seen(self, desk: MultiEngine, now: int) -> None:
        """A scan has come to `now` (ns UTC). Copies at most; nothing waits for the disk."""
        if now < self._due:
            return
        self._due = (now // MINUTE_NS + 1) * MINUTE_NS
        started = [engine for engine in desk.engines if engine.time_ns]
        over = frozenset(int(e.day["close"]) for e in started) if all(now >= e.day["close"] for e in started) else None
        # A session that is over is saved once: the night between two adds nothing.
        if not started or (over is not None and over == self._ended):
            return
        self._ended = over if over is not None else frozenset()
        taken = snapshot.take(desk.engines, self._market, desk.marks)
        with self._lock:
            idle, self._next = self._next is None, (taken, over is not None)
        if idle:
            self._thread.submit(self._write)

    def close(self, desk: MultiEngine | None = None) -> None:
        """Save once more, if there is a desk to save, and wait until all is written."""
        self._due = 0
        self._ended = frozenset()
        if desk is not None:
            self.seen(desk, max(engine.time_ns for engine in desk.engines))
        self._thread.shutdown(wait=True)

    def _write(self) -> None:
        # The newest memory wins: where the disk is slower than the market, those in between are never written.
        with self._lock:
            job = self._next
            self._next = None
        if job is None:
            return
        taken, session = job
        try:
            data = taken.pack()
            _write(self._where / name_of(taken, data, session=session), data)
            _prune(self._where)
            self.trouble = ""
        except (OSError, PaperpitError) as error:
            self.trouble = str(error)


def name_of(taken: Snapshot, data: bytes, *, session: bool) -> str:
    """A snapshot's file name: its time, its products, its hash; and that a session ended with it."""
    at = datetime.fromtimestamp(taken.time_ns // SECOND_NS, UTC)
    products = "+".join(section.product for section in taken.header.sections)
    return f"{at:%Y%m%dT%H%M%SZ}-{products}-{hashlib.sha256(data).hexdigest()[:12]}{'-session' * session}.npz"


def _prune(where: Path) -> None:
    files = sorted(where.glob("*.npz"))
    sessions = [path for path in files if path.stem.endswith("-session")]
    minutes = [path for path in files if not path.stem.endswith("-session")]
    for path in [*sessions[:-SESSIONS_KEPT], *minutes[:-MINUTES_KEPT]]:
        with suppress(OSError):
            path.unlink()


class KeptEngine(MultiEngine):
    """A MultiEngine whose memory a Keeper is shown after every scan."""

    def __init__(self, engines: Sequence[Engine], keeper: Keeper) -> None:
        super().__init__(engines)
        self._keeper = keeper

    def scan(self, ticks: Ticks, until: int = 0) -> Events:
        """As a MultiEngine."""
        events = super().scan(ticks, until)
        if len(ticks):
            until = max(until, int(ticks["ts"][-1]))
        self._keeper.seen(self, until)
        return events
