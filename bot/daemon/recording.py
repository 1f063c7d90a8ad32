"""What a live run keeps so that it can be repeated: its ticks as tapes, and what its broker said of hours and data."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from bot.clock import WallClock
from bot.config.bot_file import RecordSettings
from bot.daemon.aside import aside
from bot.daemon.asked import Asked
from bot.daemon.beside import beside
from bot.durable import GivenUp
from bot.ports import Adapter
from bot.tape.keeping import finish_all, throw_away, weight
from bot.tape.recorder import Recorder

GIGABYTE = 1_000_000_000
MADE = "synthetic"
"""The adapter whose market its seed makes again."""


@asynccontextmanager
async def tidying(asked: Asked, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Put the tapes folder in order beside a run that may record, in a thread: no position waits for that.

    What a crash left is finished, what has been kept long enough is deleted; `say` is told. When the block ends before
    that, the next run goes on with it.
    """
    folder = asked.record_to
    if folder is None:
        yield
        return

    async def tidy() -> None:
        said: list[str] = []
        try:
            await aside(partial(_tidy, folder, asked.bot.value.record, said.append))
        finally:
            for text in said:  # also when the rest is left: what was deleted is told
                say(text)

    async with beside("tapes", tidy):
        yield


def _tidy(folder: Path, settings: RecordSettings, say: Callable[[str], None], given_up: GivenUp) -> None:
    finish_all(folder, say, given_up)
    if not given_up():
        _throw_away(folder, settings, 0, say)


def _throw_away(folder: Path, settings: RecordSettings, size: int, say: Callable[[str], None]) -> None:
    """Delete tapes as the settings say, where `size` bytes more are needed."""
    room = settings.max_gb * GIGABYTE - size
    gone = throw_away(folder, keep_ns=settings.keep, max_bytes=room, now_ns=WallClock().now_ns())
    if gone:
        say(f"deleted {len(gone)} recorded tapes, as [record] keep and max_gb say: {gone[0].stem} …")


def _make_room(folder: Path, settings: RecordSettings, size: int, say: Callable[[str], None]) -> None:
    """For `size` bytes of a recording. Raises OSError where what must be kept leaves none."""
    _throw_away(folder, settings, size, say)
    if (all_of_it := weight(folder) + size) > settings.max_gb * GIGABYTE:
        gigabytes = f"{all_of_it / GIGABYTE:.1f} GB, {size / GIGABYTE:.1f} of them being written"
        raise OSError(f"[record] max_gb = {settings.max_gb} is reached: there are {gigabytes}")


def recorded(asked: Asked, adapter: Adapter, run: str, stack: AsyncExitStack) -> tuple[Adapter, Recorder | None]:
    """The adapter with its market recorded, where that is wanted: a market without an end has no tape of its own."""
    settings = asked.bot.value.record
    wanted = asked.record_to is not None and settings.enabled and (adapter.name != MADE or settings.synthetic)
    if asked.record_to is None or not wanted or adapter.market.last_ns is not None:
        return adapter, None
    room = partial(_make_room, asked.record_to, settings)
    recorder = stack.enter_context(Recorder(asked.record_to, run, f"{adapter.name} {run}", room=room))
    return replace(adapter, market=recorder.over(adapter.market)), recorder


Hours = Mapping[str, list[tuple[int, int]]]


def said_by(adapter: Adapter) -> str:
    """What a broker said and a tape does not tell, as a run's first row keeps it; empty for a market of tapes."""
    said: dict[str, Any] = {"feeds": dict(adapter.feeds), "rolls": dict(adapter.rolls)}
    for name, told in (("open_hours", adapter.open_hours), ("trading_hours", adapter.trading_hours)):
        said[name] = {product: [list(hours) for hours in of] for product, of in told.items()}
    said = {name: value for name, value in said.items() if value}
    return json.dumps(said, sort_keys=True) if said else ""


def repeated(adapter: Adapter, said: str) -> Adapter:
    """A replay's adapter that says what the recorded run's broker said (`said_by`)."""
    if not said:
        return adapter
    known: Mapping[str, Any] = json.loads(said)

    def hours(name: str) -> Hours:
        return {product: [(int(start), int(end)) for start, end in of] for product, of in known.get(name, {}).items()}

    return replace(
        adapter,
        feeds=known.get("feeds", {}),
        rolls=known.get("rolls", {}),
        open_hours=hours("open_hours"),
        trading_hours=hours("trading_hours"),
    )
