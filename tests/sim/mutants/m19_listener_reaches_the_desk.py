"""M19: whoever listens to the market takes the desk along when he fails. The recorder is the listener that there is."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bot.domain.market import QUOTE, TICK
from bot.ports import Batch
from bot.tape.recorder import Recorder
from tests.sim.mutants.mutant import Mutant, Patch

BATCHES = 5


def change(patch: Patch) -> None:
    """What went wrong with the recording is raised where the desk walks."""
    take = Recorder.take

    def broken(self: Any) -> None:
        take(self)
        if self.trouble:
            raise OSError(self.trouble)

    patch.setattr(Recorder, "take", broken)


class _Quiet:
    """A market of a few batches."""

    def __init__(self) -> None:
        self.instruments = [SimpleNamespace(product="ES", contract="ESM2026")]
        self.first_ns, self.last_ns, self.anomalies = 0, None, {}

    async def subscribe(self) -> None:
        """It is always there."""

    async def batches(self) -> AsyncIterator[Batch]:
        """One row each."""
        for at in range(BATCHES):
            rows = np.zeros(1, TICK)
            rows["ts"], rows["kind"] = at + 1, QUOTE
            yield Batch(rows)
            await asyncio.sleep(0)


def history() -> list[str]:
    """A disk that takes no recording: the desk walks the same rows all the same."""
    with tempfile.NamedTemporaryFile() as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.tape.recorder.FLUSH_NS", 0)
        walked = asyncio.run(_walk(Recorder(Path(file.name) / "no-folder", "run", "a test")))
    if walked == BATCHES:
        return []
    return [f"I23 cut and batch: with a recorder that fails the desk walked {walked} of {BATCHES} batches"]


async def _walk(recorder: Recorder) -> int:
    walked = 0
    try:
        async for _ in recorder.over(_Quiet()).batches():  # type: ignore[arg-type]  # a market of this test alone
            walked += 1
            if recorder._job is not None:
                await asyncio.wrap_future(recorder._job)
    except OSError:
        return walked
    finally:
        recorder._thread.shutdown()
    return walked


MUTANT = Mutant(
    "M19",
    "lets a listener's failure reach the desk",
    "I23",
    change,
    history,
    "a market whose recorder fails",
    "the recorder stands for listeners to come (MQTT, web)",
)
