"""Asks a tape what brackets would have made, and puts the answer beside what a journal has of those that were sent."""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from adapters.replay import Params, open_replay
from adapters.replay.broker import ReplayBroker
from adapters.replay.what_if import what_if
from bot.config import ManageSettings, instrument
from bot.domain.instrument import Instrument
from bot.domain.what_if import NOT_FILLED, STILL_OPEN, Made, Moment, Terms, Wish
from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import reading
from bot.ports import AdapterNeeds
from bot.resources import shipped
from tests.playing import Played

FAR = 2**62
MILLISECOND = 1_000_000


def approved(played: Played) -> list[Wish]:
    """Every proposal of the drill that became a bracket, as if nothing had been sent. It hears the ends of bars."""
    with reading(place(played.url)) as reader:
        found = reader.read(rows.Decision, reader.choose(played.outcome.run))
    return [wish(row) for row in found if row.verdict == "approved"]


def wish(row: rows.Decision) -> Wish:
    """A proposal that ends with its session in the far future."""
    numbers: list[Any] = [row.quantity, row.entry, row.stop, row.target, row.ttl_ns, row.time_stop_ns]
    return Wish(row.id, row.strategy, row.instrument, row.side, row.known, FAR, True, Terms(*numbers))


def made(
    tape: Path,
    wishes: Sequence[Wish],
    *,
    model: str = "queue",
    latency_ms: int = 250,
    cancel_ms: int = 250,
    batch: int = 65_536,
    moments: Mapping[str, Sequence[Moment]] | None = None,
    manages: Mapping[str, ManageSettings] | None = None,
) -> dict[str, Made]:
    """What would have come of them on that tape."""

    def facts(name: str, tick: Decimal | None) -> Instrument:
        return instrument(name, tick, folder=shipped("config"))

    needs = AdapterNeeds(
        account="REPLAY-test",
        instrument=facts,
        batch=batch,
        fill_model=model,
        latency_ns=latency_ms * MILLISECOND,
        cancel_latency_ns=cancel_ms * MILLISECOND,
    )
    adapter = open_replay(Params(tape=str(tape)), needs)
    assert isinstance(adapter.broker, ReplayBroker)
    return asyncio.run(what_if(adapter.market, adapter.broker, wishes, moments or {}, manages or {}))


def told(played: Played, made: Mapping[str, Made]) -> list[tuple[Any, ...]]:
    """What the journal has of each bracket whose end the tape tells."""
    with reading(place(played.url)) as reader:
        runs = reader.choose(played.outcome.run)
        decision = {row.id: row.decision_id for row in reader.read(rows.Bracket, runs)}
    trips = {decision[trip["id"]]: trip for trip in played.round_trips}
    return [
        (key, trip["quantity"], trip["entry_ns"], trip["exit_ns"], trip["exit_reason"], float(trip["ticks"]), trip["r"])
        if (trip := trips.get(key)) is not None
        else (key, NOT_FILLED)
        for key, one in made.items()
        if one.end != STILL_OPEN
    ]


def claimed(made: Mapping[str, Made]) -> list[tuple[Any, ...]]:
    """The same of what would have been."""
    return [
        (key, one.units, one.entry_ns, one.exit_ns, one.end, float(one.ticks), _rounded(one))
        if one.ticks is not None
        else (key, one.end)
        for key, one in made.items()
        if one.end != STILL_OPEN
    ]


def _rounded(one: Made) -> float | None:
    return None if one.r is None else round(float(one.r), 6)
