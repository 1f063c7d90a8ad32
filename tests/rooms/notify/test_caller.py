"""The one who calls, held against a real journal: what he says once, over starts, crashes and broken files."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.config.services import NotifySettings
from bot.daemon.daemon import _NOBODY
from bot.domain.order import BracketState
from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import Reader, reading
from bot.notify import Caller, Look, Sender
from bot.notify.notice import SECOND_NS
from bot.review.evening import evening
from tests.rooms.journal.build import WALL, Told, Wall, the_lesson, writer
from tests.stories.wires import until

DAY_NS = 86_400 * SECOND_NS
WAITS = {**_NOBODY, "state": "closed", "mode": "no-entries", "reasons": ["the next session opens at …"]}


@dataclass
class Person:
    """Who is called by a program that writes into a file; each start of the caller remembers through another file."""

    folder: Path
    now: int = WALL + 3_600 * SECOND_NS
    seen: Look = field(init=False)

    def __post_init__(self) -> None:
        self.seen = Look(self.now, WAITS, stands=False, sessions=((WALL, WALL + 10),))

    def look(self) -> Look:
        return self.seen

    def day(self, reader: Reader, after_seq: int, end: rows.ModeChange) -> Sequence[str]:
        runs = [run for run in reader.runs if after_seq < run.seq < end.seq]
        return evening(reader, runs, end, WALL + DAY_NS)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'journal.db'}"

    def caller(self, *command: str) -> Caller:
        """As a start makes it."""
        sender = Sender("here", command or ("/usr/bin/tee", "-a", str(self.folder / "told")), between_s=0.0)
        return Caller(NotifySettings(), sender, self.folder / "here.notify", place(self.url), self)

    async def hears(self, *command: str, later_s: int = 0) -> list[str]:
        """One look after a start: the titles of what was said."""
        file = self.folder / "told"
        file.unlink(missing_ok=True)
        self.seen = replace(self.seen, now_ns=self.seen.now_ns + later_s * SECOND_NS)
        await self.caller(*command).round()
        said = file.read_text() if file.exists() else ""
        return [line.partition(": ")[2] for line in said.splitlines() if line.startswith("paperpit here: ")]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


async def test_what_a_journal_held_before_is_history_and_what_comes_is_told_once(person: Person) -> None:
    # given a journal from before anybody was called
    with writer(person.url) as journal:
        journal.control("kill", True, WALL, "flatten: long ago")
        journal.commit()
    assert await person.hears() == []
    # when a run sets the kill switch and dies
    with writer(person.url) as journal:
        journal.control("kill", True, person.now, "flatten: a fire")
        journal.commit()
    # then the next start says so, and the one after it does not
    assert await person.hears() == ["the kill switch is set: flatten: a fire"]
    assert await person.hears() == []


async def test_what_another_journal_in_its_place_holds_is_history_too(person: Person) -> None:
    with writer(person.url) as journal:
        journal.control("kill", False, WALL, "resume")
        journal.commit()
    assert await person.hears() == []
    # when another one that is longer stands under its name
    for file in person.folder.glob("journal.db*"):
        file.unlink()
    with writer(person.url) as journal:
        for _ in range(20):
            journal.control("kill", True, WALL, "flatten: long ago")
        journal.commit()
    assert await person.hears() == []


async def test_a_position_that_was_bare_for_a_moment_calls_nobody_and_one_that_stays_bare_does(person: Person) -> None:
    assert await person.hears() == []
    with writer(person.url) as journal:
        told = Told(journal)
        bare = told.bracket(0)
        journal.bracket_state(bare.id, BracketState.NAKED, person.now - SECOND_NS, "the stop is gone")
        journal.commit()
    assert await person.hears() == []
    with writer(person.url) as journal:
        journal.bracket_state(bare.id, BracketState.NAKED, person.now - 60 * SECOND_NS, "the stop is gone")
        journal.commit()
    assert await person.hears() == [f"bracket {bare.id} has no working stop (naked): the stop is gone"]


async def test_a_day_is_told_when_its_run_has_ended_also_where_nothing_was_traded(person: Person) -> None:
    assert await person.hears() == []
    with writer(person.url, wall=Wall(person.now)) as journal:
        Told(journal).blocked(0)
        journal.finish({"round_trips": 0})
    assert await person.hears() == ["the day: nothing was traded"]
    text = (person.folder / "told").read_text()
    assert "refused    " in text
    assert "not right  nothing" in text
    assert "opens next 2026-" in text
    assert await person.hears() == []


async def test_a_day_without_a_desk_is_told_as_well(person: Person) -> None:
    # given a day that was told, and a session after it for which no run could be opened
    assert await person.hears() == []
    opens = person.now + 3_600 * SECOND_NS
    session = (opens, opens + 6 * 3_600 * SECOND_NS)
    refused = {**WAITS, "state": "starting", "mode": "refused", "reasons": ["nobody listens"]}
    person.seen = replace(person.seen, sessions=(session,), status=refused)
    assert await person.hears(later_s=7 * 3_600) == []
    # when it has been over for a quarter of an hour
    assert await person.hears(later_s=900) == ["the day: nothing was traded, no desk stood"]
    assert "not right  nobody listens" in (person.folder / "told").read_text()
    # then once
    assert await person.hears(later_s=900) == []


async def test_what_nobody_took_is_said_by_the_next_start(person: Person) -> None:
    assert await person.hears() == []
    with writer(person.url) as journal:
        journal.control("kill", True, person.now, "flatten: a fire")
        journal.commit()
    assert await person.hears("/bin/false") == []
    caller = person.caller("/bin/false")
    await caller.round()
    assert caller.health.shape() == {"sent": 0, "waiting": 1, "trouble": "/bin/false ended with 1"}
    assert await person.hears() == ["the kill switch is set: flatten: a fire"]


async def test_what_is_being_said_when_the_desk_ends_is_said_once(person: Person) -> None:
    assert await person.hears() == []
    with writer(person.url) as journal:
        journal.control("kill", True, person.now, "flatten: a fire")
        journal.commit()
    # given a program that has taken the call and has not ended yet
    file = person.folder / "told"
    calling = asyncio.create_task(person.caller("/bin/sh", "-c", f"cat >> {file}; sleep 0.5").run())
    await until(lambda: file.exists() and "a fire" in file.read_text())
    # when the desk ends
    calling.cancel()
    with suppress(asyncio.CancelledError):
        await calling
    # then it is told once, now and after the next start
    assert file.read_text().count("since: ") == 1
    assert await person.hears() == []


@pytest.mark.parametrize("held", [b'{"journal": 7', b'{"journal": "\xff"}'])
async def test_a_file_that_cannot_be_read_is_begun_anew(person: Person, held: bytes) -> None:
    assert await person.hears() == []
    (person.folder / "here.notify").write_bytes(held)
    assert await person.hears() == []
    assert (person.folder / "here.notify").read_bytes().startswith(b'{"journal":"')


async def test_a_journal_that_cannot_be_read_is_looked_at_next_time(person: Person) -> None:
    assert await person.hears() == []
    with writer(person.url) as journal:
        journal.control("kill", True, person.now, "flatten: a fire")
        journal.commit()
    file = person.folder / "journal.db"
    whole = file.read_bytes()
    file.write_bytes(b"no journal at all" * 1000)
    assert await person.hears() == []
    file.write_bytes(whole)
    assert await person.hears() == ["the kill switch is set: flatten: a fire"]


def test_an_evening_after_trades_says_what_they_came_to(person: Person) -> None:
    with writer(person.url, wall=Wall(person.now)) as journal:
        the_lesson(Told(journal))
        journal.finish({})
    with reading(place(person.url)) as reader:
        end = reader.end(reader.runs[0].run)
        assert end is not None
        lines = evening(reader, reader.runs, end, None)
    assert lines[0] == "the day: 1 round trip, +70.88, +1.89 R"
    assert "+70.88  lesson · queue · replay: 1 won, 0 lost" in lines[3]
    assert lines[-1] == "1 round trips say nothing about an edge, for or against."
