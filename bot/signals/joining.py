"""What detectors remember when others join them, and some leave, while a tape is being read.

Definition
    Who has the same kind, timeframe and parameters goes on with all of its memory. Of one that has only other
    thresholds, too: they hold from here on, also for what is under way. A parameter that is part of the memory itself
    (SHAPING of the detector: how fast volume fades, how long a minute of the map is) makes another detector of it.
    That one, and whoever was not there before, is cold: it knows what day it is and nothing else. It says nothing
    before the bar of its timeframe that is open has ended and, of an absorption, before every level of before would
    have died, as after a gap (`gap.py`); bars of more than half an hour are not waited for.
    Bars go on. One of a new timeframe begins where the shortest open one began, and is marked like a halt's where that
    is not its own beginning. Where bars are to be built of shorter ones than before, what the open one holds is poured
    into the longer ones, and shorter ones begin; how long a price stood is counted by those from then on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bot.config.params import MINUTE_NS, SECOND_NS
from bot.domain.market import ABSENT, Days, Ticks
from bot.kernel import kernel
from bot.signals import absorption, makers, rolling, sweep
from bot.signals.bars import add_up, place
from bot.signals.epochs import epoch
from bot.signals.footprint import BAR, CELL, HALT_IN, pour
from bot.signals.roster import Roster
from bot.signals.settle import Judges
from bot.signals.walk import Readers

LONGEST_NS = 30 * MINUTE_NS
"""Longer bars are not waited for."""
SHAPING: Mapping[str, tuple[str, ...]] = {
    "absorptions": absorption.SHAPING,
    "rollings": rolling.SHAPING,
    "sweeps": sweep.SHAPING,
    "makers": makers.SHAPING,
}
"""Parameters that are part of a memory, by its array; none of the others'."""
_OWN = frozenset(
    {"args", "source", "kind", "timeframe"}
    | {f"{ear}{what}" for ear in ("absorption", "rejection", "imbalance", "sweep") for what in ("", "_kind")}
    | {"confluence"}
)
"""Fields of a memory that say who it is and whom it listens to."""
_NEW = np.iinfo(np.int64).min
_NO_BAR, _NO_CELLS = np.zeros(0, BAR), np.zeros(0, CELL)


def heirs(old: Roster, new: Roster) -> dict[str, list[int]]:
    """For each array of memories of a new roster which row of the old roster's each of its rows inherits; −1 = none."""
    olds, found = _memories(old), {}
    for name, rows in _memories(new).items():
        found[name] = [_heir(name, row, new, olds[name], old) for row in rows]
    return found


def _memories(roster: Roster) -> dict[str, Ticks]:
    """All memories of a roster by array, before the first tick; of each row who it is, and its parameters."""
    judges = roster.judges()._asdict()
    del judges["sources"]
    return {**roster.readers()._asdict(), **judges}


def _heir(name: str, row: Any, new: Roster, olds: Ticks, old: Roster) -> int:
    """The row of the same parameters, else the first one of the same timeframe that only thresholds part from it."""
    alike = [at for at, one in enumerate(olds) if one["timeframe"] == row["timeframe"]]
    same = new.listed[int(row["source"])]
    for at in alike:
        if old.listed[int(olds[at]["source"])] == same:
            return at
    shaping = SHAPING.get(name, ())
    return next((at for at in alike if all(olds[at]["args"][key] == row["args"][key] for key in shaping)), -1)


def cold(old: Roster, new: Roster, days: Days, ts: int) -> dict[int, int]:
    """The sources of a new roster that begin cold at `ts` → up to when (ns UTC) they say nothing."""
    found: dict[int, int] = {}
    inherited = heirs(old, new)
    for name, rows in _memories(new).items():
        for row, heir in zip(rows, inherited[name], strict=True):
            if heir < 0:
                life = int(row["life"]) if name == "absorptions" else 0
                source = int(row["source"])
                warm = max(_bar_end(days, int(row["timeframe"]), ts), ts + life)
                found[source] = max(warm, found.get(source, 0))
    running = set(old.keys)
    for source, key in enumerate(new.keys):
        if key not in running and (key[0] == "bar" or key[-1] is not None):
            found[source] = _bar_end(days, key[1], ts)
    return found


def retuned(old: Roster, new: Roster) -> list[int]:
    """The sources of a new roster that go on with what an old one's remembers, but for thresholds."""
    olds, inherited, found = _memories(old), heirs(old, new), set[int]()
    for name, rows in _memories(new).items():
        for row, heir in zip(rows, inherited[name], strict=True):
            if heir >= 0 and olds[name][heir]["args"] != row["args"]:
                found.add(int(row["source"]))
    return sorted(found)


def _bar_end(days: Days, timeframe: int, ts: int) -> int:
    """When the bar that is open at `ts` ends; `ts` for a long one, or outside a session."""
    day = days[max(0, int(np.searchsorted(days["open"], ts, side="right")) - 1)]
    begun, over = int(day["open"]), int(day["close"])
    if timeframe > LONGEST_NS or not begun <= ts < over:
        return ts
    return min(begun + ((ts - begun) // timeframe + 1) * timeframe, over)


def joined(
    old: Roster, new: Roster, days: Days, world: Ticks, readers: Readers, judges: Judges, ladders: Ticks
) -> tuple[Ticks, Readers, Judges, Ticks]:
    """The memories of a new roster that goes on where the old one's stood; those of the old one are used up."""
    inherited = heirs(old, new)
    readers = readers._replace(**_inherited(new.readers()._asdict(), readers._asdict(), inherited))
    judges = judges._replace(**_inherited(new.judges()._asdict(), judges._asdict(), inherited))
    for maker, heir in zip(readers.makers, inherited["makers"], strict=True):
        if heir < 0:
            makers.join(maker, world["traded"][0], int(world["next_second"][0]) - SECOND_NS)
    _keep_others(old, new)
    begun = bool(world["bars"]["started"][0])
    poured = begun and old.base != new.base
    if poured:
        _dwell(world[0], ladders[0])
    base, cells = (world["frames"][0][:1].copy(), ladders[0]) if poured else (_NO_BAR, _NO_CELLS)
    world, ladders = _frames(new.world(), world, ladders)
    if begun:
        _join(days, world, readers, base, cells, ladders)
    return world, readers, judges, ladders


def _frames(fresh: Ticks, world: Ticks, ladders: Ticks) -> tuple[Ticks, Ticks]:
    """The world of before with the bars of a fresh one; those that were open already go on."""
    world, bars, open_bars = world.copy(), fresh["frames"][0], world["frames"][0]
    count, had = int(fresh["bars"]["frames"][0]), int(world["bars"]["frames"][0])
    rungs = np.zeros((count, ladders.shape[1]), CELL)
    for at in range(count):
        for before in np.flatnonzero(open_bars["timeframe"][:had] == bars[at]["timeframe"]):
            bars[at], rungs[at] = open_bars[before], ladders[before]
    world["frames"], world["bars"]["frames"], world["bars"]["hidden"] = bars, count, fresh["bars"]["hidden"]
    return world, rungs


def _dwell(world: Any, cells: Ticks) -> None:
    """The price of the last print has stood until now: shorter bars count from here."""
    bar = world["frames"][0]
    if bar["open"] != ABSENT:
        cells["dwell"][bar["close"] & (len(cells) - 1)] += world["guards"]["halt"]["last"] - bar["last_ts"]


def _inherited(
    fresh: Mapping[str, Ticks], before: Mapping[str, Ticks], heirs: Mapping[str, Sequence[int]]
) -> dict[str, Ticks]:
    for name, rows in fresh.items():
        for at, heir in enumerate(heirs.get(name, ())):
            if heir >= 0:
                own = {key: rows[at][key].copy() for key in rows.dtype.names or () if key in _OWN}
                rows[at] = before[name][heir]
                for key, value in own.items():
                    rows[key][at] = value
                if name == "absorptions":
                    rows["sides"]["need_until"][at] = 0  # what is worth a look depends on thresholds
    return dict(fresh)


def _keep_others(old: Roster, new: Roster) -> None:
    """Who of others runs already goes on: its memory is its own."""
    running = {key: detector for key, detector in zip(old.keys, _by_source(old), strict=True) if detector is not None}
    new.extras = [(running.get(new.keys[source], one), source, kind) for one, source, kind in new.extras]


def _by_source(roster: Roster) -> list[Any]:
    found = {source: detector for detector, source, _ in roster.extras}
    return [found.get(source) for source in range(len(roster.listed))]


@kernel
def _join(days: Days, world: Ticks, readers: Readers, base: Ticks, cells: Ticks, ladders: Ticks) -> None:
    """Tell whoever is new what day it is, and begin the new bars.

    `base` is the open bar that bars were built of until now, with its `cells`, where that changes; else both are empty.
    """
    w = world[0]
    s, last = w.bars, w.guards.halt.last
    for k in range(readers.absorptions.shape[0]):
        if readers.absorptions[k].base.open == 0:
            absorption.new_day(readers.absorptions[k], epoch(days, last))
    for k in range(readers.sweeps.shape[0]):
        if readers.sweeps[k].map.opened == _NEW:
            sweep.new_day(readers.sweeps[k], days, last)
    if base.shape[0]:
        was = base[0]
        for f in range(1, s.frames):
            if w.frames[f].end != _NEW and w.frames[f].timeframe != was.timeframe:
                pour(was, cells, w.frames[f], ladders[f])
        add_up(s, was, s.total)
        last = max(last, was.start)
    for f in range(s.frames):
        if w.frames[f].end == _NEW:
            place(days, s, w.frames[f], last if f == 0 else w.frames[0].start)
            if f > 0 and (base.shape[0] or w.frames[f].start != w.frames[0].start):
                w.frames[f].flags |= HALT_IN
