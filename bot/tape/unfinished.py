"""A tape while it is being recorded: one line of JSON that says what it is, then rows as they lie in memory.

`<name>.part` grows beside the place where `<name>.parquet` will stand; whoever writes it holds the kernel's lock on it.
What a crash leaves behind is made a tape by the next start or by `paperpit tape list`: a last row that is torn is
dropped, with a word; a tape that was half made is taken away and made anew. Between the rows stand marks, rows of
kind 0: until then the market had been listened to.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO

import msgspec
import numpy as np

from bot.domain.market import ABSENT, TICK, Ticks
from bot.durable import GivenUp, waited_for
from bot.errors import DataDamaged, PaperpitError
from bot.tape.facts import ROW_GROUP, TapeFacts
from bot.tape.writer import TapeWriter, half_made

SUFFIX = ".part"
MARK = 0
"""TICK.kind of a row that is none: it only says how far time had come."""
_FORMAT = "paperpit recording 1"
_HEADER_MAX = 65_536

Say = Callable[[str], None]


class Unfinished(PaperpitError):
    """Nobody waits for the tape any more: the recording stays, and the next start makes it."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a recording is of."""

    instrument: str
    contract: str
    tick: str  # decimal points
    source: str
    run: str
    from_ns: int  # since when the market was listened to


class PartFile:
    """The file that a recorder appends to. Raises OSError as the system does; not for several threads."""

    def __init__(self, path: Path, header: Header) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("xb")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        words = {"format": _FORMAT, "row": TICK.itemsize, **asdict(header)}
        self._file.write(msgspec.json.encode(words) + b"\n")
        self._mark: Ticks = np.zeros(1, TICK)
        for name in ("price", "bid", "ask"):
            self._mark[name] = ABSENT

    def append(self, rows: Ticks, until_ns: int) -> None:
        """Add rows, and how far time has come; they are the system's when this returns."""
        self._file.write(np.ascontiguousarray(rows).view(np.uint8).data)
        self._mark["ts"] = until_ns
        self._file.write(self._mark.tobytes())
        self._file.flush()

    def sync(self) -> None:
        """Let it survive a power cut."""
        os.fsync(self._file.fileno())

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._file.tell()

    def close(self) -> None:
        """Let go of the file and of its lock."""
        self._file.close()


def finish(path: Path, say: Say, given_up: GivenUp = waited_for) -> TapeFacts | None:
    """Make the tape of a recording that nobody writes any more, and take the recording away.

    None while somebody writes it, or when it holds no row: then it is taken away all the same. Raises DataDamaged for
    what is no recording, UsageError where the tape cannot be written, Unfinished when it was `given_up` (asked once a
    block of rows); the recording stays then.
    """
    try:
        with _owned(path) as file:
            facts = None if file is None else _made(path, file, say, given_up)
            if file is not None:
                path.unlink()
            return facts
    except FileNotFoundError:
        return None  # another process was quicker


def unfinished(folder: Path) -> list[Path]:
    """Recordings in `folder` that have not become tapes, oldest name first."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))


def look(path: Path) -> tuple[Header | None, int]:
    """What a recording says of itself, None when that cannot be read, and how many rows it has so far."""
    try:
        with path.open("rb") as file:
            header = _header(path, file)
            return header, 0 if header is None else _measured(file, file.tell())[0]
    except (DataDamaged, OSError):
        return None, 0


@contextmanager
def _owned(path: Path) -> Iterator[IO[bytes] | None]:
    """The open file when it could be locked, else None."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield file


def _made(path: Path, file: IO[bytes], say: Say, given_up: GivenUp) -> TapeFacts | None:
    header = _header(path, file)
    if header is None:
        say(f"{path.name}: was cut off before its first row, and is taken away")
        return None
    begin = file.tell()
    count, until = _measured(file, begin, given_up)
    if not count:
        return None
    tape = path.with_suffix(".parquet")
    for half in half_made(tape):  # whoever made it holds no lock any more: it was cut off
        half.unlink(missing_ok=True)
    writer = TapeWriter(
        tape,
        instrument=header.instrument,
        contract=header.contract,
        tick=Decimal(header.tick),
        source=header.source,
        run=header.run,
        from_ns=header.from_ns,
        until_ns=until,
    )
    with writer:
        for block in _blocks(file, begin, given_up):
            writer.append(block[block["kind"] != MARK])
    torn = (file.tell() - begin) % TICK.itemsize
    if torn:
        say(f"{path.name}: its last row is torn ({torn} bytes) and was dropped")
    return writer.facts


def _header(path: Path, file: IO[bytes]) -> Header | None:
    line, begin = file.readline(_HEADER_MAX), b'{"format":"paperpit recording'
    if not line.endswith(b"\n") and line[: len(begin)] == begin[: len(line)]:
        return None
    if not line.startswith(begin):
        raise DataDamaged("is not a recording", where=str(path))
    try:
        words = msgspec.json.decode(line, type=dict[str, object])
        if words.pop("format", None) != _FORMAT or words.pop("row", None) != TICK.itemsize:
            raise DataDamaged("was recorded by another version of paperpit", where=str(path))
        return msgspec.convert(words, Header)
    except msgspec.MsgspecError as error:
        raise DataDamaged(f"is not a recording: {error}", where=str(path)) from None


def _blocks(file: IO[bytes], begin: int, given_up: GivenUp = waited_for) -> Iterator[Ticks]:
    """Everything from `begin` on, marks too. Raises Unfinished when nobody waits for the next one."""
    file.seek(begin)
    while data := file.read(ROW_GROUP * TICK.itemsize):
        if given_up():
            raise Unfinished("the next start finishes it")
        yield np.frombuffer(data[: len(data) // TICK.itemsize * TICK.itemsize], TICK)


def _measured(file: IO[bytes], begin: int, given_up: GivenUp = waited_for) -> tuple[int, int]:
    """How many rows there are, and how far time had come when the recording ended (ns UTC)."""
    count = until = 0
    for block in _blocks(file, begin, given_up):
        count += int(np.count_nonzero(block["kind"] != MARK))
        until = max(until, int(block["ts"].max(initial=0)))
    return count, until
