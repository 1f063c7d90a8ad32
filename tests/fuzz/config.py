"""`python -m tests.fuzz.config [N] [SEED]`: so many mutated settings files, each taken or refused with its place.

A refusal is worth something when it names the file, the place in it, and what is allowed there or what to do. Whatever
else comes out is a bug of ours; the case is printed with the command that makes it again. What is taken is used: a
settings file that passes must not break the start. The figures at the end are of processor time; none is asserted.
"""

import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bot.cli.judge import Judge
from bot.config.instruments import instrument, instruments_of
from bot.errors import DataDamaged, Fault, PaperpitError
from bot.resources import shipped
from bot.risk.blackout import Blackout
from bot.risk.calendar import EventCalendar
from bot.risk.calendar_check import DAY_NS, check
from bot.risk.events import KINDS
from bot.sessions import days_of
from tests.fuzz.ending import ended
from tests.fuzz.mutate import mutated
from tests.tapes import ns

NOW = ns("2026-11-23 10:00")
WHOLE_FILE = ("this is not TOML", "this is not UTF-8", "hours are")
"""What concerns no single key, or says itself what is allowed."""
SLOW_MS = 50
FEEDS = {
    "bls.ics": """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Bureau of Labor Statistics//EN
BEGIN:VEVENT
UID:1
DTSTART;TZID=US-Eastern:20261210T083000
DTEND;TZID=US-Eastern:20261210T083000
SUMMARY:Consumer Price Index
STATUS:CONFIRMED
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20261215
SUMMARY:Producer Price Index
STATUS:TENTATIVE
END:VEVENT
END:VCALENDAR
""",
    "week.json": """[
{"title": "CPI m/m", "country": "USD", "date": "2026-12-10T08:30:00-05:00", "impact": "High"},
{"title": "Rate", "country": "EUR", "date": "2026-12-10T08:15:00-05:00", "impact": "High"},
{"title": "FOMC Statement", "country": "USD", "date": "2026-12-09T14:00:00-05:00", "impact": "High"}
]
""",
}
"""What `calendar import` reads beside our CSV; none of these ships."""


@dataclass
class Told:
    """What came of the cases so far."""

    taken: int = 0
    refused: int = 0
    ms: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The figures in one line."""
        ordered = sorted(self.ms)
        return (
            f"cases={len(self.ms)} taken={self.taken} refused={self.refused} wrong={len(self.wrong)} "
            f"p50={statistics.median(ordered):.1f}ms p99={ordered[int(0.99 * len(ordered))]:.1f}ms "
            f"max={ordered[-1]:.1f}ms over_{SLOW_MS}ms={sum(one > SLOW_MS for one in ordered)}"
        )


def sources() -> dict[str, str]:
    """Every settings file that ships, and one of each kind that is imported: name → text."""
    paths = sorted(path for path in shipped("config").rglob("*") if path.suffix in (".toml", ".csv"))
    paths = [path for path in paths if path.parent.name != "sweeps"]  # a strategy with gaps: `sweep` judges it
    return {path.name: path.read_text() for path in paths} | FEEDS


def fuzz(cases: int, seed: int, folder: Path, first: int = 0) -> Told:
    """Judge the cases `first` to `first + cases` of a seed in `folder`."""
    told, texts = Told(), sources()
    for number in range(first - len(texts), first + cases):
        whole = number < first  # each file as it is goes first: it must be taken, and it warms everything up
        chance = Random(f"{seed}:{number}")
        name = list(texts)[number - first] if whole else chance.choice(list(texts))
        path = folder / name
        path.write_text(texts[name] if whole else mutated(texts[name], chance, table=path.suffix != ".toml"), "utf-8")
        begun = time.process_time()
        try:
            complaints = list(_judged(path))
        except Exception as bug:  # noqa: BLE001 - that nothing gets here is what is tested
            complaints = [f"{type(bug).__name__}: {bug}"]
        path.unlink()
        if whole:
            told.wrong += [f"case - of {name}: {one or 'it is as it should be, and refused'}" for one in complaints]
            continue
        told.ms.append((time.process_time() - begun) * 1000)
        told.refused += complaints != []
        told.taken += complaints == []
        told.wrong += [f"case {number} of {name}: {one}" for one in complaints if one]
    return told


def _judged(path: Path) -> Iterator[str]:
    """For each fault an empty text, or what is wrong with how it is told; nothing for a file that is taken."""
    if path.suffix != ".toml":
        yield from _calendar(path)
        return
    judge = Judge(path if path.name == "bot.toml" else None, (), NOW)
    judge.file(path)
    errors = [fault for fault in judge.faults if fault.level == "error"]
    yield from (_said_well(fault, path) for fault in judge.faults)
    if not errors and path.name == "instruments.toml":
        _used(path)


def _calendar(path: Path) -> Iterator[str]:
    try:
        calendar = EventCalendar.load(str(path))
    except DataDamaged as error:
        yield "" if path.name in error.where else f"no place: {error}"
        return
    # What is taken is asked, and recorded with a run and read back.
    blackout = Blackout(calendar, (*KINDS, *calendar.coverage))
    blackout.edges(NOW, NOW + DAY_NS)
    blackout.at(NOW)
    check(calendar, KINDS, NOW)
    if EventCalendar.parse(calendar.text, calendar.source) != calendar:
        yield "what is recorded is not what was read"


def _used(path: Path) -> None:
    """What a start does with a product's facts."""
    for product, facts in instruments_of(path.read_text(), path.name).items():
        days_of(instrument(product, folder=path.parent), NOW, NOW, facts.hours)


def _said_well(fault: Fault, path: Path) -> str:
    if not fault.file.endswith(path.name):
        return f"another file is blamed: {fault}"
    if any(words in fault.message for words in WHOLE_FILE):
        return ""
    if not fault.key:
        return f"no key: {fault}"
    return "" if fault.allowed or fault.do or fault.level == "warning" else f"no way out: {fault}"


def main(words: list[str]) -> int:
    """The command."""
    cases, seed, first = (int(word) for word in (*words, *("1000", "1", "0")[len(words) :]))
    with TemporaryDirectory() as folder:
        try:
            told = fuzz(cases, seed, Path(folder), first)
        except PaperpitError as error:
            sys.stderr.write(f"{error}\n")
            return error.exit_code
    return ended(told, "tests.fuzz.config", seed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
