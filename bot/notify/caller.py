"""The one who looks: every few seconds at the desk and at its journal, and calls when something is due.

What it knows is kept in a file, so that a restart repeats nothing and forgets nothing.
"""

import asyncio
import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec

from bot.config.services import NotifySettings
from bot.durable import kept, replace
from bot.errors import InputMissing, PaperpitError
from bot.journal import rows
from bot.journal.place import Place
from bot.journal.reading import Reader, reading
from bot.journal.tail import after, goes_on
from bot.notify.due import Call, Facts, Memory, due, made
from bot.notify.notice import SECOND_NS, Notice, Trouble, digest, no_run
from bot.notify.seeing import KINDS, Look, happened, troubles, untold_day, visible
from bot.notify.sending import Sender

EVERY_S = 2.0
AGAIN_NS = 60 * SECOND_NS
"""After a call that nobody took, the next one."""
LAST_S = 2.5
"""So long it has when the desk ends, for what is still to be said."""
PAGE = 256

_log = logging.getLogger("paperpit.notify")


class Looking(Protocol):
    """Who shows what there is: the daemon."""

    def look(self) -> Look:
        """The desk now. Called on the desk's loop, so it must be quick."""

    def day(self, reader: Reader, after_seq: int, end: rows.ModeChange) -> Sequence[str]:
        """What the day came to, in lines, the first a title; `end` is the last row of its run. Called in a thread."""


@dataclass(slots=True)
class Health:
    """How calling goes; what `status` shows."""

    sent: int = 0
    waiting: int = 0
    trouble: str = ""

    def shape(self) -> dict[str, Any]:
        """For `status --json`."""
        return {"sent": self.sent, "waiting": self.waiting, "trouble": self.trouble}


@dataclass(slots=True)
class Read:
    """What a look into the journal brought, and how far it went."""

    journal: str
    run: str = ""
    seq: int = 0
    reviewed: int = 0
    troubles: list[Trouble] = field(default_factory=list)
    news: list[Notice] = field(default_factory=list)


class Caller:
    """Looks and calls until it is cancelled. `kept` is its file."""

    def __init__(self, settings: NotifySettings, sender: Sender, kept: Path, place: Place, looking: Looking) -> None:
        self._settings, self._sender, self._kept, self._place, self._looking = settings, sender, kept, place, looking
        self._memory: Memory | None = None
        self._saved, self._writing = b"", threading.Lock()
        self._resting_until = 0
        self.health = Health()

    async def run(self) -> None:
        """Until it is cancelled; then what is due is said, if that is quick, else at the next start."""
        at_hand: asyncio.Task[None] | None = None
        try:
            while True:
                # A call that is being made when the desk ends is made and noted: it is not made again.
                at_hand = asyncio.create_task(self.round())
                await asyncio.shield(at_hand)
                await asyncio.sleep(EVERY_S)
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_S):
                    if at_hand is not None and not at_hand.done():
                        await at_hand
                    await self.round()

    async def round(self) -> None:
        """One look, and the calls that are due."""
        if self._memory is None:
            self._memory = await asyncio.to_thread(kept, self._kept, Memory) or Memory()
        memory = self._memory
        look = self._looking.look()
        read = await asyncio.to_thread(self._read, memory, look.now_ns)
        memory.journal, memory.run, memory.seq, memory.reviewed = read.journal, read.run, read.seq, read.reviewed
        if read.news or not memory.day:
            memory.day = look.now_ns
        if (session := untold_day(look, memory.day)) is not None:
            memory.day = session[1]
            read.news.append(digest(f"day-{session[0]}", no_run(*session, look.status["reasons"]), look.now_ns))
        found = {one.key: one for one in [*read.troubles, *troubles(look, self._settings)]}
        facts = Facts(list(found.values()), visible(look), read.news)
        calls = due(facts, look.now_ns, memory, self._settings)
        await self._save(memory)
        if calls and look.now_ns >= self._resting_until:
            await self._make(calls, look.now_ns, memory)
        self.health.waiting = len(memory.waiting) + memory.uncounted

    async def _make(self, calls: Sequence[Call], now: int, memory: Memory) -> None:
        for call in calls:
            sent = await self._sender.send(call.notice)
            if sent.why and sent.why != self.health.trouble:
                _log.warning("nobody could be called: %s", sent.why)
            self.health.trouble = sent.why
            if not sent.arrived:
                self._resting_until = now + AGAIN_NS
                return
            self.health.sent += 1
            made(call, now, memory)
            await self._save(memory)

    def _read(self, memory: Memory, now: int) -> "Read":
        """The journal's rows since the last look, all of them. One that cannot be read now is read at the next look."""
        read = Read(self._place.shown, memory.run, memory.seq, memory.reviewed)
        try:
            with reading(self._place) as reader:
                read.run = reader.runs[-1].run if reader.runs else ""
                if not goes_on(reader, memory.journal, memory.run, memory.seq):
                    # What another journal holds already is history.
                    return Read(read.journal, read.run, reader.last_seq, reader.last_seq)
                while new := after(reader, read.seq, (*KINDS, rows.ModeChange), PAGE):
                    for _, _, row in new:
                        if isinstance(row, rows.ModeChange) and row.summary is not None:
                            lines = self._looking.day(reader, read.reviewed, row)
                            read.news.append(digest(row.run, lines, now))
                            read.reviewed = row.seq
                    read.troubles += happened(new)
                    read.seq = new[-1].seq
        except InputMissing:
            return Read(read.journal)  # all that it will hold is news
        except PaperpitError as error:
            _log.info("the journal cannot be looked at: %s", error.what)
            return Read(memory.journal, memory.run, read.seq, read.reviewed, read.troubles, read.news)
        return read

    async def _save(self, memory: Memory) -> None:
        text = msgspec.json.encode(memory)
        if text == self._saved:
            return
        try:
            await asyncio.to_thread(self._write, text)
        except OSError as error:
            _log.warning("what was said cannot be kept: %s", error)
            return
        self._saved = text

    def _write(self, text: bytes) -> None:
        with self._writing:
            replace(self._kept, (text,))
