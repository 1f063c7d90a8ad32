"""A recording of a million ticks becomes a tape when the run ends: the loop beats on, and a second signal ends it."""

import asyncio
import os
import signal
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.daemon import Outcome, Run
from bot.daemon.stopping import Stopping
from bot.ports import Batch
from bot.tape import open_tape
from bot.tape.keeping import finish_all, of_run
from tests.rooms.tape.builders import market
from tests.stories.recording import asked

PIECES, ROWS = 5, 200_000
TICKS = market(ROWS)
MAKING = "making tapes of the recording"
BEATS = 10


@dataclass
class Stopped:
    """A run that has recorded a million ticks and was asked to end."""

    outcome: Outcome
    beats: int
    """How often the loop beat while the tape was made."""
    tapes: Path

    @property
    def kept(self) -> int:
        """How many of them are on the run's tape: what the market itself says is of years later."""
        (tape,) = of_run(self.tapes, self.outcome.run).values()
        with open_tape(tape) as reader:
            stamps = np.concatenate([rows["ts"] for rows in reader.batches(65_536)])
        return int((stamps <= TICKS["ts"][-1]).sum())


async def stopped(folder: Path, *, insists: bool = False) -> Stopped:
    """Asked once, or `insists`: asked again while the tape is made."""
    beats = 0

    def much(rows: int) -> None:
        """After the first batch: the market says all that at once, and somebody asks for the end."""
        if run.desk is None or run.desk.ended == "stop" or run.recorder is None:
            return
        for _ in range(PIECES):
            run.recorder.hold(Batch(TICKS))
            run.recorder.take()
        os.kill(os.getpid(), signal.SIGTERM)

    async def beat() -> None:
        nonlocal beats
        while not trading.done():
            await asyncio.sleep(0.005)
            if run.ending.doing != MAKING:
                continue
            beats += 1
            if beats == 1:
                told = run.facts()
                assert (told["state"], told["reasons"][0], told["finishing"]) == ("stopping", MAKING, MAKING)
            if beats == BEATS and insists:
                os.kill(os.getpid(), signal.SIGTERM)

    with Stopping() as stopping:
        async with Run(asked(folder), stopping) as run:
            # The signals end this task, so it is the one that trades.
            trading = asyncio.get_running_loop().create_future()
            beating = asyncio.create_task(beat())
            outcome = await run.trade(much)
            trading.set_result(None)
            await beating
    return Stopped(outcome, beats, folder / "tapes")


def test_the_loop_beats_on_and_the_tape_holds_all(tmp_path: Path) -> None:
    one = asyncio.run(stopped(tmp_path))
    assert (one.outcome.stopped_by, one.outcome.recorded) == (signal.SIGTERM, [])
    assert one.beats > BEATS, "the loop stood still while the tape was made"
    assert one.kept == PIECES * ROWS
    # and the rest has been done as well
    assert list((tmp_path / "backups").iterdir())


def test_a_second_signal_leaves_it_to_the_next_start(tmp_path: Path) -> None:
    one = asyncio.run(stopped(tmp_path, insists=True))
    # then there is a recording, and nothing half made beside it; it is said
    (left,) = one.tapes.iterdir()
    assert left.suffix == ".part"
    assert one.outcome.recorded == [f"the recording {left.name} is no tape yet: the next start finishes it"]
    assert one.outcome.stopped_by == signal.SIGTERM
    # and not a tick is lost
    assert finish_all(one.tapes, lambda text: None) == []
    assert one.kept == PIECES * ROWS
