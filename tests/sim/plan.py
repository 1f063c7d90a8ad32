"""What goes wrong on one day: a list of faults, each at the n-th occurrence of something. Drawn by the seed.

Swarm testing: most rates of a day are zero, the others high, so that rare faults meet each other. Every concern has a
stream of chance of its own: a fault that is taken out of the list moves no other.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """`after` seconds after the `nth` (from 1) passing of `on`, `what` happens, for `arg` seconds."""

    on: str
    nth: int
    what: str
    arg: float = 0.0
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault that may be drawn: at which passings, how often on a day that has it, and how large."""

    on: str
    what: str
    reach: int
    """Passings 1…reach may have it."""
    most: float
    """Its rate on a bad day."""
    low: float = 0.0
    high: float = 0.0
    share: float = 0.25
    """Share of days that have it at all."""


KINDS = (
    # What we say to the broker.
    Kind("out", "lost", 80, 0.08),
    Kind("out", "late", 80, 0.15, 0.5, 8),
    Kind("out", "cut-before", 80, 0.06, 2, 20),
    Kind("out", "cut-after", 80, 0.06, 2, 20),
    Kind("out", "twice", 80, 0.1),
    # What it does with an order.
    Kind("entry", "reject", 20, 0.2),
    Kind("stop", "reject", 20, 0.25),
    Kind("target", "reject", 20, 0.2),
    Kind("flatten", "reject", 8, 0.6),
    Kind("bracket", "loose", 20, 0.3),
    Kind("amend", "reject", 20, 0.4),
    Kind("amend", "second", 20, 0.4),
    # What it says to us.
    Kind("fill", "lost", 40, 0.2),
    Kind("fill", "late", 40, 0.25, 0.3, 12),
    Kind("fill", "twice", 40, 0.2),
    Kind("word", "lost", 120, 0.12),
    Kind("word", "late", 120, 0.15, 0.2, 8),
    Kind("word", "twice", 120, 0.1),
    Kind("cost", "lost", 40, 0.2),
    Kind("cost", "late", 40, 0.3, 1, 30),
    Kind("cost", "early", 40, 0.3),
    Kind("fill", "corrected", 40, 0.1, 0.5, 20),
    Kind("fill", "busted", 40, 0.06, 0.5, 20, share=0.1),
    # What it answers.
    Kind("ask", "silent", 150, 0.1),
    Kind("ask", "slow", 150, 0.15, 1, 9),
    Kind("ask", "leg", 150, 0.1),
    Kind("ask", "lag", 150, 0.1, 0.5, 3),
    # The wire, some seconds after a bracket was sent.
    Kind("placed", "cut", 20, 0.25, 0.05, 30),
    Kind("placed", "half-open", 20, 0.2, 5, 40),
    Kind("placed", "degraded", 20, 0.25, 1, 40),
    Kind("placed", "halt", 20, 0.15, 2, 30),
    Kind("placed", "stale", 20, 0.15, 3, 20),
    # People.
    Kind("placed", "cancel-stop", 20, 0.25),
    Kind("placed", "cancel-target", 20, 0.25),
    Kind("placed", "cancel-entry", 20, 0.2),
    Kind("placed", "resize-target", 20, 0.15, share=0.1),
    Kind("placed", "trades", 20, 0.1, share=0.15),
    Kind("placed", "foreign", 20, 0.15, 5, 60),
    Kind("placed", "pause", 20, 0.1, 5, 60),
    Kind("placed", "flatten", 20, 0.15, 5, 60),
    Kind("placed", "clock", 20, 0.1, 5, 60, share=0.1),
    # The disk.
    Kind("write", "slow", 400, 0.03, 0.05, 1.5),
    Kind("write", "full", 400, 0.006, 0.5, 20),
    Kind("write", "locked", 400, 0.01, 0.1, 3),
    Kind("write", "unknown", 400, 0.01),
    Kind("write", "kill-before", 400, 0.008),
    Kind("write", "kill-after", 400, 0.008),
    # The process, at any turn and within some seconds after a bracket was sent.
    Kind("placed", "kill", 20, 0.3, 0.0, 0.0, share=0.4),
    Kind("start", "kill", 12, 0.4, 0.0, 5.0),
    Kind("start", "deaf", 12, 0.2, 1, 20, share=0.15),
)
POINT_RATE, POINT_REACH = 0.12, 20
AFTER = 30.0
"""Faults of `placed` come up to so many seconds after the bracket was sent; early ones are likelier."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a day is like, whatever goes wrong."""

    signals: int = 14
    minutes: float = 25.0
    """How long phase one lasts."""
    instruments: int = 2
    shrinks: bool = True
    """Whether the exchange makes exits follow what is held."""
    says_filled: bool = False
    """Whether a status says `filled`, too, before or after its execution."""
    piece: int = 1
    """Units of one execution, at most."""
    event_minute: int = -1
    """Minute of the day at which the calendar has an event; −1: none."""
    calendar: str = "given"
    memory: int = 0
    """Executions that the broker remembers, the newest; 0: all."""
    manages: bool = False
    """Whether strategies move their stops."""
    on_blackout: str = "hold"
    heir: int = 0
    """Seconds until a process that ended is started again."""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """One day, whole: the seed draws market and order of turns, the rest stands here."""

    seed: int
    shape: Shape = field(default_factory=Shape)
    faults: tuple[Fault, ...] = ()

    @classmethod
    def drawn(cls, seed: int, points: Iterable[str] = ()) -> "FaultPlan":
        """The day of a seed; `points` are the named dangerous moments of the code."""
        found: list[Fault] = []
        for kind in KINDS:
            found += _some(Random(f"{seed}:{kind.on}:{kind.what}"), kind)
        for point in points:
            kind = Kind(f"point:{point}", "kill", POINT_REACH, POINT_RATE, share=0.12)
            found += _some(Random(f"{seed}:{kind.on}"), kind)
        return cls(seed, _shape(Random(f"{seed}:shape")), tuple(found))

    def without(self, dropped: Iterable[Fault]) -> "FaultPlan":
        """The same day with fewer faults."""
        gone = set(dropped)
        return replace(self, faults=tuple(fault for fault in self.faults if fault not in gone))

    def at(self) -> dict[tuple[str, int], list[Fault]]:
        """Faults by their occasion."""
        found: dict[tuple[str, int], list[Fault]] = {}
        for fault in self.faults:
            found.setdefault((fault.on, fault.nth), []).append(fault)
        return found

    def text(self) -> str:
        """As JSON, one fault a line."""
        faults = ",\n  ".join(json.dumps([one.on, one.nth, one.what, one.arg, one.after]) for one in self.faults)
        return f'{{"seed": {self.seed}, "shape": {json.dumps(asdict(self.shape))},\n "faults": [\n  {faults}]}}\n'

    @classmethod
    def read(cls, text: str) -> "FaultPlan":
        """The plan of `text`."""
        told: dict[str, Any] = json.loads(text)
        faults = tuple(Fault(*one) for one in told["faults"])
        return cls(told["seed"], Shape(**told["shape"]), faults)


def _some(chance: Random, kind: Kind) -> list[Fault]:
    if chance.random() >= kind.share:
        return []
    rate = kind.most * chance.random()
    found = []
    for nth in range(1, kind.reach + 1):
        if chance.random() < rate:
            arg = round(chance.uniform(kind.low, kind.high), 3)
            after = round(AFTER * chance.random() ** 3, 3) if kind.on == "placed" else 0.0
            found.append(Fault(kind.on, nth, kind.what, arg, after))
    return found


def _shape(chance: Random) -> Shape:
    return Shape(
        signals=chance.randint(6, 16),
        minutes=chance.choice([12.0, 18.0, 25.0, 31.0]),
        instruments=chance.choice([1, 2, 2]),
        shrinks=chance.random() < 0.6,
        says_filled=chance.random() < 0.4,
        piece=chance.choice([1, 1, 2, 9]),
        event_minute=chance.choice([-1, -1, -1, -12, 20]),
        calendar=chance.choice(["given"] * 19 + ["absent"]),
        memory=0 if chance.random() < 0.85 else chance.randint(3, 8),
        manages=chance.random() < 0.4,
        on_blackout=chance.choice(["hold", "flatten", "tighten"]),
        heir=chance.choice([0, 1, 1, 3, 8]),
    )
