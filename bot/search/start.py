"""How a sweep begins: everything that can refuse it is asked before the first trial."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np

from bot.config import BotFile, Loaded, StrategyFile, instrument, instrument_texts, products_of
from bot.daemon.asked import Asked
from bot.daemon.opening import opened
from bot.errors import ConfigError, UsageError
from bot.journal import new_run_id
from bot.risk.calendar import EventCalendar
from bot.search.plan import Planned
from bot.search.trial import Scene, Tape, made
from bot.sessions import days_of
from bot.tape import find_tape, open_tape

REPLAY = "replay"
_UNKNOWN = Tape("", Path(), "")


def start(
    path: Path, planned: Sequence[Planned], names: Sequence[str], bot: Loaded[BotFile]
) -> tuple[Scene, list[Tape]]:
    """What all trials of the sweep file at `path` have in common, and the tapes by name, in order of time.

    Raises what a replay of the first trial that can be played would raise: ConfigError, InputMissing, DataDamaged.
    """
    bot = replace(bot, value=bot.value.model_copy(update={"adapter": REPLAY}))
    scene = Scene(bot, path, None, instrument_texts(bot.path.parent))
    first = _first(scene, planned)
    tapes = _tapes(names, first.value.instrument)
    for tape in tapes:
        scene = replace(scene, calendar=asyncio.run(_calendar(replace(scene, calendar=None).asked(tape, first))))
    return scene, tapes


async def _calendar(asked: Asked) -> EventCalendar:
    """The calendar in force. Raises ConfigError where a replay of that tape would be refused for want of one."""
    async with AsyncExitStack() as stack:
        return (await opened(asked, new_run_id(0), stack)).calendar


def _first(scene: Scene, planned: Sequence[Planned]) -> Loaded[StrategyFile]:
    """The first trial that can be played. Raises ConfigError with the faults of the first one, if there is none."""
    refused: ConfigError | None = None
    for one in planned:
        try:
            found = scene.strategy(one.text)
            made(scene.asked(_UNKNOWN, found))
        except ConfigError as error:
            refused = refused or error
        else:
            return found
    assert refused is not None, "a plan has a trial"
    raise refused


def _tapes(names: Sequence[str], product: str) -> list[Tape]:
    """The tapes by name, in order of time. Raises InputMissing, DataDamaged, UsageError."""
    found = []
    for name in names:
        path = find_tape(name).resolve()
        with open_tape(path) as reader:
            facts = reader.facts
        if facts.instrument != product:
            raise UsageError(
                f"the strategy trades {product}, and the tape is of {facts.instrument}",
                allowed="tapes of the strategy's own product; each is replayed by itself",
            )
        shown = name if name == "demo" else str(path)
        found.append((facts.first_ns, Tape(shown, path, facts.hash, facts.instrument, facts.rows)))
    if len({tape.hash for _, tape in found}) < len(found):
        raise UsageError("the same tape is named twice")
    return [tape for _, tape in sorted(found, key=lambda one: one[0])]


def sessions_of(scene: Scene, tapes: Sequence[Tape]) -> list[int]:
    """Dates of the sessions that the tapes tell of, in order."""
    known, dates = products_of(scene.instruments), set[int]()
    for tape in tapes:
        with open_tape(tape.path) as reader:
            facts = reader.facts
        one = instrument(facts.contract or facts.instrument, facts.tick, known=known)
        hours = known[one.product].hours if one.product in known else ()
        days = days_of(one, facts.first_ns, facts.last_ns, hours)
        inside = (days["open"] <= facts.last_ns) & (days["close"] > facts.first_ns)
        dates |= set(np.asarray(days["date"])[inside].tolist())
    return sorted(dates)
