"""What a run's refusals would have made, asked of the tapes that `replay --run` takes: the parts put together."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from bot.cli.again import Wishes, recorded

if TYPE_CHECKING:
    from bot.daemon.opening import Opened
    from bot.domain.what_if import Answer, Moment, Wish
    from bot.journal.place import Place
    from bot.journal.reading import RunInfo


def asking(place: "Place") -> "Callable[[RunInfo, Sequence[Wish]], Answer]":
    """Who answers for the runs of a journal.

    The answer raises InputMissing, DataDamaged, UsageError where there is no tape to ask; each call reads the run's
    tape anew.
    """
    import asyncio

    def ask(run: "RunInfo", wishes: "Sequence[Wish]") -> "Answer":
        return asyncio.run(_ask(place, run.run, wishes))

    return ask


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
        return Answer(found.adapter.fill_model, await what_if(found.adapter.market, broker, wishes, _moments(found)))


def _moments(opened: "Opened") -> "dict[str, list[Moment]]":
    """Strategy → when the desk would have ended entries or positions by the clock."""
    from bot.daemon.building import agenda_of, blackouts_of
    from bot.domain.what_if import Moment

    agenda, found = agenda_of(opened, blackouts_of(opened)), dict[str, list[Moment]]()
    while agenda.next_due() is not None:
        edge = agenda.take()
        why = "blackout" if edge.kind else "session"
        if edge.what == "flatten":
            found.setdefault(edge.strategy, []).append(Moment(edge.ts, "flatten", why, edge.from_ns, edge.to_ns))
        elif edge.what == "blackout-start":
            found.setdefault(edge.strategy, []).append(Moment(edge.ts, "cancel", why, edge.from_ns, edge.to_ns))
    return found
