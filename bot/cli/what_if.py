"""What a run's refusals would have made, asked of the tapes that `replay --run` takes: the parts put together."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from bot.cli.again import Wishes, recorded

if TYPE_CHECKING:
    from bot.daemon.opening import Opened
    from bot.domain.what_if import Answer, Moment, Wish
    from bot.journal.place import Place
    from bot.journal.reading import Reader, RunInfo
    from bot.review.refused import Ask


WHAT: Mapping[str, Literal["cancel", "flatten", "tighten"]] = {
    "blackout-start": "cancel",
    "flatten": "flatten",
    "tighten": "tighten",
}
"""What the desk does at an edge of its agenda."""


def asking(reader: "Reader") -> "Ask":
    """Who answers for the runs of a journal; answers to runs that are over are kept.

    It raises InputMissing, DataDamaged, UsageError where there is no tape to ask.
    """
    from bot import resources
    from bot.review.kept import kept

    def ask(run: "RunInfo", wishes: "Sequence[Wish]") -> "Answer":
        return asyncio.run(_ask(reader.place, run.run, wishes))

    return kept(ask, reader, resources.cache_folder() / "what-if", _mark())


def _mark() -> bytes:
    """What answers: the sources of the replay's market and broker, and the program's version."""
    import hashlib
    from importlib.metadata import version
    from importlib.resources import files

    sources = sorted((one.name, one.read_bytes()) for one in files("adapters.replay").iterdir() if one.is_file())
    digest = hashlib.sha256(version("paperpit").encode())
    for name, text in sources:
        digest.update(name.encode() + text)
    return digest.digest()


async def _ask(place: "Place", run: str, wishes: "Sequence[Wish]") -> "Answer":
    from contextlib import AsyncExitStack
    from dataclasses import replace

    from adapters.replay.broker import ReplayBroker
    from adapters.replay.what_if import what_if
    from bot.daemon.opening import opened
    from bot.domain.what_if import Answer
    from bot.warm import Wanted

    asked, _, _ = recorded(run, Wishes(journal=place.url), tell=lambda note: None)
    # Nothing is detected, nobody commands: the memory of detectors and what a person said are not wanted.
    asked = replace(asked, warm=Wanted(), commands=(), renewals=())
    async with AsyncExitStack() as stack:
        found = await opened(asked, run, stack)
        broker = found.adapter.broker
        assert isinstance(broker, ReplayBroker)
        manages = {spec.name: spec.manage for spec in found.specs if spec.manage.moves}
        made = await what_if(found.adapter.market, broker, wishes, _moments(found), manages)
        return Answer(found.adapter.fill_model, made)


def _moments(opened: "Opened") -> "dict[str, list[Moment]]":
    """Strategy → when the desk would have ended entries or positions by the clock."""
    from bot.daemon.building import agenda_of, blackouts_of
    from bot.domain.what_if import Moment

    agenda, found = agenda_of(opened, blackouts_of(opened)), dict[str, list[Moment]]()
    while agenda.next_due() is not None:
        edge = agenda.take()
        what = WHAT.get(edge.what)
        if what is not None:
            why = "blackout" if edge.kind else "session"
            found.setdefault(edge.strategy, []).append(Moment(edge.ts, what, why, edge.from_ns, edge.to_ns))
    return found
