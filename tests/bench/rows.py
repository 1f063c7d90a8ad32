"""What a bench says: one figure, the figure that it is compared with, and the goal that it was given."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One line of bench.json. Ratios are made of figures of the same run, taken in turns."""

    name: str
    value: float | None
    """None: not to be had here; `note` says why."""
    unit: str
    ratio_to: str = ""
    ratio: float | None = None
    must: float | None = None
    aim: float | None = None
    less: bool = False
    """True where less is better. The goal is for `ratio` where there is one, else for `value`."""
    note: str = ""

    @property
    def judged(self) -> float | None:
        """The figure that the goal speaks of."""
        return self.value if self.ratio is None else self.ratio

    def reaches(self, goal: float | None) -> bool | None:
        """Whether a goal is met; None when there is no goal or no figure."""
        if goal is None or self.judged is None:
            return None
        return self.judged <= goal if self.less else self.judged >= goal

    @property
    def target(self) -> str:
        """The goal as a person reads it."""
        sign = "≤" if self.less else "≥"
        return (
            "" if self.must is None else f"{sign} {self.must:g}" + ("" if self.aim is None else f", aim {self.aim:g}")
        )

    def as_json(self) -> dict[str, Any]:
        """The object of bench.json."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "ratio_to": self.ratio_to or None,
            "ratio": self.ratio,
            "target": self.target or None,
            "met": self.reaches(self.must),
            "aim_met": self.reaches(self.aim),
            "note": self.note,
        }


def in_turns(contestants: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of each contestant's rounds, taken in turns so that a busy minute hits all of them."""
    seen: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            seen[name].append(run())
    return {name: statistics.median(values) for name, values in seen.items()}
