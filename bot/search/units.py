"""How trials are dealt out: those that look for the same signals on the same tape stand together."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import msgspec

from bot.search.plan import Planned
from bot.search.trial import Tape

MOST = 8
"""Trials of one unit: what is lost with a worker that is killed."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Trials (number, text) that one worker plays one after the other, on one tape."""

    tape: Tape
    trials: tuple[tuple[int, str], ...]


def dealt(wanted: Sequence[tuple[Tape, Sequence[Planned]]], jobs: int) -> list[Unit]:
    """Units of at most `MOST` trials, tape by tape; fewer a unit where there are few for so many workers."""
    units = []
    for tape, planned in wanted:
        most = max(1, min(MOST, ceil(len(planned) / (4 * jobs))))
        alike: dict[bytes, list[tuple[int, str]]] = {}
        for one in planned:
            alike.setdefault(_heard(one.text), []).append((one.number, one.text))
        for trials in alike.values():
            units += [Unit(tape, tuple(trials[at : at + most])) for at in range(0, len(trials), most)]
    return units


def _heard(text: str) -> bytes:
    """What of a strategy's TOML decides which signals are looked for."""
    table: Mapping[str, Any] = tomllib.loads(text)
    return msgspec.json.encode([table.get(key) for key in ("timeframe", "context", "detectors")], order="sorted")
