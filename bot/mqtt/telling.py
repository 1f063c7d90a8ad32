"""The journal told to the broker: at least once, in order, and from where it stopped."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from aiomqtt import Client

from bot.durable import keep, kept
from bot.errors import PaperpitError
from bot.journal.place import Place
from bot.journal.reading import reading
from bot.journal.tail import watching
from bot.mqtt.connection import IN_FLIGHT, say
from bot.mqtt.events import Event, Page, page
from bot.mqtt.reached import Reached, going_on
from bot.mqtt.topics import Topics, payload

LOOK_S, LOOK_FAR_S = 0.25, 1.0
"""How often a file is asked whether it has changed, and a database that is somewhere else."""
ANEW_S = 60.0
"""A journal that was put in the place of another is noticed within that time."""
KEEP_S = 5.0
"""The file is written that often: what was said since is said again after a crash."""
EXPIRE_S = 86_400
"""The broker keeps an event for a listener that is away for so long."""


class Telling:
    """Reads the journal and says what happened. Across connections it remembers how far it was acknowledged."""

    def __init__(self, topics: Topics, journal: Place, path: Path) -> None:
        self._topics, self._journal, self._path = topics, journal, path
        self._reached: Reached | None = kept(path, Reached)
        self._kept = 0.0
        self.trouble = ""
        """Why the journal cannot be read now."""

    @property
    def seq(self) -> int:
        """Everything up to here has arrived at the broker; 0 while that is not known."""
        return self._reached.seq if self._reached is not None else 0

    async def tell(self, client: Client) -> None:
        """For ever, or until the connection breaks. Raises MqttError."""
        while True:
            try:
                await self._follow(client)
            except PaperpitError as error:  # there is no journal yet, or its database is away
                self.trouble = error.what
                await asyncio.sleep(LOOK_FAR_S)

    async def tell_the_rest(self, client: Client) -> None:
        """What stands in the journal by now, and then no more. Raises MqttError, PaperpitError."""
        while (await self._tell_page(client)).whole:
            pass
        await self._keep()

    async def _follow(self, client: Client) -> None:
        until = time.monotonic() + ANEW_S
        with watching(self._journal) as stamp:
            while time.monotonic() < until:
                seen = await asyncio.to_thread(stamp)
                while (await self._tell_page(client)).whole:
                    pass
                if time.monotonic() - self._kept > KEEP_S:
                    await self._keep()
                while seen == await asyncio.to_thread(stamp) and time.monotonic() < until:
                    await asyncio.sleep(LOOK_S if self._journal.path else LOOK_FAR_S)

    async def _tell_page(self, client: Client) -> Page:
        came, so_far = await asyncio.to_thread(self._read)
        self.trouble = ""
        for some in _handfuls(came.events):
            self._reached = so_far = await self._say(client, so_far, some)
        self._reached = replace(so_far, seq=came.until)
        return came

    def _read(self) -> tuple[Page, Reached]:
        with reading(self._journal) as reader:
            begun = going_on(reader, self._reached)
            newest = reader.runs[-1].run if reader.runs else ""
            return page(reader, begun.seq), replace(begun, run=newest)

    async def _say(self, client: Client, so_far: Reached, events: Sequence[Event]) -> Reached:
        """All of them at once; they arrive in order, since they leave in order."""
        last, saying = dict(so_far.last), []
        for event in events:
            said = payload(seq=event.seq, after=last.get(event.kind), **event.facts)
            saying.append(say(client, self._topics.event(event.kind), said, MessageExpiryInterval=EXPIRE_S))
            last[event.kind] = event.seq
        await asyncio.gather(*saying)
        return replace(so_far, seq=events[-1].seq, last=last)

    async def _keep(self) -> None:
        self._kept = time.monotonic()
        if self._reached is not None:
            await asyncio.to_thread(keep, self._path, self._reached)


def _handfuls(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """As many as may be without an acknowledgement; what stands at one `seq` stays together."""
    first = 0
    while first < len(events):
        end = min(first + IN_FLIGHT, len(events))
        while end < len(events) and events[end].seq == events[end - 1].seq:
            end += 1
        yield events[first:end]
        first = end
