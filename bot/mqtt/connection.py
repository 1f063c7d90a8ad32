"""One connection to the message broker, made anew whenever it breaks, for as long as the desk lives.

Each try is a client of its own: one whose connecting timed out cannot be used again (aiomqtt issue 269). Nothing waits
for the broker but what is said to it; what a client may hold of both directions is bounded.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiomqtt import Client, Message, MqttError, ProtocolVersion, Will
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from bot.backoff import Backoff
from bot.config.secrets import read_secret
from bot.config.services import MqttSettings

STEADY_S = 30.0
"""One that lasted for so long was sound, and the wait begins anew: a broker may throw out whoever it let in."""
ANSWER_S = 10.0
"""What the broker does not acknowledge in that time has not arrived: the connection counts as broken."""
GOODBYE_S, HANG_UP_S = 2.0, 0.2
"""So long the last words may take, and to hang up, which needs no answer: less than what stands beside a desk has."""
IN_FLIGHT, UNHEARD = 16, 64
"""Messages that may be without an acknowledgement, and those that may wait to be heard; more of these are dropped."""
HEARING = SubscribeOptions(qos=1, noLocal=True, retainAsPublished=True)
"""Nothing of what is said here is heard here, and what the broker keeps is marked also while it is new."""
PORTS = {"mqtt": 1883, "mqtts": 8883}
SECOND_NS = 1_000_000_000

_log = logging.getLogger("paperpit.mqtt")
_wire_log = logging.getLogger("paperpit.mqtt.wire")
_wire_log.setLevel(logging.CRITICAL)  # what is worth telling is told here, once


@dataclass(frozen=True, slots=True)
class Ear:
    """A topic that is listened to (`+` and `#` as MQTT has them), and who hears it: one message after the other."""

    topic: str
    hear: Callable[[Client, Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is said and heard on every connection."""

    will: Will
    """What the broker says when the desk has gone without a goodbye, or with one that took too long."""
    goodbye: Callable[[Client], Awaitable[None]]
    """The last words of a connection that ends in order."""
    talks: Sequence[Callable[[Client], Coroutine[Any, Any, None]]] = ()
    """All at the same time; what one raises ends the connection."""
    ears: Sequence[Ear] = ()
    told: Callable[[str], None] = field(default=lambda trouble: None)
    """Called with what is wrong, and with an empty text when the connection stands."""


async def say(client: Client, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, **more: Any) -> None:
    """Publish JSON; with QoS 1 it has arrived at the broker on return. Raises MqttError.

    `more`: properties of MQTT 5 by their names, such as CorrelationData or MessageExpiryInterval.
    """
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    for name, value in {"ContentType": "application/json", **more}.items():
        setattr(properties, name, value)
    await client.publish(topic, payload, qos, retain, properties)


async def converse(settings: MqttSettings, name: str, what: Conversation) -> None:
    """Hold the conversation until cancelled. `name` is the client's, unique at the broker: who comes with it replaces.

    Raises InputMissing when a secret's file is not there.
    """
    backoff, why, reported = Backoff(sound_s=STEADY_S), "", ""
    while True:
        backoff.begin()
        try:
            async with connected(settings, name, what.will) as client:
                _log.info("connected to the message broker %s", settings.url)
                what.told("")
                await _talk(client, what)
        except MqttError as error:
            why = str(error)
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise asyncio.CancelledError  # see _end
        what.told(why)
        if backoff.lasted:
            reported = ""
        if why != reported:  # a broker that is away for a weekend is one line
            _log.warning(
                "the message broker %s is not there: %s; tried again for as long as it takes", settings.url, why
            )
            reported = why
        await asyncio.sleep(backoff.wait_s())


async def _talk(client: Client, what: Conversation) -> None:
    """Raises MqttError when the connection breaks, and whatever else a talk raises."""
    for ear in what.ears:
        await client.subscribe(ear.topic, options=HEARING)
    saying = (asyncio.create_task(talk(client)) for talk in what.talks)
    tasks = [asyncio.create_task(_listen(client, what.ears)), *saying]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await _end(tasks)
        try:
            async with asyncio.timeout(GOODBYE_S):
                await what.goodbye(client)
        except (MqttError, TimeoutError):
            _leave_the_will(client)


def _leave_the_will(client: Client) -> None:
    """Go so that the broker says the will, as it does not where a client goes in order (MQTT 5.0, 3.14.2.1)."""
    # The library's own way to disconnect takes no reason.
    client._client.disconnect(ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message"))


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel until all are over: in Python 3.11 `wait_for`, which the library is made of, can lose a cancellation."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        over, left = await asyncio.wait(left, timeout=HANG_UP_S)
        for task in over:
            if not task.cancelled():
                task.exception()  # it was raised already, or comes of the end


async def _listen(client: Client, ears: Sequence[Ear]) -> None:
    """Also without ears: it is how a connection that breaks is noticed."""
    async for message in client.messages:
        for ear in ears:
            if message.topic.matches(ear.topic):
                await ear.hear(client, message)


@asynccontextmanager
async def connected(settings: MqttSettings, name: str, will: Will | None = None) -> AsyncIterator[Client]:
    """One connection while the block lasts. Raises MqttError, and InputMissing without the password's file."""
    url = urlsplit(settings.url or "")
    host, port = url.hostname or "", url.port or PORTS[url.scheme]
    tls = await asyncio.to_thread(_tls, settings) if url.scheme == "mqtts" else None
    await _reachable(host, port, tls)
    file = settings.password_file
    password = await asyncio.to_thread(read_secret, Path(file)) if file else None
    client = Client(
        host,
        port,
        identifier=name,
        username=settings.user,
        password=password,
        protocol=ProtocolVersion.V5,
        will=will,
        clean_start=True,
        keepalive=settings.keepalive // SECOND_NS,
        timeout=ANSWER_S,
        tls_context=tls,
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        max_queued_incoming_messages=UNHEARD,
        max_inflight_messages=IN_FLIGHT,
        logger=_wire_log,
    )
    client.pending_calls_threshold = 2 * IN_FLIGHT
    connecting = asyncio.create_task(client.__aenter__())
    try:
        await asyncio.shield(connecting)
    except BaseException:
        # It connects in a thread, and what a thread has opened would be left open. Cancelled before it has hung up, the
        # library would raise in a callback, where nobody catches it.
        await asyncio.wait([connecting], timeout=HANG_UP_S)
        await _hang_up(client)
        connecting.cancel()
        raise
    try:
        yield client
    finally:
        await _hang_up(client)


async def _reachable(host: str, port: int, tls: ssl.SSLContext | None) -> None:
    """Raises MqttError when nobody answers there: unlike the library's own try, this one can be given up."""
    try:
        async with asyncio.timeout(ANSWER_S):
            _, writer = await asyncio.open_connection(host, port, ssl=tls)
            writer.close()
    except (OSError, TimeoutError) as error:
        raise MqttError(str(error) or "no answer") from error


async def _hang_up(client: Client) -> None:
    """Also on a client that never was connected, whose socket the library would leave open."""
    client.timeout = HANG_UP_S
    with suppress(MqttError):
        await client.__aexit__(None, None, None)


def _tls(settings: MqttSettings) -> ssl.SSLContext:
    """Raises MqttError when certificates or key cannot be read: the next try looks at the files again."""
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.certificate_file:
            context.load_cert_chain(settings.certificate_file, settings.key_file)
    except OSError as error:  # ssl.SSLError is one
        raise MqttError(f"its certificates cannot be read: {error}") from error
    return context
