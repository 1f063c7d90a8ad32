"""How far the journal was told outlives the process, and holds for that journal only."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiomqtt import Client, ProtocolVersion

from bot.durable import kept
from bot.journal import Writer
from bot.journal.place import place
from bot.mqtt.reached import Reached
from bot.mqtt.telling import Telling
from bot.mqtt.topics import Topics
from tests.patience import PATIENCE_S
from tests.rooms.journal.build import Told, the_lesson, writer
from tests.rooms.mqtt.listening import listening
from tests.servers import Mosquitto, mosquitto, postgres

Note = tuple[int, int | None, str]
"""seq, after, and what was noted."""


@pytest.fixture(scope="module")
def broker() -> Iterator[Mosquitto]:
    with mosquitto() as running:
        yield running


def notes(journal: Writer, *texts: str) -> None:
    for text in texts:
        journal.note(journal.run, text, 1, "ann")
    journal.commit()


def told(broker: Mosquitto, folder: Path, name: str, last: str) -> list[Note]:
    """What a process that is new tells of the journal up to the note `last`, and keeps as told."""

    async def tell() -> list[Note]:
        topics = Topics(f"paperpit/{name}")
        telling = Telling(topics, place(str(folder / "journal.db")), folder / f"{name}.mqtt")
        async with (
            listening(broker, topics.root) as heard,
            Client("127.0.0.1", broker.port, protocol=ProtocolVersion.V5) as client,
        ):
            await telling.tell_the_rest(client)
            await heard.until("event/note", lambda said: said["text"] == last)
            return [(one["seq"], one["after"], one["text"]) for one in heard.on("event/note")]

    return asyncio.run(tell())


def write(folder: Path, tell: Callable[[Writer], object]) -> None:
    with writer(f"sqlite:///{folder / 'journal.db'}") as journal:
        tell(journal)


def test_a_new_process_goes_on_where_the_old_one_stopped(tmp_path: Path, broker: Mosquitto) -> None:
    # given a journal of two runs that nobody has been told of
    write(tmp_path, lambda journal: notes(journal, "an older run"))
    write(tmp_path, lambda journal: notes(journal, "one", "two"))
    # then its newest run is told, and the next process goes on, each message naming the one before
    first = told(broker, tmp_path, "goes-on", "two")
    assert [(after is None, text) for _, after, text in first] == [(True, "one"), (False, "two")]
    write(tmp_path, lambda journal: notes(journal, "three", "four"))
    write(tmp_path, lambda journal: notes(journal, "five"))
    more = told(broker, tmp_path, "goes-on", "five")
    assert [text for *_, text in more] == ["three", "four", "five"]
    whole = [*first, *more]
    assert [after for _, after, _ in whole[1:]] == [seq for seq, *_ in whole[:-1]]


def test_another_journal_in_its_place_is_told_from_its_own_newest_run(tmp_path: Path, broker: Mosquitto) -> None:
    write(tmp_path, lambda journal: notes(journal, *map(str, range(30))))
    told(broker, tmp_path, "another", "29")
    for file in tmp_path.glob("journal.db*"):
        file.unlink()
    write(tmp_path, lambda journal: (the_lesson(Told(journal)), notes(journal, "fresh")))
    assert [(after, text) for _, after, text in told(broker, tmp_path, "another", "fresh")] == [(None, "fresh")]


def test_a_database_that_goes_and_comes_back_is_told_on(tmp_path: Path, broker: Mosquitto) -> None:
    with postgres() as database:
        url, topics = database.database(), Topics("paperpit/far")
        with writer(url) as journal:
            notes(journal, "before")

        async def tell() -> list[str]:
            telling = Telling(topics, place(url), tmp_path / "far.mqtt")
            async with (
                listening(broker, topics.root) as heard,
                Client("127.0.0.1", broker.port, protocol=ProtocolVersion.V5) as client,
            ):
                task = asyncio.create_task(telling.tell(client))
                await heard.until("event/note")
                # when it is away for as long as it takes to notice
                database.stop()
                async with asyncio.timeout(PATIENCE_S):
                    while not telling.trouble:
                        await asyncio.sleep(0.05)
                database.start()
                with writer(url) as journal:
                    notes(journal, "after")
                await heard.until("event/note", lambda said: said["text"] == "after")
                task.cancel()
                await asyncio.wait([task])
                return [one["text"] for one in heard.on("event/note")]

        assert asyncio.run(tell()) == ["before", "after"]


@pytest.mark.parametrize("held", [b"", b"{", b"[]", b'{"journal": 7}', b'{"journal": "\xff", "run": "", "seq": 1}'])
def test_a_file_that_cannot_be_read_is_none(tmp_path: Path, held: bytes) -> None:
    path = tmp_path / "desk.mqtt"
    path.write_bytes(held)
    assert kept(path, Reached) is None
