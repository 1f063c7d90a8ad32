"""Which trials a sweep makes of what its file leaves open, in an order that only file, number and seed decide."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from bot.errors import UsageError
from bot.search.space import Choice, Range, Space

TRIALS = 64
"""Of a file with ranges, where nobody says how many."""
TRIALS_MAX = 100_000
_DRAWS = 20
"""How often a trial is drawn that was there before."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One trial: its number from 0, the values that stand in the gaps, and the strategy's TOML with them."""

    number: int
    params: Mapping[str, Any]
    text: str


def plan(space: Space, trials: int | None, seed: int) -> list[Planned]:
    """Every combination of a grid in the file's order, the last key running fastest; or `trials` of them by chance.

    With a range they are drawn: numbers of ranges evenly, choices of grids likewise, no combination twice. There may be
    fewer than were asked for, where there are no more. Raises UsageError for more than there is room for.
    """
    wanted = trials if trials is not None else space.size if space.finite else TRIALS
    if wanted > TRIALS_MAX:
        raise UsageError(
            f"{wanted:,} trials are more than anybody can learn from",
            allowed=f"up to {TRIALS_MAX:,}",
            do="--trials N draws some of them",
        )
    if space.finite and wanted >= space.size:
        chosen: Iterator[dict[str, Any]] | Sequence[dict[str, Any]] = _grid(space)
    elif space.finite:
        picked = np.random.default_rng(seed).choice(space.size, wanted, replace=False)
        chosen = [_point(space, int(index)) for index in sorted(picked)]
    else:
        chosen = _drawn(space, wanted, seed)
    return [Planned(number, params, space.text(params)) for number, params in enumerate(chosen)]


def _grid(space: Space) -> Iterator[dict[str, Any]]:
    choices = [axis.values for axis in space.axes.values() if isinstance(axis, Choice)]
    return (dict(zip(space.axes, values, strict=True)) for values in itertools.product(*choices))


def _point(space: Space, index: int) -> dict[str, Any]:
    """The combination at a place in the grid's order."""
    values = {}
    for name, axis in reversed(list(space.axes.items())):
        assert isinstance(axis, Choice)
        index, at = divmod(index, len(axis.values))
        values[name] = axis.values[at]
    return {name: values[name] for name in space.axes}


def _drawn(space: Space, wanted: int, seed: int) -> Iterator[dict[str, Any]]:
    chance, seen = np.random.default_rng(seed), set[bytes]()
    for _ in range(wanted * _DRAWS):
        if len(seen) == wanted:
            return
        params = {name: axis.at(float(chance.random())) for name, axis in space.axes.items()}
        key = msgspec.json.encode(params)
        if key not in seen:
            seen.add(key)
            yield params


def ordered(space: Space) -> dict[str, bool]:
    """Which axes have an order in which values are neighbours: numbers."""
    return {
        name: isinstance(axis, Range)
        or all(isinstance(value, int | float) and not isinstance(value, bool) for value in axis.values)
        for name, axis in space.axes.items()
    }
