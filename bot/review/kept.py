"""Answers of tapes to runs that are over, kept as files: the tape of a day takes a second to read, a year's minutes.

A file holds the answer to a run's wishes and what it depends on: those wishes and whoever answers (`mark`). Where one
of them is another now, the tape is asked again.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from bot import durable
from bot.domain.what_if import Answer, Wish
from bot.journal.reading import Reader, RunInfo
from bot.review.refused import Ask


class _File(msgspec.Struct):
    key: str
    answer: Answer


def kept(ask: Ask, reader: Reader, folder: Path, mark: bytes) -> Ask:
    """The same, but a run that has ended is asked once. Raises what `ask` raises."""

    def answer(run: RunInfo, wishes: Sequence[Wish]) -> Answer:
        if reader.end(run.run) is None:
            return ask(run, wishes)
        path, key = folder / f"{run.run}.json", _key(wishes, mark)
        found = _read(path)
        if found is not None and found.key == key:
            return found.answer
        said = ask(run, wishes)
        with suppress(OSError):  # what cannot be kept costs time, nothing else
            folder.mkdir(parents=True, exist_ok=True)
            durable.replace(path, [msgspec.json.encode(_File(key, said))])
        return said

    return answer


def _read(path: Path) -> _File | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_File)
    except (OSError, msgspec.DecodeError):
        return None


def _key(wishes: Sequence[Wish], mark: bytes) -> str:
    return hashlib.sha256(mark + msgspec.json.encode(wishes)).hexdigest()
