"""All detectors over one batch, merged in the order in which things happened.

A scan is a pure fold over the tape: however the rows are cut into batches, the same EVENT rows come out, byte for byte.
The shipped detectors run in two compiled walks: over rows for what reads ticks (`walk.py`), over closed bars for what
reads bars and events (`settle.py`). Detectors of others scan the rows beside them. Nothing runs in Python for a quiet
row. A tape of several instruments is read by one engine each; what the end of a bar owes to a row of its own
instrument, a row of another one may show first. Order: by row; at one row first what became known before it (by time),
then the row's own; of equals by source."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from bot.domain.instrument import Instrument
from bot.domain.market import EVENT, OFF_GRID, PRINT, QUARANTINED, SIDE_NONE, TICK, Days, Events, Ticks
from bot.errors import PaperpitError
from bot.signals import aggressor, walk
from bot.signals.bars import DONE, FULL, GROW
from bot.signals.footprint import BAR, CELL, Footprint
from bot.signals.joining import joined
from bot.signals.lengthened import longer, taller
from bot.signals.roster import INTERNAL, Roster, Wish
from bot.signals.settle import settle

__all__ = ["Engine", "Wish", "build"]

KEPT_BARS = 8
"""Closed bars of each timeframe that outlive the batch; more where a window of time needs them."""
Memory: TypeAlias = dict[str, Any]
"""Arrays of a detector's memory by name."""
Shown = tuple[Ticks, Ticks, dict[tuple[int, int], int]]
"""Closed bars, their cells, and which bar of a timeframe ended when."""
_CERTAIN = np.zeros(0, np.float32)
_NONE = np.zeros(0, EVENT)


class Engine:
    """Every detector of one instrument. `build` makes it."""

    internal = INTERNAL

    def __init__(
        self, roster: Roster, days: Days, index: int, *, events: int, bars: int, cells: int, ladder: int
    ) -> None:
        assert len(days), "detectors need at least one session"
        self._days, self.index = days, index
        self._run(roster)
        self._world = roster.world()
        self._readers, self._judges = roster.readers(), roster.judges()
        self._ladders = np.zeros((int(self._world[0]["bars"]["frames"]), ladder), CELL)
        self._closed, self._cells = np.zeros(bars, BAR), np.zeros(cells, CELL)
        self._out = np.zeros(events, EVENT)
        self._settled = self._before = 0
        self._shown: Shown = (self._closed[:0], self._cells, {})
        self._infers: bool | None = None
        self._aggressor = aggressor.fresh()
        self._silent_until = 0

    def _run(self, roster: Roster) -> None:
        self.roster, self.instrument = roster, roster.instrument
        self.kinds, self.candidates = tuple(roster.kinds), frozenset(roster.candidates)
        self.sources = tuple(source.key for source in roster.listed)
        self.belongs = tuple(frozenset(heard) for heard in roster.heard)
        self._kept = roster.bars_kept(KEPT_BARS)

    def go_on_with(self, roster: Roster) -> None:
        """Let others join the detectors, and some leave, between two calls of `scan`: see `joining.py`.

        The roster is of this instrument, and has these guards and bars of this or a finer grid (`hearing.py` sees to
        it). Bars that have closed are shown as before.
        """
        memory = self._world, self._readers, self._judges, self._ladders
        self._world, self._readers, self._judges, self._ladders = joined(self.roster, roster, self._days, *memory)
        self._run(roster)

    def scan(self, ticks: Ticks, until: int = 0) -> Events:
        """EVENT rows of this batch in the order in which they happened; a copy.

        `until` (ns UTC, after the last row) is how far the market is known to have been silent; 0 = not known.
        """
        assert ticks.dtype == TICK
        self._silent_until = max(self._silent_until, until)
        self._forget_old_bars()
        ticks, sure = self._sided(_usual(ticks))
        world = self._world[0]
        world["found"] = 0
        while (
            code := walk.read(
                ticks,
                sure,
                until,
                self._days,
                self._world,
                self._readers,
                self._ladders,
                self._closed,
                self._cells,
                self._out,
            )
        ) != DONE:
            self._make_room(code)
        heard, closed = int(world["found"]), int(world["bars"]["closed"])
        quiet = heard == 0 and closed == self._settled
        events = _NONE if quiet else self._settle(heard, closed)
        self._shown = (self._closed[:closed], self._cells, {})
        return self._beside(ticks, until, events) if self.roster.extras else events

    def _sided(self, ticks: Ticks) -> tuple[Ticks, Any]:
        """The rows with a side on every print, and how sure each is (empty: all are).

        The first print of a tape says whether its feed knows sides; only where it does not are they inferred.
        """
        if self._infers is None:
            prints = np.flatnonzero((ticks["kind"] == PRINT) & (ticks["flags"] & (OFF_GRID | QUARANTINED) == 0))
            if len(prints):
                self._infers = bool(ticks["side_method"][prints[0]] == SIDE_NONE)
        if not self._infers:
            return ticks, _CERTAIN
        # As bytes: numpy copies records field by field, which for the one row of a live read is most of its way here.
        ticks = np.frombuffer(bytearray(ticks.view(np.uint8)), TICK)
        sure = np.empty(len(ticks), np.float32)
        aggressor.fill(ticks, sure, self._aggressor)
        return ticks, sure

    def _beside(self, ticks: Ticks, until: int, events: Events) -> Events:
        """Add what the detectors of others see in the same rows."""
        found = [events]
        for detector, source, first_kind in self.roster.extras:
            row, more = 0, True
            while more:
                start = row
                seen, row = detector.scan(ticks, start, until)
                if row == start < len(ticks) and len(seen) == 0:
                    raise PaperpitError(f"the detector {detector.kind} neither reads on nor says anything at row {row}")
                if len(seen):
                    mine = seen.copy()
                    mine["source"], mine["instrument"] = source, self.index
                    mine["kind"] += first_kind
                    found.append(mine)
                more = row < len(ticks)
        found = [rows for rows in found if len(rows)]
        return in_order(np.concatenate(found)) if len(found) > 1 else (found or [events])[0]

    def _settle(self, heard: int, closed: int) -> Events:
        """Let closed bars and the rows' events become more events; all of them in order."""
        while len(self._out) < self.roster.events_of(heard, closed - self._settled):
            self._out = longer(self._out)
        found = settle(
            self._days,
            self._closed,
            self._settled,
            closed,
            self._cells,
            self._judges,
            self._out,
            heard,
        )
        self._settled = closed
        events = self._out[:found].copy()
        events["instrument"] = self.index
        return in_order(events)

    def _make_room(self, code: int) -> None:
        """Double what a walk ran out of; it goes on where it stood."""
        if code == GROW:
            self._ladders = taller(self._ladders)
        elif code == FULL:
            self._closed = longer(self._closed)
            self._cells = longer(self._cells)
        else:
            self._out = longer(self._out)

    def _forget_old_bars(self) -> None:
        """Keep the bars of the batch before, and the newest before those, once there are many more.

        They move to arrays of their own: whoever still reads the old ones, reads them unchanged.
        """
        state = self._world[0]["bars"]
        closed, recent = int(state["closed"]), self._before
        self._before = closed
        if recent < 4 * sum(self._kept.values()):
            return
        bars, cells = self._copied(np.concatenate((self._newest(recent), np.arange(recent, closed))))
        kept_bars, kept_cells = np.empty_like(self._closed), np.empty_like(self._cells)
        kept_bars[: len(bars)], kept_cells[: len(cells)] = bars, cells
        self._closed, self._cells = kept_bars, kept_cells
        state["closed"], state["cells"] = len(bars), len(cells)
        self._settled = self._before = len(bars)

    def _newest(self, count: int) -> Any:
        """Which of the first `count` closed bars have to be remembered: the newest of each timeframe."""
        timeframes = self._closed["timeframe"][:count]
        newest = [np.flatnonzero(timeframes == t)[-kept:] for t, kept in self._kept.items()]
        return np.sort(np.concatenate(newest))

    def _copied(self, chosen: Any) -> tuple[Any, Any]:
        """Copies of closed bars and of their cells, which follow one another."""
        bars = self._closed[chosen]
        cells = [self._cells[b["cells_from"] : b["cells_to"]] for b in bars]
        bars["cells_to"] = np.cumsum([len(rows) for rows in cells])
        bars["cells_from"] = bars["cells_to"] - [len(rows) for rows in cells]
        return bars, np.concatenate([self._cells[:0], *cells])

    def closed(self) -> tuple[Any, Any]:
        """The bars that closed in the newest batch, in order, and their cells: copies."""
        return self._copied(np.arange(self._before, len(self._shown[0])))

    def memory(self) -> Memory:
        """Everything that it remembers between two calls of `scan`, by name: copies, so that it may go on."""
        bars, cells = self._copied(self._newest(int(self._world[0]["bars"]["closed"])))
        rows = {"world": self._world, "aggressor": self._aggressor, "ladders": self._ladders}
        rows |= {f"readers.{name}": kept for name, kept in self._readers._asdict().items()}
        rows |= {f"judges.{name}": kept for name, kept in self._judges._asdict().items()}
        return {**{name: kept.copy() for name, kept in rows.items()}, "closed": bars, "cells": cells}

    @property
    def infers(self) -> bool | None:
        """Whether sides are inferred; None before the first print."""
        return self._infers

    @property
    def silent_until(self) -> int:
        """How far the market was known to be silent (ns UTC); 0 = never told."""
        return self._silent_until

    @property
    def days(self) -> Days:
        """The sessions that it knows."""
        return self._days

    @property
    def day(self) -> Any:
        """The session that the open bars belong to, a DAY row."""
        return self._days[int(self._world[0]["bars"]["day"])]

    @property
    def time_ns(self) -> int:
        """The first stamp (ns UTC) that a row may still have after what it has read and was told of; 0 at first."""
        world = self._world[0]
        if not world["bars"]["started"]:
            return 0
        return max(int(world["guards"]["halt"]["last"]), self._silent_until + 1 if self._silent_until else 0)

    @property
    def standing(self) -> list[int]:
        """Numbers of the guards that are on."""
        guards = self._world[0]["guards"]
        states = [guards[name] for name in guards.dtype.names if guards[name].dtype.names]
        return sorted(int(state["name"]["number"]) for state in states if state["on"])

    @property
    def others(self) -> list[Any]:
        """The detectors that are not its own, in the order of their sources."""
        return [detector for detector, _, _ in self.roster.extras]

    def take_up(self, memory: Memory, *, infers: bool | None, silent_until: int) -> None:
        """Go on from what another engine of this roster remembered; the arrays become this one's own."""
        assert not self._world[0]["bars"]["started"], "an engine that has read rows has a memory of its own"
        self._world, self._aggressor = memory["world"], memory["aggressor"]
        self._ladders = memory["ladders"]
        self._readers = self._readers._replace(**_fields("readers.", memory))
        self._judges = self._judges._replace(**_fields("judges.", memory))
        self._closed = np.concatenate((memory["closed"], self._closed))
        self._cells = np.concatenate((memory["cells"], self._cells))
        self._settled = self._before = len(memory["closed"])
        self._shown = (self._closed[: self._settled], self._cells, {})
        self._infers, self._silent_until = infers, silent_until

    def evidence(self, event: Any) -> dict[str, float]:
        """The event's evidence by name."""
        names = self.roster.listed[int(event["source"])].evidence
        return dict(zip(names, event["evidence"].tolist(), strict=False))

    def params_hash(self, event: Any) -> str:
        """Which parameters made it."""
        return self.sources[int(event["source"])][2]

    def footprint(self, timeframe_ns: int, end_ns: int) -> Footprint | None:
        """The bar of that timeframe that ended then, if it closed in this batch or is among the last few before it.

        It may be asked for while the next batch is being scanned in another thread: what has closed changes no more.
        """
        closed, cells, places = self._shown
        if not places and len(closed):
            ends = zip(closed["timeframe"].tolist(), closed["end"].tolist(), strict=True)
            places.update({end: at for at, end in enumerate(ends)})
        at = places.get((timeframe_ns, end_ns))
        return None if at is None else Footprint.of(closed[at], cells)


def _fields(prefix: str, memory: Memory) -> dict[str, Any]:
    return {name.removeprefix(prefix): rows for name, rows in memory.items() if name.startswith(prefix)}


def _usual(ticks: Ticks) -> Ticks:
    """The rows as kernels are compiled for: a read-only, strided or unaligned array would have them compiled anew."""
    flags = ticks.flags
    if flags.writeable and flags.c_contiguous and ticks.dtype.isalignedstruct:
        return ticks
    return np.array(ticks, TICK)


def in_order(events: Events) -> Events:
    """By row; at one row first what became known before it, then by time, then by source."""
    if len(events) < 2:
        return events
    return events[np.lexsort((events["source"], events["known"], 1 - events["before"], events["row"]))]


def build(
    instrument: Instrument,
    days: Days,
    wishes: Sequence[Wish],
    *,
    index: int = 0,
    events: int = 256,
    bars: int = 64,
    cells: int = 4096,
    ladder: int = 256,
) -> Engine:
    """The engine of one instrument: the union of what the wishes ask for, equal wishes sharing one detector.

    `events`, `bars`, `cells` and `ladder` are how much room it starts with; they change nothing but speed.
    Raises ConfigError for a detector or a parameter that does not exist.
    """
    return Engine(Roster(instrument, wishes, days), days, index, events=events, bars=bars, cells=cells, ladder=ladder)
