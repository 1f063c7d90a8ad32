"""Who says what on the connection, from the first word to `offline`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiomqtt import Client, Message, Will

from bot.clock import WallClock
from bot.config.services import HomeAssistantSettings, MqttSettings
from bot.domain.command import Command
from bot.errors import PaperpitError
from bot.journal.place import Place
from bot.mqtt.commands import ears
from bot.mqtt.connection import Conversation, Ear, converse, say
from bot.mqtt.discovery import ONLINE, announcement, birth
from bot.mqtt.state import OFFLINE, health, states, status
from bot.mqtt.telling import Telling
from bot.mqtt.topics import Topics

LOOK_S, HEALTH_S = 1.0, 10.0
"""What holds now is looked at once a second and said when it has changed; how the process is, every ten."""
REST_S = 1.0
"""So long the end of the journal may take, before the goodbye."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the daemon hands over."""

    name: str
    status: Callable[[], Mapping[str, Any]]
    """What `status --json` prints, as of now."""
    tell: Callable[[Command], Awaitable[Mapping[str, Any]]]
    """Have a command done. Raises PaperpitError for what cannot be done."""
    refused: Callable[[str, str, int], None]
    """By which way so many came that were no commands: way, why, count."""
    journal: Place
    folder: Path
    """Where a small file may be kept."""
    shown: Callable[[Callable[[], Mapping[str, Any]]], None]
    """Told whom to ask how the connection is: `connected`, `trouble`, and up to which `seq` all has arrived."""


async def serve(settings: MqttSettings, desk: Desk) -> None:
    """Say what the desk does until cancelled. Raises PaperpitError when it cannot even be tried."""
    topics = Topics(f"{settings.prefix}/{desk.name}")
    gone = status(OFFLINE, ["it has gone without a goodbye"], None, {})
    will = Will(topics.status, gone, qos=1, retain=True)
    telling = Telling(topics, desk.journal, desk.folder / f"{desk.name}.mqtt")
    speaker = _Speaker(topics, desk, telling, settings.home_assistant)
    talks = (speaker.tell_state, speaker.tell_health, speaker.telling.tell)
    async with ears(settings.commands, topics, desk, desk.folder / f"{desk.name}.commands") as heard:
        said = Conversation(will, speaker.leave, talks, (*heard, *speaker.ears), told=speaker.note)
        desk.shown(speaker.facts)
        await converse(settings, topics.root.replace("/", "-"), said)


class _Speaker:
    """Says what holds now. It remembers since when, across connections."""

    def __init__(self, topics: Topics, desk: Desk, telling: Telling, home: HomeAssistantSettings) -> None:
        self._topics, self._desk, self.telling, self._home = topics, desk, telling, home
        self._state, self._since_ns = "", 0
        self._trouble, self._connected = "", False

    @property
    def ears(self) -> tuple[Ear, ...]:
        """Who hears that Home Assistant has started, where the desk is announced to it."""
        return (Ear(birth(self._home.prefix), self._announce),) if self._home.enabled else ()

    async def tell_state(self, client: Client) -> None:
        """Everything on a new connection, from then on what changes. What changes twice in between is said once."""
        said: dict[str, bytes] = {}
        while True:
            for topic, payload in self._now():
                if said.get(topic) != payload:
                    await say(client, topic, payload, retain=True)
                    said[topic] = payload
            await asyncio.sleep(LOOK_S)

    async def tell_health(self, client: Client) -> None:
        """Every ten seconds; one that does not arrive is no loss."""
        while True:
            payload = health(self._desk.status(), WallClock().now_ns())
            await say(client, self._topics.health, payload, qos=0, retain=True)
            await asyncio.sleep(HEALTH_S)

    async def leave(self, client: Client) -> None:
        """What has happened up to the end, and the goodbye: of a connection that ends in order no will is told."""
        with suppress(TimeoutError, PaperpitError):
            async with asyncio.timeout(REST_S):
                await self.telling.tell_the_rest(client)
        payload = status(OFFLINE, ["it has been stopped"], WallClock().now_ns(), {})
        await say(client, self._topics.status, payload, retain=True)

    def note(self, trouble: str) -> None:
        """What is wrong with the connection; empty: nothing."""
        self._trouble, self._connected = trouble, not trouble

    def facts(self) -> Mapping[str, Any]:
        """How the connection is, and how far the journal has been told."""
        why = self._trouble or self.telling.trouble
        return {"connected": self._connected, "trouble": why, "seq": self.telling.seq}

    def _now(self) -> list[tuple[str, bytes]]:
        told = self._desk.status()
        if told["state"] != self._state:
            self._state, self._since_ns = told["state"], WallClock().now_ns()
        return [*states(self._topics, told, self._since_ns), *self._announced(told)]

    def _announced(self, told: Mapping[str, Any]) -> list[tuple[str, bytes]]:
        """The device that Home Assistant shall know, once a run stands that knows its instruments."""
        instruments = [one["instrument"] for one in told["contracts"]]
        if not self._home.enabled or not instruments:
            return []
        return [announcement(self._home.prefix, self._topics, instruments, told["version"])]

    async def _announce(self, client: Client, message: Message) -> None:
        if message.payload == ONLINE:
            for topic, payload in self._announced(self._desk.status()):
                await say(client, topic, payload, retain=True)
