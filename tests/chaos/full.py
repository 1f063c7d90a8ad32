"""One trade's life at whose Nth step the journal's disk fills up; what must hold while it is full, and afterwards."""

import random
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.domain.order import ENDED, OrderReport, OrderState, Role
from bot.journal import rows
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.store import SqliteStore
from tests.chaos.filling import Disk, Way
from tests.rooms.orders.far import SECOND, Desk, Far, Works

Step = Callable[[Desk], Awaitable[None]]
EXITS = ("stop", "flatten")
DEADLINE_S = 1.0
MOST_WORDS = 4_000
"""Heartbeats after which a disk with room for 16 pages and 1 MiB in reserve must be full."""


@dataclass
class Result:
    """What came of one point."""

    lost: int = 0
    unprotected: int = 0
    sent: int = 0
    resumed: bool = False
    problems: list[str] = field(default_factory=list)


def alive(far: Far, role: str) -> list[Works]:
    """Orders of a role that may still execute."""
    return [one for one in far.orders.values() if one.order.role == role and one.state not in ENDED]


async def asked(desk: Desk) -> None:
    """An entry of two."""
    await desk.place(2)


async def taken(desk: Desk) -> None:
    """The broker has what it was sent."""
    desk.far.ack()
    await desk.hear()


async def begun(desk: Desk) -> None:
    """Half of the entry."""
    if alive(desk.far, "entry"):
        desk.far.fill("entry", 1)
        await desk.hear()


async def entered(desk: Desk) -> None:
    """All of it."""
    if alive(desk.far, "entry"):
        desk.far.fill("entry")
        await desk.hear()


async def taken_away(desk: Desk) -> None:
    """Somebody cancels the stop; what takes its place works."""
    if desk.far.position and alive(desk.far, "stop"):
        desk.far.end("stop")
        await desk.hear()
        await taken(desk)


async def cut(desk: Desk) -> None:
    """The link goes and comes back."""
    desk.far.cut()
    await desk.hear()
    desk.far.mend()
    await desk.hear()
    await desk.snapshot(2)


async def partly_left(desk: Desk) -> None:
    """Half of the target."""
    if desk.far.position > 1 and alive(desk.far, "target"):
        desk.far.fill("target", 1)
        await desk.hear()


async def left(desk: Desk) -> None:
    """The rest of it, or whatever leaves at market; the others end."""
    for role in ("flatten", "target"):
        if desk.far.position and alive(desk.far, role):
            desk.far.fill(role)
            await desk.hear()
    if not desk.far.position:
        for role in ("stop", "target", "entry"):
            for one in alive(desk.far, role):
                one.state = OrderState.CANCELLED
                desk.far.said.append(
                    OrderReport(one.order.client_order_id, one.state, desk.far.now, one.broker_id, "asked")
                )
        await desk.hear()
    await desk.wait(2)


LIFE: tuple[Step, ...] = (asked, taken, begun, entered, taken_away, cut, partly_left, left)


class Point:
    """One moment of one way."""

    def __init__(self, way: Way, number: int, chance: random.Random, folder: Path) -> None:
        self._way, self._number, self._chance = way, number, chance
        self._folder = folder / str(number)
        self._path = self._folder / "journal.db"
        self._committed: set[tuple[Any, ...]] = set()
        self.result = Result()

    async def play(self) -> Result:
        """The life, the outage, and what is left behind."""
        self._folder.mkdir()
        desk = await Desk.open(f"sqlite:///{self._path}", Far()).start()
        store = desk.journal._groups._store
        assert isinstance(store, SqliteStore)
        disk, at = Disk(self._way, store, self._path), self._number % (len(LIFE) + 1)
        for step in LIFE[:at]:
            await self._live(desk, step)
        await self._fills(desk, disk)
        for step in LIFE[at:]:
            await self._while_full(desk, step)
        await self._while_full(desk, left)
        disk.empty()
        await self._resumes(desk)
        desk.journal.finish({})
        desk.die()
        self._left_behind(desk)
        shutil.rmtree(self._folder)
        return self.result

    async def _live(self, desk: Desk, step: Step) -> None:
        await step(desk)
        desk.wall.now += self._chance.choice((0, 2 * SECOND))
        desk.journal.commit()
        if short(desk.far):
            await desk.wait(DEADLINE_S)  # the watchdog's: a stop that was put back may be short of what fills later
            await desk.hear()
        self._covered(desk, step.__name__)
        if not desk.journal.down:
            self._committed |= written(self._path)

    async def _fills(self, desk: Desk, disk: Disk) -> None:
        """Room for a few pages, which are written full; sometimes nothing is left of the reserve either."""
        disk.fill(self._chance.randrange(17))
        for _ in range(MOST_WORDS):
            if desk.journal.down:
                break
            self._committed |= written(self._path) if self._chance.random() < 0.05 else set()
            desk.journal.heartbeat(desk.far.now)
            desk.journal.commit()
        if self._way == "tmpfs" and self._chance.random() < 0.7:
            disk.fill(0)
        told = desk.journal.down
        if str(self._path) not in told or not ("has room" in told or "free some space" in told):
            self.result.problems.append(f"the message is not clear: {told!r}")

    async def _while_full(self, desk: Desk, step: Step) -> None:
        """One more step, then a stop is lost and an entry wanted."""
        await self._live(desk, step)
        if step is not left:
            lost = desk.far.position and alive(desk.far, "stop") and not alive(desk.far, "flatten")
            orders = len(desk.far.names)
            await self._live(desk, taken_away)
            if lost and len(desk.far.names) == orders:
                self.result.problems.append(f"{step.__name__}: a stop that was lost was not replaced")
        if not desk.journal.down:
            self.result.problems.append(f"{step.__name__}: the journal is written although its disk is full")
        entries = desk.far.told.count("place")
        await desk.place(2)
        if desk.far.told.count("place") != entries or alive_sent(desk.far):
            self.result.sent += 1
            self.result.problems.append(f"{step.__name__}: an entry left while the journal could not be written")

    async def _resumes(self, desk: Desk) -> None:
        desk.wall.now += 60 * SECOND
        desk.far.now += 60 * SECOND
        desk.journal.commit()
        entries = desk.far.told.count("place")
        for step in (*LIFE[:4], left):
            await self._live(desk, step)
        self.result.resumed = not desk.journal.down and desk.far.told.count("place") == entries + 1
        if not self.result.resumed:
            self.result.problems.append(f"no entry left once there was room again: {desk.journal.down!r}")

    def _covered(self, desk: Desk, when: str) -> None:
        if missing := short(desk.far):
            self.result.unprotected += 1
            self.result.problems.append(f"{when}: {desk.far.position} held, {missing} of it under no stop")

    def _left_behind(self, desk: Desk) -> None:
        lost = self._committed - written(self._path)
        with reading(place(desk.url)) as reader:
            problems = [f"db check: {one}" for one in check(reader)]
            fills = {row.exec_id for row in reader.read(rows.Fill, reader.runs)}
            orders = {row.client_order_id for row in reader.read(rows.Order, reader.runs)}
        missed = [one.exec_id for one in desk.far.fills if one.exec_id not in fills]
        missed += [name for name in desk.far.names if name not in orders]
        self.result.lost += len(lost) + len(missed)
        problems += [f"lost: {one}" for one in (*lost, *missed)]
        self.result.resumed = self.result.resumed and not problems
        self.result.problems += problems


def short(far: Far) -> int:
    """How much of the position neither a stop covers nor an order at market takes away."""
    return max(0, far.position - sum(one.quantity - one.filled for role in EXITS for one in alive(far, role)))


def alive_sent(far: Far) -> bool:
    """Whether an entry stands at the broker that it has said nothing of."""
    return any(one.order.role is Role.ENTRY and one.state is OrderState.SENT for one in far.orders.values())


def written(path: Path) -> set[tuple[Any, ...]]:
    """Every row that somebody else can read, with its table's name."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as other:
        return {(name, *row) for name in rows.TABLES for row in other.execute(f'SELECT * FROM "{name}"')}
