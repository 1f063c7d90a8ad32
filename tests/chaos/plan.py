"""What a seed lets happen: for each life of the daemon how it ends, and what goes wrong at the gateway meanwhile."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from bot.faults import Point

POINTS: tuple[str, ...] = get_args(Point)
FAULT_SHARE, POINT_SHARE, RECOVERY_SHARE, AGAIN_SHARE = 0.3, 0.5, 0.15, 0.4
"""How many lives see a fault, end at a named moment, end before they are ready; how many of those once more."""
CUTS = ("drop", "half-message", "garbage", "nightly", "1100")
"""Faults after which the daemon hears nothing for a while."""
AT_READY = (
    *(("drop", "0"), ("drop", "0.5"), ("half-message", ""), ("garbage", ""), ("1100", ""), ("nightly", "0.7")),
    *(("slow-acks", "300"), ("cancel-meets-fill", ""), ("status-before-execution", ""), ("status-late", "500")),
    *(("execution-without-status", ""), ("status-without-execution", ""), ("doubled-status", "")),
    *(("commission-before", ""), ("commission-late", "700"), ("repeated-execution", ""), ("repeated-execution", "")),
    *(("corrected-execution", "1"), ("corrected-execution", "1"), ("partial-fills", "1"), ("partial-fills", "1")),
    *(("order-cancelled", "stop"), ("order-cancelled", "target"), ("order-cancelled", "parent")),
    *(("inactive-child", "stop"), ("reject", "stop:201"), ("reject", "parent:201"), ("reject", "target:201")),
)
AT_START = (
    *(("drop", "0.5"), ("mute-end", "executions"), ("mute-end", "open-orders"), ("mute-end", "positions")),
    *(("slow-acks", "300"), ("doubled-status", ""), ("partial-fills", "1"), ("repeated-execution", "")),
    *(("status-without-execution", ""), ("corrected-execution", "1"), ("id-rollback", "10")),
)
AT_A_START = ("taken-up", "compared")
"""Named moments that come once in a life."""
PROVOKED = dict.fromkeys(("stop-lost", "exit-committed", "exit-sent"), ("order-cancelled", "stop"))
"""Named moments that come only when something goes wrong at the broker."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong at the gateway; `after_s` counts from readiness, −1: before the start."""

    name: str
    arg: str
    after_s: float

    @property
    def cuts(self) -> bool:
        """Whether the daemon hears nothing for a while."""
        return self.name in CUTS or self.name == "mute-end"

    def __str__(self) -> str:
        when = "before the start" if self.after_s < 0 else f"{self.after_s:.1f} s after ready"
        return f"{self.name}{f':{self.arg}' if self.arg else ''} {when}"


@dataclass(frozen=True)
class Death:
    """How one life ends. `after` are seconds from readiness; where it dies before, a share of what it takes."""

    point: str
    """The named moment that kills it; empty: a moment by chance."""
    passing: int
    after: float
    unready: bool
    down_s: float
    """How long the daemon is away afterwards."""
    fault: Fault | None

    def __str__(self) -> str:
        if self.point:
            how = f"at {self.point}, time {self.passing}"
        else:
            how = f"{self.after:.0%} on its way" if self.unready else f"{self.after:.2f} s after ready"
        return f"killed {how}{f', {self.fault}' if self.fault else ''}"


def plan(seed: str, kills: int) -> Sequence[Death]:
    """So many deaths, the same for the same seed; every named moment as often as another."""
    chance = random.Random(f"plan {seed}")
    points = list(POINTS) * (kills // len(POINTS) + 1)
    chance.shuffle(points)
    deaths: list[Death] = []
    again = False
    for _ in range(kills):
        point = points.pop() if chance.random() < POINT_SHARE else ""
        unready = not point and (again or chance.random() < RECOVERY_SHARE / (1 - POINT_SHARE))
        again = unready and chance.random() < AGAIN_SHARE
        after = chance.uniform(0.2, 1.1) if unready else min(chance.expovariate(1 / 0.8), 4.0)
        down = chance.choice((0.0, 0.0, chance.uniform(0, 0.8)))
        fault = _fault(chance) if chance.random() < FAULT_SHARE else None
        deaths.append(
            Death(point, 1 if point in AT_A_START else chance.choice((1, 1, 2, 3)), after, unready, down, fault)
        )
    return deaths


def _fault(chance: random.Random) -> Fault:
    if chance.random() < 0.25:
        return Fault(*chance.choice(AT_START), -1.0)
    return Fault(*chance.choice(AT_READY), chance.uniform(0, 0.8))
