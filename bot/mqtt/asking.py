"""Telling a desk something through the broker, and waiting for what comes of it."""

import asyncio
import secrets
from pathlib import Path
from typing import Any

import msgspec
from aiomqtt import Client, MqttError

from bot.clock import WallClock
from bot.config.services import MqttSettings
from bot.errors import ConfigError, PaperpitError, Unreachable, UsageError
from bot.mqtt.connection import SECOND_NS, connected, say
from bot.mqtt.signing import Said, secret, signed
from bot.mqtt.topics import Topics

PATIENCE_S = 15.0
"""A flatten is answered when it has been sent, not when it has filled."""
_KINDS: dict[str, type[PaperpitError]] = {
    "unreachable": Unreachable,
    "failed": PaperpitError,
    "no-secret": ConfigError,
    "unsigned": ConfigError,
}
"""What an answer's code is here; everything else is a command that cannot be."""


def command(verb: str, **words: str) -> Said:
    """A command of this moment with an id of its own, not signed yet."""
    return Said(v=1, id=secrets.token_hex(8), ts_ns=WallClock().now_ns(), verb=verb, **words)


async def ask(settings: MqttSettings, desk: str, said: Said, patience_s: float = PATIENCE_S) -> dict[str, Any]:
    """The desk's answer to a command, which is signed here. Raises what the desk refused it with, or Unreachable.

    Raises ConfigError when the settings name no broker or no secret, InputMissing without a file that they name.
    """
    if settings.url is None or settings.commands.secret_file is None:
        raise ConfigError(
            "these settings name no broker and secret to send a command with",
            allowed="[mqtt] url, [mqtt.commands] secret_file",
            do="docs/mqtt-commands.md shows a whole set",
        )
    topics = Topics(f"{settings.prefix}/{desk}")
    said = signed(secret(Path(settings.commands.secret_file)), topics.root, said)
    name = f"{topics.root.replace('/', '-')}-{said.id}"
    try:
        async with connected(settings, name) as client:
            answer = await _answer(client, topics, said, settings.commands.max_age // SECOND_NS, patience_s)
    except MqttError as error:
        raise Unreachable(f"the message broker {settings.url} does not answer: {error}") from error
    except TimeoutError:
        what = f"no desk named {desk} has answered at {settings.url} within {patience_s:g} s"
        do = "paperpit status, at its own machine; may this user write there? docs/mqtt-commands.md"
        raise Unreachable(what, do=do) from None
    if not answer["ok"]:
        kind = _KINDS.get(answer["code"], UsageError)
        raise kind(f"{answer['message']} ({answer['code']})", allowed=answer["allowed"], do=answer["do"])
    return answer


async def _answer(client: Client, topics: Topics, said: Said, age_s: int, patience_s: float) -> dict[str, Any]:
    """Raises TimeoutError, MqttError."""
    reply, mark = f"{topics.reply}/{said.id}", said.id.encode()
    await client.subscribe(reply, qos=1)
    properties: dict[str, Any] = {
        "ResponseTopic": reply,
        "CorrelationData": mark,
        "MessageExpiryInterval": max(1, age_s),
    }
    await say(client, topics.command(said.verb), msgspec.json.encode(said), **properties)
    async with asyncio.timeout(patience_s):
        async for message in client.messages:
            if getattr(message.properties, "CorrelationData", b"") == mark:
                answer: dict[str, Any] = msgspec.json.decode(bytes(message.payload))
                return answer
    raise MqttError("it hung up")
