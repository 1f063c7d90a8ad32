"""kill −9 in the middle of the lesson's trade: the next run takes it up, and the day ends as if nothing had happened.

Method: the gateway in this process plays the tape by hand, row by row, and goes on only when the desk, a process of its
own, has dealt with the row. The desk kills itself at a named moment and is started again on the same journal. The
gateway's ledger is what really happened.
"""

import asyncio
import json
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from adapters.gateway.server import Gateway
from bot.journal import lists, rows
from bot.journal.check import check
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import reading
from tests.gateways import gateway
from tests.patience import PATIENCE_S
from tests.programs import Program, program
from tests.tapes import lesson

KILLED = -9
STREAMS = 2  # quotes and prints


@dataclass
class Played:
    """What the gateway did, and what the journal says, after both runs."""

    folder: Path
    first: int
    second: int
    said: str

    def ledger(self, event: str) -> list[dict[str, Any]]:
        """The gateway's lines of one kind."""
        lines = map(json.loads, (self.folder / "ledger.jsonl").read_text().splitlines())
        return [line for line in lines if line["event"] == event]

    def journal(self, listing: Any) -> list[dict[str, Any]]:
        """One of the journal's lists, over both runs."""
        with reading(place(str(self.folder / "journal.db"))) as reader:
            assert check(reader) == []
            found: list[dict[str, Any]] = listing(reader, reader.runs, Filters())
        return found

    def states(self) -> list[str]:
        """Every state that a bracket went through."""
        with reading(place(str(self.folder / "journal.db"))) as reader:
            return [row.state for row in reader.read(rows.BracketEvent, reader.runs)]


class Running(Protocol):
    """A desk in a process of its own."""

    @property
    def returncode(self) -> int | None: ...
    async def wait(self) -> int: ...


def desk(folder: Path, port: int, fault: str = "") -> AbstractAsyncContextManager[Program]:
    """`paperpit run` at a gateway, as a process of its own."""
    command = (
        *("run", "--adapter", "ib", "--strategy", "lesson-es.toml", "--calendar", "none", "--warm", "none", "--once"),
        *("--journal", str(folder / "journal.db"), "--desk", f"killed-{port}", "--fault-points"),
        *("--set", f"adapters.ib.port={port}", "--set", "record.enabled=false"),
    )
    return program(*command, cwd=folder, env={"PAPERPIT_FAULT": fault})


async def listening(far: Gateway, running: Running) -> None:
    """Come back when the desk has subscribed; a market without listeners would say nothing to anybody."""
    async with asyncio.timeout(PATIENCE_S):
        while len(far.feed.streams) < STREAMS:
            assert running.returncode is None, "the desk ended before it listened"
            await asyncio.sleep(0.02)


async def certain(folder: Path, running: Running, state: str) -> None:
    """Come back when the last bracket is in that state: the wall makes the broker's silence certain, no tape does."""
    journal = place(str(folder / "journal.db"))
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with reading(journal) as reader:
                if list(reader.read(rows.BracketEvent, reader.runs))[-1].state == state:
                    return
            assert running.returncode is None, "the desk ended before it was certain"
            await asyncio.sleep(0.1)


async def play(far: Gateway, running: Running, ledger: Path, hurt: str = "") -> None:
    """Row by row while the desk listens, to the tape's end; after the first execution the broker ends an order.

    A desk that has died is gone from the wire before its process is: nothing is played to nobody.
    """
    while (heard := far.feed.subscribers()) and await far.play.advance(1):
        for session in heard:
            await session.step()
        if hurt and '"event":"exec"' in ledger.read_text().replace(": ", ":"):
            far.control({"do": "fault", "name": "order-cancelled", "arg": hurt})
            hurt = ""
            await running.wait()
        await asyncio.sleep(0)


def killed(folder: Path, fault: str, *, hurt: str = "", until: str = "") -> Played:
    """The lesson's day with a desk that dies once; `hurt`: what the broker ends, once the entry has filled.

    `until`: the state that the second desk's bracket comes to before the market goes on.
    """
    tape = lesson().write(folder / "lesson.parquet", contract="ESM2023")

    async def day() -> Played:
        ledger = folder / "ledger.jsonl"
        async with gateway(tapes=(str(tape),), speed="hand", fill_model="queue", ledger=ledger) as far:
            async with desk(folder, far.port, fault) as running:
                await listening(far, running)
                await play(far, running, ledger, hurt)
                first = await running.wait()
            async with desk(folder, far.port) as running:
                await listening(far, running)
                if until:
                    await certain(folder, running, until)
                await play(far, running, ledger)
                return Played(folder, first, await running.wait(), running.words)

    return asyncio.run(day())


@pytest.mark.parametrize("point", ["bracket-sent:1", "fill-received:1", "fill-committed:1", "fill-received:2"])
def test_a_trade_goes_on_under_the_same_stop(tmp_path: Path, point: str) -> None:
    # given a desk that is killed once in the middle of the trade, and started again
    played = killed(tmp_path, f"{point}:kill")
    assert (played.first, played.second) == (KILLED, 0), played.said
    # then nothing was sent twice, and nothing was added
    assert [line["order"]["type"] for line in played.ledger("order")] == ["LMT", "STP", "LMT"]
    # and the ledger's executions are the journal's, each once
    done = [line["exec"]["exec_id"] for line in played.ledger("exec")]
    assert [fill["exec_id"] for fill in played.journal(lists.list_fills)] == done
    assert len(done) == 2
    # and the trade is the lesson's
    (trip,) = played.journal(lists.list_round_trips)
    assert (trip["entry_price"], trip["exit_price"], trip["exit_reason"]) == ("4200.50", "4202.00", "target")
    assert trip["commission"] != "0.00"


def test_what_was_never_sent_is_never_sent(tmp_path: Path) -> None:
    played = killed(tmp_path, "intent-committed:1:kill", until="void")
    assert (played.first, played.second) == (KILLED, 0), played.said
    assert played.ledger("order") == []
    assert played.states()[-1] == "void", played.said


def test_a_position_that_lost_its_stop_is_covered_by_the_next_run(tmp_path: Path) -> None:
    # given a broker that ends the stop, and a desk that dies before it does anything about that
    played = killed(tmp_path, "stop-lost:1:kill", hurt="stop")
    assert (played.first, played.second) == (KILLED, 0), played.said
    # then the next run sends one stop of the same kind, and nothing else
    assert [line["order"]["type"] for line in played.ledger("order")] == ["LMT", "STP", "LMT", "STP"]
    (trip,) = played.journal(lists.list_round_trips)
    assert trip["exit_reason"] == "target"
    # and nothing works on when the position has gone
    assert {order["state"] for order in played.journal(lists.list_orders)} <= {"filled", "cancelled"}
