"""A desk that is told something through a real broker: what is done, answered and written, and what is refused."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from aiomqtt import Client, ProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bot.journal import rows
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from bot.mqtt.asking import command
from bot.mqtt.schemas import SCHEMAS
from bot.mqtt.signing import Said, signed
from tests.patience import PATIENCE_S
from tests.programs import Program, ended, program
from tests.rooms.mqtt.listening import listening
from tests.servers import Mosquitto, mosquitto

KEY = "correct horse battery staple"
MARK = b"\x00\x17"
MARKET = ("--adapter", "synthetic", "--strategy", "drill-es.toml", "--calendar", "none", "--warm", "none", "--once")


@pytest.fixture(scope="module")
def broker() -> Iterator[Mosquitto]:
    with mosquitto() as running:
        yield running


@dataclass
class Writer:
    """Somebody at the broker who writes to one desk and hears its answers."""

    root: str
    client: Client

    async def says(self, said: Said, **more: Any) -> dict[str, Any]:
        """The answer to a command, signed here."""
        payload = msgspec.json.encode(signed(KEY.encode(), self.root, said))
        if said.verb != "buy":
            jsonschema.validate(json.loads(payload), SCHEMAS["cmd"])
        return await self.publishes(said.verb, payload, **more)

    async def publishes(self, verb: str, payload: bytes, *, retain: bool = False) -> dict[str, Any]:
        """The answer to anything."""
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic, properties.CorrelationData = f"{self.root}/reply/ann", MARK
        await self.client.publish(f"{self.root}/cmd/{verb}", payload, 1, retain, properties)
        return await self.hears()

    async def hears(self) -> dict[str, Any]:
        """The next answer."""
        async with asyncio.timeout(PATIENCE_S):
            message = await anext(self.client.messages)
        assert message.properties is not None
        assert message.properties.CorrelationData == MARK
        assert not message.retain
        told: dict[str, Any] = json.loads(bytes(message.payload))
        jsonschema.validate(told, SCHEMAS["reply"])
        return told


@asynccontextmanager
async def writing(broker: Mosquitto, name: str) -> AsyncIterator[Writer]:
    async with Client("127.0.0.1", broker.port, protocol=ProtocolVersion.V5) as client:
        await client.subscribe(f"paperpit/{name}/reply/ann", qos=1)
        yield Writer(f"paperpit/{name}", client)


@dataclass(frozen=True)
class Place:
    """Where one desk lives."""

    folder: Path
    name: str
    broker: Mosquitto

    @property
    def sets(self) -> tuple[str, ...]:
        secret = self.folder / "secret"
        secret.write_text(KEY)
        secret.chmod(0o600)
        told = (f"mqtt.url={self.broker.url}", "mqtt.commands.enabled=true", f"mqtt.commands.secret_file={secret}")
        return tuple(word for one in told for word in ("--set", one))

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'journal.db'}"

    @asynccontextmanager
    async def trading(self) -> AsyncIterator[Program]:
        said = ("--desk", self.name, "--journal", self.url, *self.sets)
        async with listening(self.broker, f"paperpit/{self.name}") as heard, program("run", *MARKET, *said) as running:
            await heard.until("status", lambda told: told["state"] in ("trading", "paused"))
            yield running
            _, stopped = await ended("stop", "--desk", self.name)
            assert await running.code() == 0, stopped.words

    def rows(self, kind: type[Any]) -> list[Any]:
        with reading(place(self.url)) as reader:
            assert check(reader) == []
            return list(reader.read(kind, reader.runs))


def story(tell: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(tell(), 120))  # type: ignore[arg-type]


def test_a_desk_is_paused_resumed_and_flattened_from_afar(tmp_path: Path, broker: Mosquitto) -> None:
    here = Place(tmp_path, "afar", broker)

    async def tell() -> None:
        async with here.trading(), writing(broker, here.name) as ann:
            # paused, which the desk says with its reason, also on the command line and by `mqtt send`
            told = await ann.says(command("pause", reason="lunch", who="ann"))
            assert told == {"v": 1, "ok": True, "verb": "pause", "result": "paused: everything"}
            told = await ann.says(command("status"))
            assert told["status"]["state"] == "paused"
            assert "lunch (mqtt:ann)" in str(told["status"]["reasons"])
            code, sent = await ended("mqtt", "send", "status", "--desk", here.name, *here.sets)
            assert (code, "lunch (mqtt:ann)" in sent.told) == (0, True), sent.words
            # resumed, with a reason only
            code, sent = await ended("mqtt", "send", "resume", "--desk", here.name, *here.sets)
            assert (code, "no-reason" in sent.words) == (2, True), sent.words
            told = await ann.says(command("resume", reason="back"))
            assert told["result"] == "resumed: everything"
            # flattened when it is confirmed, of that product only when that is named
            assert (await ann.says(command("flatten", instrument="ES", confirm="all")))["code"] == "no-confirm"
            told = await ann.says(command("flatten", instrument="ES", confirm="ES"))
            assert told["result"].startswith("flattening: ES; the kill switch is set")
            # what the desk itself refuses is answered with its words
            told = await ann.says(command("pause", instrument="XX"))
            assert (told["ok"], told["code"], told["allowed"]) == (False, "usage", "ES")
            # and its end is answered before it comes
            told = await ann.says(command("stop", reason="evening"))
            assert told["result"].startswith("stopping: entries are cancelled")

    story(tell)
    told = [(row.verb, row.who) for row in here.rows(rows.Command) if row.who.startswith("mqtt")]
    assert told == [("pause", "mqtt:ann"), ("resume", "mqtt"), ("flatten", "mqtt"), ("stop", "mqtt")]


def test_what_is_no_command_is_answered_and_written_down_and_nothing_is_done(tmp_path: Path, broker: Mosquitto) -> None:
    here = Place(tmp_path, "closed", broker)
    taken, old = command("pause", reason="once"), Said(v=1, id="n-0000001", ts_ns=1, verb="pause")

    async def tell() -> None:
        async with writing(broker, here.name) as bob:
            async with here.trading():
                assert (await bob.says(taken))["ok"]
                refused = [
                    await bob.says(taken),
                    await bob.says(command("resume", reason="kept"), retain=True),
                    await bob.says(old),
                    await bob.says(command("buy")),
                    await bob.publishes("resume", msgspec.json.encode(command("resume", reason="unsigned"))),
                    await bob.publishes("resume", b"\xff\xfe"),
                    await bob.publishes("resume", b"{" * 10_000_000),
                ]
                for _ in range(20):
                    await bob.publishes("resume", b"{}")
                assert [told["code"] for told in refused] == [
                    *("replayed", "retained", "stale", "unknown-verb", "unsigned", "malformed", "too-large"),
                ]
            # the next process is no more to be had, and refuses what the broker has kept for it
            async with here.trading():
                assert (await bob.hears())["code"] == "retained"
                await bob.client.publish(f"{bob.root}/cmd/resume", b"", 1, True)  # which takes it away
                assert (await bob.says(taken))["code"] == "replayed"
                assert (await bob.says(command("status")))["status"]["state"] == "trading"

    story(tell)
    assert [row.verb for row in here.rows(rows.Command)] == ["pause", "stop", "stop"]
    written = [(row.why.partition(":")[0], row.value) for row in here.rows(rows.Control) if row.key == "mqtt.refused"]
    first, second = written[: len(written) - 2], written[-2:]
    assert sorted(first) == sorted(
        (code, "1") for code in ("replayed", "retained", "stale", "unknown-verb", "unsigned", "malformed", "too-large")
    )
    assert sorted(second) == [("replayed", "1"), ("retained", "1")]


def test_commands_are_off_unless_they_are_enabled(tmp_path: Path, broker: Mosquitto) -> None:
    async def tell() -> None:
        said = ("--desk", "deaf", "--journal", f"sqlite:///{tmp_path / 'journal.db'}")
        told = ("run", *MARKET, *said, "--set", f"mqtt.url={broker.url}")
        async with listening(broker, "paperpit/deaf") as heard, program(*told):
            await heard.until("status", lambda told: told["state"] == "trading")
            async with writing(broker, "deaf") as ann:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(1):
                        await ann.says(command("status"))

    story(tell)
