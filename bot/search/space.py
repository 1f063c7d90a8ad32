"""What a sweep file leaves open: a strategy's TOML in which some values are lists of choices or ranges.

stop_ticks = { grid = [4, 6, 8] }                 each of these
every      = { low = 2, high = 12 }               any whole number of them, both ends included
z_min      = { low = 1.5, high = 4.0, log = true }  any number, evenly by its logarithm, to four digits
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.config.gaps import cut, written
from bot.config.placing import Path, Placing, key_text
from bot.config.reading import in_order, parse
from bot.errors import ConfigError, Fault

WORDS = ("grid", "low", "high", "log")
_ALLOWED = "{ grid = [4, 6, 8] }, or { low = 2, high = 12 }, with log = true where it suits"
_FIXED = ("name", "strategy", "instrument", "enabled", "expect")
"""Keys that say which strategy it is, and what its author believes of it: there is nothing to search in them."""
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some values, in the order in which they were written."""

    values: tuple[Any, ...]

    def at(self, place: float) -> Any:
        """The value at a place in [0, 1)."""
        return self.values[int(place * len(self.values))]


@dataclass(frozen=True, slots=True)
class Range:
    """Any number from `low` to `high`, both included; a whole one where both are."""

    low: float
    high: float
    log: bool
    whole: bool

    def at(self, place: float) -> int | float:
        """The value at a place in [0, 1)."""
        low, high = (self.low - 0.5, self.high + 0.5) if self.whole else (self.low, self.high)
        if self.log:
            low = max(low, self.low / 2)  # a whole number's own half stays above zero
            value = math.exp(math.log(low) + place * (math.log(high) - math.log(low)))
        else:
            value = low + place * (high - low)
        value = min(max(value, self.low), self.high)
        return min(max(round(value), round(self.low)), round(self.high)) if self.whole else float(f"{value:.{DIGITS}g}")


Axis = Choice | Range


@dataclass(frozen=True, slots=True)
class Space:
    """A strategy's TOML with gaps, and what may stand in each: `bracket.stop_ticks` → its axis, in the file's order."""

    axes: Mapping[str, Axis]
    pieces: Sequence[str]
    """The text around the gaps: one more than there are axes."""
    gaps: Sequence[str]
    """Name of the axis of each gap, in the text's order."""

    @property
    def finite(self) -> bool:
        """Whether there are only choices."""
        return all(isinstance(axis, Choice) for axis in self.axes.values())

    @property
    def size(self) -> int:
        """How many combinations the choices have."""
        return math.prod(len(axis.values) for axis in self.axes.values() if isinstance(axis, Choice))

    def text(self, params: Mapping[str, Any]) -> str:
        """The strategy's TOML with these values in its gaps."""
        filled = (written(params[name]) + piece for name, piece in zip(self.gaps, self.pieces[1:], strict=True))
        return self.pieces[0] + "".join(filled)


def read_space(text: str, file: str) -> Space:
    """What a sweep file leaves open; `file` is its name as people read it. Raises ConfigError with every fault."""
    raw, place = parse(text, file), Placing(file, text)
    faults: list[Fault] = []
    axes: dict[Path, Axis] = {}
    for path, table in _open(raw, ()):
        found = _axis(path, table, place)
        if isinstance(found, Fault):
            faults.append(found)
        else:
            axes[path] = found
    if faults:
        raise ConfigError.of(in_order(faults))
    try:
        pieces, gaps = cut(text, list(axes))
    except ValueError as error:
        path = list(axes)[error.args[0]]
        said = "what is left open is written in one line, not as a table of its own"
        raise ConfigError.of((place.fault(path, said, allowed=_ALLOWED),)) from None
    named = [key_text(path) for path in axes]
    return Space(dict(zip(named, axes.values(), strict=True)), pieces, [named[number] for number in gaps])


def _open(tables: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every value that is left open, in the file's order."""
    for key, value in tables.items():
        if isinstance(value, dict):
            if set(value) & set(WORDS[:3]):
                yield (*path, key), value
            else:
                yield from _open(value, (*path, key))


def _axis(path: Path, table: Mapping[str, Any], place: Placing) -> Axis | Fault:
    """What may stand at a place, or what is wrong with it."""

    def wrong(message: str, allowed: str = _ALLOWED) -> Fault:
        return place.fault(path, message, allowed=allowed)

    if path[0] in _FIXED:
        return wrong("this is not searched: it says which strategy it is", "a value of another key left open")
    if unknown := sorted(set(table) - set(WORDS)):
        return wrong(f"{', '.join(unknown)} is not known beside {', '.join(key for key in table if key in WORDS)}")
    if "grid" in table:
        return _choice(table, wrong)
    if missing := [name for name in ("low", "high") if name not in table]:
        return wrong(f"a range needs both ends: {missing[0]} is missing")
    low, high, log = table["low"], table["high"], table.get("log", False)
    if not all(
        isinstance(end, int | float) and not isinstance(end, bool) and math.isfinite(end) for end in (low, high)
    ):
        return wrong("the ends of a range are numbers; for anything else write a grid")
    if not isinstance(log, bool):
        return wrong("log is true or false")
    if not low < high:
        return wrong(f"low = {low} is not below high = {high}")
    if log and low <= 0:
        return wrong(f"by its logarithm a range begins above zero, low = {low} does not")
    return Range(low, high, log, isinstance(low, int) and isinstance(high, int))


def _choice(table: Mapping[str, Any], wrong: Callable[[str], Fault]) -> Axis | Fault:
    values = table["grid"]
    if len(table) > 1:
        return wrong("a grid says all by itself")
    if not isinstance(values, list) or not values:
        return wrong("a grid is a list of at least one value")
    if twice := [value for at, value in enumerate(values) if value in values[:at]]:
        return wrong(f"{twice[0]!r} stands in the grid twice")
    return Choice(tuple(values))
