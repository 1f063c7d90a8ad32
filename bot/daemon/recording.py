"""What a live run keeps so that it can be repeated: its ticks as tapes, and what its broker said of hours and data."""

import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

from bot.clock import WallClock
from bot.daemon.asked import Asked
from bot.ports import Adapter
from bot.tape.keeping import finish_all, throw_away
from bot.tape.recorder import Recorder

GIGABYTE = 1_000_000_000
MADE = "synthetic"
"""The adapter whose market its seed makes again."""


def tidied(asked: Asked) -> list[str]:
    """Put the tapes folder in order before a run that may record; what is to be said about it.

    What a crash left is finished, what has been kept long enough is deleted.
    """
    said: list[str] = []
    if asked.record_to is None:
        return said
    finish_all(asked.record_to, said.append)
    settings = asked.bot.value.record
    gone = throw_away(
        asked.record_to,
        keep_ns=settings.keep,
        max_bytes=settings.max_gb * GIGABYTE,
        now_ns=WallClock().now_ns(),
    )
    if gone:
        said.append(f"deleted {len(gone)} recorded tapes, as [record] keep and max_gb say: {gone[0].stem} …")
    return said


def recorded(asked: Asked, adapter: Adapter, run: str, stack: AsyncExitStack) -> tuple[Adapter, Recorder | None]:
    """The adapter with its market recorded, where that is wanted: a market without an end has no tape of its own."""
    settings = asked.bot.value.record
    wanted = asked.record_to is not None and settings.enabled and (adapter.name != MADE or settings.synthetic)
    if asked.record_to is None or not wanted or adapter.market.last_ns is not None:
        return adapter, None
    recorder = stack.enter_context(Recorder(asked.record_to, run, f"{adapter.name} {run}"))
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
