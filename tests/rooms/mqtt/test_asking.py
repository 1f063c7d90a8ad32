"""Whoever sends a command: gets its answer, or is told why there is none."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiomqtt import Client, Will

from bot.config.services import MqttCommandSettings, MqttSettings
from bot.errors import ConfigError, InputMissing, Unreachable, UsageError
from bot.mqtt.asking import ask, command
from bot.mqtt.commands import ears
from bot.mqtt.connection import Conversation, converse
from bot.mqtt.topics import Topics
from tests.rooms.mqtt.told import KEY, Desk
from tests.servers import Mosquitto, free_port, mosquitto

ACL = Path(__file__).resolve().parents[3] / "docs/mosquitto/acl"


@pytest.fixture(scope="module")
def broker() -> Iterator[Mosquitto]:
    with mosquitto(settings=f"acl_file {ACL}") as running:
        yield running


def settings(folder: Path, url: str, user: str = "operator", key: bytes = KEY) -> MqttSettings:
    secret = folder / f"secret-{len(key)}"
    secret.write_bytes(key)
    return MqttSettings(url=url, user=user, commands=MqttCommandSettings(enabled=True, secret_file=str(secret)))


@dataclass
class Ears(Desk):
    """A desk's end of the connection alone."""

    ready: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def listening(self, folder: Path, broker: Mosquitto, name: str) -> AsyncIterator[None]:
        topics, desk = Topics(f"paperpit/{name}"), settings(folder, broker.url, "desk")
        async with ears(desk.commands, topics, self, folder / "commands") as heard:
            what = Conversation(Will(topics.status), self._leave, (self._stay,), heard)
            task = asyncio.create_task(converse(desk, name, what))
            try:
                await asyncio.wait_for(self.ready.wait(), 30)
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _stay(self, client: Client) -> None:
        self.ready.set()
        await asyncio.Event().wait()

    async def _leave(self, client: Client) -> None:
        """It says no goodbye."""


async def test_the_answer_comes_to_whoever_asked(tmp_path: Path, broker: Mosquitto) -> None:
    desk, ours = Ears(), settings(tmp_path, broker.url)
    async with desk.listening(tmp_path, broker, "asked"):
        answers = await asyncio.gather(*(ask(ours, "asked", command("pause", reason=f"{n}")) for n in range(5)))
    assert [answer["result"] for answer in answers] == ["pause done"] * 5
    assert sorted(heard.reason for heard in desk.heard) == ["0", "1", "2", "3", "4"]


async def test_a_refusal_is_raised_with_its_words(tmp_path: Path, broker: Mosquitto) -> None:
    desk, ours = Ears(), settings(tmp_path, broker.url)
    async with desk.listening(tmp_path, broker, "refusing"):
        with pytest.raises(UsageError, match="does not trade XX") as refused:
            await ask(ours, "refusing", command("pause", instrument="XX"))
        assert (refused.value.allowed, refused.value.do) == ("ES", "name another")
        with pytest.raises(ConfigError, match="signature"):
            await ask(settings(tmp_path, broker.url, key=b"another one, long enough"), "refusing", command("pause"))


@pytest.mark.parametrize("user", ["desk", "reader", "nobody"])
async def test_the_broker_lets_nobody_but_operators_say_anything(tmp_path: Path, broker: Mosquitto, user: str) -> None:
    desk, theirs = Ears(), settings(tmp_path, broker.url, user)
    async with desk.listening(tmp_path, broker, "guarded"):
        with pytest.raises(Unreachable, match="no desk named guarded has answered"):
            await ask(theirs, "guarded", command("flatten", confirm="all"), 0.3)
    assert desk.heard == []


async def test_where_nobody_answers_that_is_told(tmp_path: Path, broker: Mosquitto) -> None:
    with pytest.raises(Unreachable, match="no desk named absent has answered"):
        await ask(settings(tmp_path, broker.url), "absent", command("status"), 0.1)
    with pytest.raises(Unreachable, match="the message broker mqtt://127"):
        await ask(settings(tmp_path, f"mqtt://127.0.0.1:{free_port()}"), "absent", command("status"))


async def test_without_its_memory_a_desk_does_not_listen(tmp_path: Path) -> None:
    (tmp_path / "commands").mkdir()
    with pytest.raises(Unreachable, match="memory of commands"):
        async with ears(
            settings(tmp_path, "mqtt://localhost").commands, Topics("paperpit/es"), Desk(), tmp_path / "commands"
        ):
            pass


async def test_without_broker_or_secret_nothing_is_sent(tmp_path: Path, broker: Mosquitto) -> None:
    with pytest.raises(ConfigError, match="no broker and secret"):
        await ask(MqttSettings(), "desk", command("status"))
    gone = MqttCommandSettings(secret_file=str(tmp_path / "gone"))
    with pytest.raises(InputMissing):
        await ask(MqttSettings(url=broker.url, commands=gone), "desk", command("status"))
