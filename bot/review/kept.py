"""Answers of tapes to runs that are over, kept as files: the tape of a day takes a second to read, a year's minutes.

A file holds the answer to a run's wishes and what it depends on: those wishes and whoever answers (`mark`). Where one
of them is another now, the tape is asked again.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from bot import durable
from bot.domain.what_if import Wish
from bot.journal.reading import Reader, RunInfo

T = TypeVar("T")


class _File(msgspec.Struct, Generic[T]):
    key: str
    answer: T


def kept(
    ask: Callable[[RunInfo, Sequence[Wish]], T], kind: type[T], reader: Reader, folder: Path, mark: bytes
) -> Callable[[RunInfo, Sequence[Wish]], T]:
    """The same, but a run that has ended is asked once; its answer is of that kind. Raises what `ask` raises."""
    # A type that is only known here.
    file: msgspec.json.Decoder[_File[T]] = msgspec.json.Decoder(_File[kind])  # type: ignore[valid-type]

    def answer(run: RunInfo, wishes: Sequence[Wish]) -> T:
        if reader.end(run.run) is None:
            return ask(run, wishes)
        path, key = folder / f"{run.run}.json", _key(wishes, mark)
        found = _read(path, file)
        if found is not None and found.key == key:
            return found.answer
        said = ask(run, wishes)
        with suppress(OSError):  # what cannot be kept costs time, nothing else
            folder.mkdir(parents=True, exist_ok=True)
            durable.replace(path, [msgspec.json.encode(_File(key, said))])
        return said

    return answer


def _read(path: Path, file: msgspec.json.Decoder[_File[T]]) -> _File[T] | None:
    try:
        return file.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None


def _key(wishes: Sequence[Wish], mark: bytes) -> str:
    return hashlib.sha256(mark + msgspec.json.encode(wishes)).hexdigest()
