"""Who says what on the connection, from the first word to `offline`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiomqtt import Client, Will

from bot.clock import WallClock
from bot.config.services import MqttSettings
from bot.domain.command import Command
from bot.journal.place import Place
from bot.mqtt.commands import ears
from bot.mqtt.connection import Conversation, converse, say
from bot.mqtt.state import OFFLINE, health, states, status
from bot.mqtt.topics import Topics

LOOK_S, HEALTH_S = 1.0, 10.0
"""What holds now is looked at once a second and said when it has changed; how the process is, every ten."""


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


async def serve(settings: MqttSettings, desk: Desk) -> None:
    """Say what the desk does until cancelled. Raises PaperpitError when it cannot even be tried."""
    topics = Topics(f"{settings.prefix}/{desk.name}")
    speaker = _Speaker(topics, desk)
    gone = status(OFFLINE, ["it has gone without a goodbye"], None, {})
    will = Will(topics.status, gone, qos=1, retain=True)
    talks = (speaker.tell_state, speaker.tell_health)
    async with ears(settings.commands, topics, desk, desk.folder / f"{desk.name}.commands") as heard:
        await converse(settings, topics.root.replace("/", "-"), Conversation(will, speaker.leave, talks, heard))


class _Speaker:
    """Says what holds now. It remembers since when, across connections."""

    def __init__(self, topics: Topics, desk: Desk) -> None:
        self._topics, self._desk = topics, desk
        self._state, self._since_ns = "", 0

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
        """The broker says nothing of a connection that ends in order."""
        payload = status(OFFLINE, ["it has been stopped"], WallClock().now_ns(), {})
        await say(client, self._topics.status, payload, retain=True)

    def _now(self) -> list[tuple[str, bytes]]:
        told = self._desk.status()
        if told["state"] != self._state:
            self._state, self._since_ns = told["state"], WallClock().now_ns()
        return list(states(self._topics, told, self._since_ns))
