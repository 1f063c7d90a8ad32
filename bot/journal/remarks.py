"""What people have written about rows: notes and tags, read and written. Both only grow: who, when, and what.

remarks(reader)          subject → its notes and the tags that are on it
remarked(reader, rows)   the lists' objects with `tags` and `notes`
write(place, remark)     straight into a journal that nobody owns; raises Locked when a desk does
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from bot.domain.command import Command
from bot.journal import rows
from bot.journal.lock import Owner
from bot.journal.owning import own
from bot.journal.place import Place
from bot.journal.reading import Reader, reading
from bot.journal.schema import last_seq_query
from bot.journal.show import run_of
from bot.journal.store import SqliteStore, Store


@dataclass(slots=True)
class Remarks:
    """Of one row."""

    notes: list[rows.Note] = field(default_factory=list)
    tags: dict[str, rows.Tag] = field(default_factory=dict)
    """Name → the row that put it on."""

    def shape(self) -> dict[str, Any]:
        """Keys of a list's object."""
        return {
            "tags": sorted(self.tags),
            "notes": [{"ts_ns": note.ts, "who": note.who, "text": note.text} for note in self.notes],
        }


def remarks(reader: Reader, subjects: Iterable[str] | None = None) -> dict[str, Remarks]:
    """Everything that was written, or only what is about these subjects."""
    found: dict[str, Remarks] = {}
    if subjects is None:
        notes, tags = reader.read(rows.Note, reader.runs), reader.read(rows.Tag, reader.runs)
    else:
        named = list(dict.fromkeys(subjects))
        notes, tags = reader.among(rows.Note, "subject", named), reader.among(rows.Tag, "subject", named)
    for note in notes:
        found.setdefault(note.subject, Remarks()).notes.append(note)
    for tag in tags:
        mine = found.setdefault(tag.subject, Remarks()).tags
        if tag.removed_ns is None:
            mine[tag.name] = tag
        else:
            mine.pop(tag.name, None)
    return found


def remarked(reader: Reader, shapes: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The lists' objects, each with what was written about it."""
    return _with(remarks(reader), shapes)


def remarked_few(reader: Reader, shapes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same of a few objects of a journal in which much was written."""
    return list(_with(remarks(reader, map(_named, shapes)), shapes))


def _with(found: Mapping[str, Remarks], shapes: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    nothing = Remarks()
    return ({**shape, **found.get(_named(shape), nothing).shape()} for shape in shapes)


def _named(shape: Mapping[str, Any]) -> str:
    return str(shape.get("id", shape.get("run", "")))


def write(place: Place, remark: Command) -> None:
    """Write a note or tags about a row into a journal that is nobody's. `remark.ts` is when, ns UTC, by the wall.

    Raises Locked when a process owns it, InputMissing for a subject that is not there, ConfigError for another schema.
    """
    with reading(place) as reader:
        run = run_of(reader, remark.subject)
    with ExitStack() as opened:
        store = _opened(place, Owner.here("remark", remark.ts), opened)
        seq = store.one(last_seq_query()) or 0
        about = (run, remark.subject)
        if remark.verb == "note":
            store.write([("note", [rows.Note(seq + 1, *about, remark.ts, remark.text, remark.who)])])
            return
        removed = remark.ts if remark.remove else None
        numbered = enumerate(remark.tags, seq + 1)
        store.write([("tag", [rows.Tag(at, *about, name, remark.ts, removed, remark.who) for at, name in numbered])])


def _opened(place: Place, owner: Owner, opened: ExitStack) -> Store:
    server = own(place, owner, opened, do="")
    if server is not None:
        return server
    assert place.path is not None
    store = SqliteStore(place.path, synchronous="FULL")
    opened.callback(store.close)
    return store
