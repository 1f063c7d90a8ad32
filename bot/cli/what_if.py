"""What a run's refusals would have made, asked of the tapes that `replay --run` takes: the parts put together."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from bot.cli.again import Wishes, recorded
from bot.domain.what_if import Drawn

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from bot.daemon.opening import Opened
    from bot.domain.what_if import Answer, Draw, Made, Moment, Wish
    from bot.journal.place import Place
    from bot.journal.reading import Reader, RunInfo
    from bot.review.refused import Ask, Draws


WHAT: Mapping[str, Literal["cancel", "flatten", "tighten"]] = {
    "blackout-start": "cancel",
    "flatten": "flatten",
    "tighten": "tighten",
}
"""What the desk does at an edge of its agenda."""


def asking(reader: "Reader", model: str | None = None, tapes: Sequence[str] = (), folder: str = "") -> "Ask":
    """Who answers for the runs of a journal, by `model` or by the fill model of each; kept for runs that are over.

    `tapes` are files that a run's tapes may be among, wherever they lie now; who asks for other wishes of a run keeps
    the answers in a `folder` of its own. It raises InputMissing, DataDamaged, UsageError where there is no tape to ask.
    """
    from bot import resources
    from bot.domain.what_if import Answer
    from bot.review.kept import kept

    def ask(run: "RunInfo", wishes: "Sequence[Wish]") -> "Answer":
        return asyncio.run(_ask(reader.place, run.run, wishes, model, tapes))

    place = resources.cache_folder() / "what-if" / (model or folder)
    return kept(ask, Answer, reader, place, _mark())


def drawing(reader: "Reader", draw: "Draw", tapes: Sequence[str] = ()) -> "Draws":
    """Who tells what random entries beside a run's wishes would have made, by its fill model; kept likewise."""
    from bot import resources
    from bot.review.kept import kept

    def ask(run: "RunInfo", wishes: "Sequence[Wish]") -> "dict[str, list[Drawn]]":
        return asyncio.run(_draw(reader.place, run.run, wishes, draw, tapes))

    folder = resources.cache_folder() / "what-if" / "random"
    return kept(ask, dict[str, list[Drawn]], reader, folder, _mark() + repr(draw).encode())


async def middles(
    place: "Place", run: str, moments: Mapping[str, Sequence[int]], tapes: Sequence[str] = ()
) -> "dict[tuple[str, int], float | None]":
    """(product, ns UTC) → middle of the quote in ticks on the tapes of a run. Raises as `asking` does."""
    from contextlib import AsyncExitStack

    from adapters.replay.markouts import middles_at

    async with AsyncExitStack() as stack:
        found = await _opened(Wishes(journal=place.url, tapes=tapes), run, stack)
        return await middles_at(found.adapter.market, moments)


def counted(ask: "Ask", advance: Callable[[int], None]) -> "Ask":
    """The same, and each run that is asked moves a bar by one."""

    def answer(run: "RunInfo", wishes: "Sequence[Wish]") -> "Answer":
        advance(1)
        return ask(run, wishes)

    return answer


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


async def _ask(place: "Place", run: str, wishes: "Sequence[Wish]", model: str | None, tapes: Sequence[str]) -> "Answer":
    from contextlib import AsyncExitStack

    from bot.domain.what_if import Answer

    async with AsyncExitStack() as stack:
        found = await _opened(Wishes(journal=place.url, fill_model=model, tapes=tapes), run, stack)
        return Answer(found.adapter.fill_model, await _made(found, wishes))


async def _draw(
    place: "Place", run: str, wishes: "Sequence[Wish]", draw: "Draw", tapes: Sequence[str]
) -> "dict[str, list[Drawn]]":
    from contextlib import AsyncExitStack

    from adapters.replay.seconds import standing
    from bot.domain.what_if import STILL_OPEN
    from bot.review.matched import matched

    known: dict[str, list[int]] = {}
    for wish in wishes:
        known.setdefault(wish.product, []).append(wish.known_ns)
    asked = Wishes(journal=place.url, tapes=tapes)
    async with AsyncExitStack() as stack:
        found = await _opened(asked, run, stack)
        stood = await standing(found.adapter.market, known)
        shut = {
            name: sorted({(one.from_ns, one.to_ns) for one in moments if one.to_ns})
            for name, moments in _moments(found).items()
        }
        entries = matched(wishes, stood, found.hours, shut, draw)
    async with AsyncExitStack() as stack:
        # A market is read once; a made one is made again.
        made = await _made(await _opened(asked, run, stack), [one for some in entries.values() for one in some])
    outcomes = {key: [made[one.id] for one in some] for key, some in entries.items()}
    return {
        key: [
            Drawn(float(one.ticks or 0), float(one.risk) if one.filled else 0.0)
            for one in some
            if one.end != STILL_OPEN
        ]
        for key, some in outcomes.items()
    }


async def _opened(wishes: Wishes, run: str, stack: "AsyncExitStack") -> "Opened":
    """A run as it was, with nothing but its market, its broker and its clock."""
    from dataclasses import replace

    from bot.daemon.opening import opened
    from bot.warm import Wanted

    asked, _, _ = recorded(run, wishes, tell=lambda note: None)
    # Nothing is detected, nobody commands: the memory of detectors and what a person said are not wanted.
    return await opened(replace(asked, warm=Wanted(), commands=(), renewals=()), run, stack)


async def _made(found: "Opened", wishes: "Sequence[Wish]") -> "dict[str, Made]":
    from adapters.replay.broker import ReplayBroker
    from adapters.replay.what_if import what_if

    broker = found.adapter.broker
    assert isinstance(broker, ReplayBroker)
    manages = {spec.name: spec.manage for spec in found.specs if spec.manage.moves}
    return await what_if(found.adapter.market, broker, wishes, _moments(found), manages)


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
