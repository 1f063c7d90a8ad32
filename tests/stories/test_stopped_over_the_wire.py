"""SIGTERM at each dangerous moment of the lesson's trade: what is held stays under its stop, the next start goes on.

Method: as in `test_killed_over_the_wire`, the gateway plays the tape by hand, and the desk sends itself the signal at a
named moment.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.gateway.server import Gateway
from bot.journal import lists
from bot.journal.check import check
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import reading
from tests.gateways import gateway
from tests.programs import Program, ended, program
from tests.stories.wires import until
from tests.tapes import lesson

STREAMS = 2  # quotes and prints
A_DAY_MS = "86400000"


@dataclass
class Day:
    """One tape, one gateway, one journal, and desks that come and go."""

    folder: Path
    far: Gateway

    @property
    def name(self) -> str:
        return f"stopped-{self.far.port}"

    @property
    def journal(self) -> Path:
        return self.folder / "journal.db"

    @property
    def words(self) -> tuple[object, ...]:
        """`paperpit run` at this gateway."""
        given = ("--adapter", "ib", "--strategy", "lesson-es.toml", "--calendar", "none", "--warm", "none", "--once")
        sets = ("--set", f"adapters.ib.port={self.far.port}", "--set", "record.enabled=false")
        return ("run", *given, *sets, "--journal", self.journal, "--desk", self.name, "--fault-points")

    @asynccontextmanager
    async def desk(self, fault: str = "") -> AsyncIterator[Program]:
        """A desk that listens to the market."""
        async with program(*self.words, env={"PAPERPIT_FAULT": fault}, cwd=self.folder) as running:
            await until(lambda: len(self.far.feed.streams) == STREAMS)
            yield running

    async def play(self, hurt: str = "") -> None:
        """Row by row while somebody listens; after the first execution the broker ends an order."""
        while (heard := self.far.feed.subscribers()) and await self.far.play.advance(1):
            for session in heard:
                await session.step()
            if hurt and self.book["executions"]:
                self.far.control({"do": "fault", "name": "order-cancelled", "arg": hurt})
                hurt = ""
                await until(lambda: not self.far.feed.subscribers())
            await asyncio.sleep(0)

    @property
    def book(self) -> dict[str, Any]:
        """What the exchange holds."""
        return self.far.exchange.control({"do": "status"})

    def listed(self, listing: Any) -> list[dict[str, Any]]:
        """One of the journal's lists, over all runs of a journal that is whole."""
        with reading(place(str(self.journal))) as reader:
            assert check(reader) == []
            found: list[dict[str, Any]] = listing(reader, reader.runs, Filters())
        return found

    def protected(self) -> bool:
        """Whether what is held is under a stop at the exchange, and nothing that enters works on."""
        orders = {one["client_order_id"]: one["role"] for one in self.listed(lists.list_orders)}
        working = [orders[one["ref"]] for one in self.book["orders"]]
        return "entry" not in working and ("stop" in working) is bool(self.book["positions"])


@asynccontextmanager
async def day(folder: Path) -> AsyncIterator[Day]:
    tape = lesson().write(folder / "lesson.parquet", contract="ESM2023")
    async with gateway(tapes=(str(tape),), speed="hand", fill_model="queue") as far:
        yield Day(folder, far)
        assert far.control({"do": "verdict"})["findings"] == []


@pytest.mark.parametrize("point", ["intent-committed:1", "bracket-sent:1", "fill-committed:1", "fill-received:2"])
async def test_it_ends_in_order_and_the_next_start_goes_on(tmp_path: Path, point: str) -> None:
    async with day(tmp_path) as one:
        # given a desk that is asked to end in the middle of something
        async with one.desk(f"{point}:term") as first:
            await one.play()
            assert await first.code() == 143, first.words
        # then what is held is protected, and nothing that enters works on
        assert one.protected(), one.book
        assert bool(one.book["positions"]) is (point == "fill-committed:1")
        assert "stopped: entries cancelled, positions left under their stops" in first.words
        # when it is started again
        async with one.desk() as second:
            await one.play()
            assert await second.code() == 0, second.words
        # then the trade ends as if nothing had happened
        runs = one.listed(lambda reader, runs, filters: [{"state": reader.state(run.run)} for run in runs])
        assert [run["state"] for run in runs] == ["finished", "finished"]
        trips = [trip["exit_reason"] for trip in one.listed(lists.list_round_trips)]
        assert trips == (["target"] if point.startswith("fill") else [])
        assert len(one.listed(lists.list_fills)) == one.book["executions"]
        assert one.book["orders"] == one.book["positions"] == []


@pytest.mark.parametrize("point", ["stop-lost:1", "exit-sent:1"])
async def test_a_lost_stop_is_replaced_before_it_ends(tmp_path: Path, point: str) -> None:
    async with day(tmp_path) as one, one.desk(f"{point}:term") as first:
        await one.play(hurt="stop")
        assert await first.code() == 143, first.words
        assert one.book["positions"] != []
        assert one.protected(), one.book


async def test_stop_by_command_is_the_same(tmp_path: Path) -> None:
    async with day(tmp_path) as one, one.desk() as first:
        while not one.book["executions"]:
            assert await one.far.play.advance(1)
            for session in one.far.feed.subscribers():
                await session.step()
        # the market stands still meanwhile: the trade must not end by itself first
        code, told = await ended("stop", "--desk", one.name)
        assert code == 0, told.words
        assert await first.code() == 0
        assert one.protected(), one.book
        assert one.book["positions"] != []


async def test_the_second_signal_does_not_wait_and_the_next_start_recovers(tmp_path: Path) -> None:
    async with day(tmp_path) as one:
        # given a desk whose entry works, and a gateway that takes its cancel and never answers
        async with one.desk("bracket-sent:1:term") as first:
            one.far.control({"do": "fault", "name": "slow-acks", "arg": A_DAY_MS})
            await one.play()
            await first.until("the desk is stopping")
            assert first.returncode is None, first.words
            assert await first.interrupted(signal.SIGTERM) == 143, first.words
        # when it is started again, at a gateway that answers
        one.far.control({"do": "fault", "name": "clear"})
        async with one.desk() as second:
            await one.play()
            assert await second.code() == 0, second.words
        assert len(one.listed(lists.list_fills)) == one.book["executions"]
        assert one.book["orders"] == one.book["positions"] == []


async def test_a_journal_that_is_lost_comes_back_from_its_copy_and_the_trade_goes_on(tmp_path: Path) -> None:
    async with day(tmp_path) as one:
        # given a desk that has ended with a position under its stop, and then lost its journal
        async with one.desk("fill-committed:1:term") as first:
            await one.play()
            assert await first.code() == 143, first.words
        (copy,) = (tmp_path / "backups").iterdir()
        for part in tmp_path.glob("journal.db*"):
            part.unlink()
        # when it is started, it begins no new journal and says how to go back
        code, refused = await ended(*one.words)
        assert code == 65
        assert f"paperpit db restore {copy}" in refused.words
        assert (await ended("db", "restore", copy, "--journal", one.journal))[0] == 0
        # then it asks the broker, and the trade ends as if nothing had happened
        async with one.desk() as second:
            await one.play()
            assert await second.code() == 0, second.words
        assert [trip["exit_reason"] for trip in one.listed(lists.list_round_trips)] == ["target"]
        assert len(one.listed(lists.list_fills)) == one.book["executions"] == 2
