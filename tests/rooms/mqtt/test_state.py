"""What holds now stands at the broker: while the desk trades, after its goodbye, and after it was killed."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiomqtt import Client, Will

from bot.config.services import MqttSettings
from bot.mqtt.connection import Conversation, converse
from tests.patience import PATIENCE_S
from tests.programs import program
from tests.rooms.mqtt.listening import listening
from tests.servers import Mosquitto, mosquitto

SYNTHETIC = ("--adapter", "synthetic", "--set", "adapters.synthetic.speed=60x", "--calendar", "none")


@pytest.fixture(scope="module")
def broker() -> Iterator[Mosquitto]:
    with mosquitto() as running:
        yield running


def desk(folder: Path, broker: Mosquitto, name: str, *more: object) -> tuple[object, ...]:
    journal = f"sqlite:///{folder / 'journal.db'}"
    said = ("--desk", name, "--journal", journal, "--set", f'mqtt.url="{broker.url}"')
    return ("run", *SYNTHETIC, *said, *more)


def test_a_desk_says_what_it_does_and_that_it_has_been_stopped(tmp_path: Path, broker: Mosquitto) -> None:
    async def story() -> None:
        async with listening(broker, "paperpit/talks") as heard, program(*desk(tmp_path, broker, "talks")) as one:
            # when it trades, it says so, and what it holds: nothing is said as well
            trading = await heard.until("status", lambda said: said["state"] == "trading")
            held = await heard.until("position/ES")
            day = await heard.until("day")
            coming = await heard.until("next_blackout")
            await heard.until("health")
            # and when it is stopped, it says goodbye itself
            assert await one.interrupted(signal.SIGTERM) == 143
            gone = await heard.until("status", lambda said: said["state"] == "offline")
        assert (trading["v"], trading["adapter"], trading["mode"]) == (1, "synthetic", "trading")
        assert trading["since_ns"] > 0
        assert (held["quantity"], held["brackets"]) == (0, [])
        assert (day["net"], day["round_trips"]) == ("0", 0)
        assert coming == {"v": 1, "kind": None, "from_ns": None, "to_ns": None, "source": None}
        assert gone["reasons"] == ["it has been stopped"]

    asyncio.run(story())


def test_a_desk_that_was_killed_is_offline_by_its_last_will(tmp_path: Path, broker: Mosquitto) -> None:
    async def story() -> None:
        async with listening(broker, "paperpit/killed") as heard, program(*desk(tmp_path, broker, "killed")) as one:
            await heard.until("status", lambda said: said["state"] == "trading")
            one.send(signal.SIGKILL)
            await one.code()
            await heard.until("status", lambda said: said["state"] == "offline")
        # whoever comes later hears it as well: it is retained
        async with listening(broker, "paperpit/killed") as late:
            gone = await late.until("status")
        assert (gone["state"], gone["reasons"]) == ("offline", ["it has gone without a goodbye"])

    asyncio.run(story())


async def test_a_goodbye_that_takes_too_long_is_the_broker_s_to_say(broker: Mosquitto) -> None:
    """Given a desk whose last words do not come to their end, when it goes, then its will is told after all."""
    talking = asyncio.Event()

    async def talk(client: Client) -> None:
        talking.set()
        await asyncio.Event().wait()

    async def leave(client: Client) -> None:
        await asyncio.Event().wait()

    will = Will("paperpit/hangs/status", b'{"state": "offline"}', qos=1, retain=True)
    async with listening(broker, "paperpit/hangs") as heard:
        what = Conversation(will, leave, (talk,))
        desk = asyncio.create_task(converse(MqttSettings(url=broker.url), "hangs", what))
        await asyncio.wait_for(talking.wait(), PATIENCE_S)
        desk.cancel()
        await asyncio.gather(desk, return_exceptions=True)
        await heard.until("status", lambda said: said["state"] == "offline")
    assert desk.cancelled()
