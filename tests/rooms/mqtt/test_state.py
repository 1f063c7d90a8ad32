"""What holds now stands at the broker: while the desk trades, after its goodbye, and after it was killed."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

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
