"""Somebody who listens to a broker: every message in the order in which it came, kept by topic."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jsonschema
from aiomqtt import Client, Message, MqttError, ProtocolVersion

from tests.patience import PATIENCE_S
from tests.rooms.mqtt.manual import FOLDER
from tests.servers import Mosquitto


@dataclass
class Listener:
    """What was heard so far. Topics are told without the desk's own part."""

    root: str
    messages: list[Message] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def on(self, topic: str) -> list[dict[str, Any]]:
        """Payloads of one topic, in order."""
        return [json.loads(one.payload) for one in self.messages if str(one.topic) == f"{self.root}/{topic}"]

    @property
    def topics(self) -> set[str]:
        """All of them."""
        return {str(one.topic).removeprefix(f"{self.root}/") for one in self.messages}

    async def until(self, topic: str, wanted: Callable[[dict[str, Any]], bool] = lambda said: True) -> dict[str, Any]:
        """The first payload of a topic that is as wanted; waits for it."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for said in self.on(topic):
                    if wanted(said):
                        return said
                await self.news()

    async def news(self) -> None:
        """Wait for one more message."""
        self._news.clear()
        await self._news.wait()

    def heard(self, message: Message) -> None:
        """One more."""
        self.messages.append(message)
        self._news.set()


@asynccontextmanager
async def listening(broker: Mosquitto, root: str = "paperpit/desk", **login: Any) -> AsyncIterator[Listener]:
    """Listens to all of a desk while the block lasts, also to a broker that goes and comes back."""
    listener, ready = Listener(root), asyncio.Event()
    task = asyncio.create_task(_listen(broker, listener, ready, login))
    try:
        await asyncio.wait_for(ready.wait(), PATIENCE_S)
        yield listener
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _listen(broker: Mosquitto, listener: Listener, ready: asyncio.Event, login: dict[str, Any]) -> None:
    while True:
        try:
            async with Client("127.0.0.1", broker.port, protocol=ProtocolVersion.V5, **login) as client:
                await client.subscribe(f"{listener.root}/#", qos=1)
                ready.set()
                async for message in client.messages:
                    listener.heard(message)
        except MqttError:
            await asyncio.sleep(0.02)


def as_the_schemas_say(heard: Listener) -> set[str]:
    """Asserts it of all that was heard; the schemas that were needed."""
    needed = set[str]()
    for topic in heard.topics:
        kind, _, part = topic.partition("/")
        name = f"event-{part}" if kind == "event" else kind
        schema = json.loads((FOLDER / f"{name}.json").read_text())
        for one in heard.on(topic):
            jsonschema.validate(one, schema)
            assert not one.keys() - schema["properties"].keys()
        needed.add(name)
    return needed
