"""A sweep from its file to its trials: planned, taken from the journal where they were played before, played, kept."""

import hashlib
import inspect
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import fsum
from pathlib import Path
from typing import Any

import msgspec

from bot import plugins
from bot.daemon.opening import version
from bot.errors import ConfigError
from bot.journal import rows
from bot.journal.reading import Reader
from bot.journal.sweep_rows import Sweep as SweepRow
from bot.journal.sweep_rows import SweepTrial
from bot.journal.sweeps import Sweeps, settings_tried
from bot.kernel import sources_hash
from bot.review.tries import Setting, setting_of, settings, tried
from bot.search.plan import Planned
from bot.search.start import sessions_of
from bot.search.trial import Part, Scene, Tape, packed, unpacked

Wanted = Sequence[tuple[Tape, Sequence[Planned]]]
"""Tape by tape, the trials that are to be played on it."""
Engine = Callable[[Scene, Wanted], Iterator[tuple[Tape, Part]]]
"""Plays trials and tells of each part as it comes, in any order."""
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one trial on all tapes together."""

    number: int
    params: Mapping[str, Any]
    round_trips: int = 0
    expectancy_r: float | None = None
    net_ticks: int = 0
    journal_hash: str | None = None
    error: str | None = None
    days: Mapping[int, float] = field(default_factory=dict)
    """Session → Σ R after costs, of those with a round trip."""

    def shape(self) -> dict[str, Any]:
        """The object of the command-line contract."""
        names = ("params", "round_trips", "expectancy_r", "net_ticks", "journal_hash", "error")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Found:
    """All that came of a sweep."""

    trials: Sequence[Trial]
    sessions: Sequence[int]
    """Dates (yyyymmdd) of the sessions that the tapes tell of, in order."""
    tries: int
    """Different settings that were ever tried on any of these tapes, as far as the journal knows."""
    played: int
    """Parts that were played now; the others stood in the journal."""


def run(
    scene: Scene,
    tapes: Sequence[Tape],
    planned: Sequence[Planned],
    kept: Sweeps,
    asked: SweepRow,
    engine: Engine,
    seen: Callable[[int], None] = lambda parts: None,
) -> Found:
    """Play what was not played before and keep it; everything in the plan's order. Raises what a tape raises.

    `seen` is told how many parts (a trial on a tape) have come.
    """
    kept.begin(asked)
    digests = _digests(scene, planned)
    found: dict[tuple[str, int], Part] = {}
    wanted = []
    for tape in tapes:
        known = kept.known(tape.hash)
        for one in planned:
            if (result := known.get(digests[one.number])) is not None:
                found[tape.hash, one.number] = replace(unpacked(result), number=one.number)
        missing = [one for one in planned if (tape.hash, one.number) not in found]
        if missing:
            wanted.append((tape, missing))
    seen(len(found))
    taken = len(found)
    tried_here = [setting_of(one.text, scene.bot.text) for one in planned]
    for tape, part in engine(scene, wanted):
        one = planned[part.number]
        found[tape.hash, part.number] = part
        kept.add(_row(asked.id, digests[part.number], tape, one, tried_here[part.number], part))
        seen(1)
    kept.flush()
    with kept.reader() as reader:
        tries = _tries(reader, tapes, tried_here[0])
    trials = [_together(one, [found[tape.hash, one.number] for tape in tapes]) for one in planned]
    return Found(trials, sessions_of(scene, tapes), tries, len(found) - taken)


def _together(one: Planned, parts: Sequence[Part]) -> Trial:
    """A trial's parts, in order of the tapes."""
    error = next((part.error for part in parts if part.error is not None), None)
    if error is not None:
        return Trial(one.number, one.params, error=error)
    r = [value for part in parts for value in part.r]
    days: dict[int, list[float]] = {}
    for part in parts:
        for date, value in part.days.items():
            days.setdefault(date, []).append(value)
    hashes = [str(part.journal_hash) for part in parts]
    return Trial(
        one.number,
        one.params,
        sum(part.round_trips for part in parts),
        round(fsum(r) / len(r), DIGITS) if r else None,
        sum(part.net_ticks for part in parts),
        hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest(),
        None,
        {date: fsum(values) for date, values in sorted(days.items())},
    )


def _row(sweep: str, digest: str, tape: Tape, one: Planned, setting: Setting, part: Part) -> SweepTrial:
    return SweepTrial(
        digest,
        tape.hash,
        sweep,
        setting.digest,
        msgspec.json.encode(one.params).decode(),
        part.round_trips,
        part.net_ticks,
        packed(part).decode(),
        part.journal_hash,
        part.error,
    )


def _digests(scene: Scene, planned: Sequence[Planned]) -> list[str]:
    """Names of the trials: equal ones come to the same on the same tape."""
    code = (version("paperpit"), sources_hash(), *_sources(scene, planned[0].text))
    texts = (text for _, text in scene.instruments)
    common = "\0".join((scene.bot.text, scene.calendar.text if scene.calendar else "", *texts, *code))
    return [hashlib.sha256(f"{common}\0{one.text}".encode()).hexdigest() for one in planned]


def _sources(scene: Scene, text: str) -> Iterator[str]:
    """The code of the strategy, which may be changed between two sweeps. Where it cannot be read, nothing."""
    try:
        cls = plugins.find("strategies", str(tomllib.loads(text)["strategy"]), scene.path.parent)
        yield Path(inspect.getfile(cls)).read_text()
    except (ConfigError, OSError, TypeError):
        return


def _tries(reader: Reader, tapes: Sequence[Tape], like: Setting) -> int:
    """Settings that sweeps and replays of this journal have tried on any of these tapes."""
    hashes = {tape.hash for tape in tapes}
    ran = [
        row.run
        for row in reader.read(rows.Run, reader.runs)
        if hashes & {str(tape.get("hash")) for tape in msgspec.json.decode(row.tapes)}
    ]
    runs = [one for one in reader.runs if one.run in set(ran)]
    replayed = tried(settings(reader, runs).values(), [like.product], drill=like.drill) if runs else set()
    return len(replayed | settings_tried(reader, sorted(hashes)))
