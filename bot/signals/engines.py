"""The engines of all instruments of a tape as one, whose detectors may change at a moment of event time.

A reload lets detectors join and leave (`revise`). They do so at a moment that is known beforehand, between the rows
before it and the rows from it on, so that it does not matter how the tape is cut: whoever hands batches over cuts them
there (`bot/ahead.py`). Numbers of sources and kinds are given once: whoever has left leaves its number behind.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bot.domain.market import EVENT, TICK, Events, Ticks
from bot.signals.deal import deal, marks
from bot.signals.engine import Engine, in_order
from bot.signals.footprint import Footprint
from bot.signals.roster import INTERNAL, Key, Roster

_NONE, _NOBODY = np.zeros(0, EVENT), np.zeros(0, np.bool_)


class MultiEngine:
    """One engine per instrument, in the order of TICK.instrument. Implements `bot.ports.Engine`.

    What an instrument's own next row would only show late (the end of its bar) the rows of the others show in time.
    """

    internal = INTERNAL
    knows = False

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = tuple(engines)
        self.kinds: tuple[str, ...] = ()
        self.candidates: frozenset[str] = frozenset()
        self.sources: tuple[tuple[str, int, str], ...] = ()
        """(kind, timeframe in ns, hash of the parameters) of every detector; EVENT.source is an index into it."""
        self.moments: Sequence[int] = ()
        """When detectors change, ns UTC, in order; also those that have passed."""
        self.reads_to = 0
        self._evidence: list[tuple[str, ...]] = []
        self._numbered: dict[tuple[int, Key], int] = {}
        self._rosters = [engine.roster for engine in self._engines]
        self._waiting: deque[tuple[int, Mapping[int, Roster], Mapping[int, Mapping[int, int]]]] = deque()
        self._hush = np.zeros(0, np.int64)
        for index, engine in enumerate(self._engines):
            engine.index = index
            self._number(index, engine.roster)
        self._sources = [self.numbers(index, engine.roster) for index, engine in enumerate(self._engines)]
        self._kinds = [self._kinds_of(engine) for engine in self._engines]
        self._dealt, self._numbers = np.zeros(0, TICK), np.zeros(0, np.int64)
        self._starts = np.zeros(len(self._engines) + 1, np.int64)
        self.marks = marks(len(self._engines))

    @property
    def engines(self) -> tuple[Engine, ...]:
        """The engine of each instrument."""
        return self._engines

    def roster(self, instrument: int) -> Roster:
        """The detectors of an instrument after all changes that are known."""
        return self._rosters[instrument]

    def belongs(self, instrument: int, wish: int) -> frozenset[int]:
        """The sources that a wish of an instrument may hear, of those that the run began with."""
        return self.heard(instrument, self._engines[instrument].roster)[wish]

    def heard(self, instrument: int, roster: Roster) -> list[frozenset[int]]:
        """For each wish of a roster the sources that it may hear; they run, or will at a moment that is known."""
        numbers = self.numbers(instrument, roster)
        return [frozenset(int(numbers[source]) for source in heard) for heard in roster.heard]

    def numbers(self, instrument: int, roster: Roster) -> Any:
        """The numbers here of a roster's sources."""
        return np.array([self._numbered[instrument, key] for key in roster.keys], np.uint16)

    def revise(self, moment: int, rosters: Mapping[int, Roster], hushed: Mapping[int, Mapping[int, int]]) -> None:
        """Instrument → the detectors that read it from `moment` (ns UTC) on; not before all moments that are known.

        `hushed` is, by instrument, which sources of its roster say nothing up to which moment. No row from `moment` on
        may have been scanned.
        """
        for instrument, roster in rosters.items():
            self._number(instrument, roster)
            self._rosters[instrument] = roster
        self._waiting.append((moment, rosters, hushed))
        self.moments = (*self.moments, moment)

    def hushed_until(self, sources: frozenset[int]) -> int:
        """Up to which moment (ns UTC) one of these sources says nothing; 0 = all of them speak."""
        return max((int(self._hush[source]) for source in sources), default=0)

    def scan(self, ticks: Ticks, until: int = 0) -> Events:
        """EVENT rows of this batch in the order in which they happened; a copy. See `Engine.scan`.

        No moment at which detectors change lies among the rows, or between them and `until`.
        """
        self._change(ticks, until)
        if len(self._engines) == 1:
            events = self._engines[0].scan(ticks, until)
            return self._told(self._own(0, events)) if self.moments else events
        if len(self._dealt) < len(ticks):
            self._dealt, self._numbers = np.zeros(len(ticks), TICK), np.zeros(len(ticks), np.int64)
        deal(ticks, self.marks, self._starts, self._numbers, self._dealt)
        # A stamp equal to the newest may still come, so the others' silence is only known up to just before it.
        passed = max(until, int(ticks["ts"][-1]) - 1 if len(ticks) else 0)
        found = [self._scan_one(index, len(ticks), passed) for index in range(len(self._engines))]
        said = [events for events in found if len(events)]
        if not said:
            return _NONE
        # Nearly always one at most, and numpy takes 20 µs for each that it joins.
        events = said[0] if len(said) == 1 else np.concatenate(said)
        shown = np.searchsorted(ticks["ts"], events["known"], side="right")
        events["row"] = np.where(events["before"] == 1, np.minimum(events["row"], shown), events["row"])
        return self._told(in_order(events))

    def _scan_one(self, index: int, rows: int, until: int) -> Events:
        mine = slice(self._starts[index], self._starts[index + 1])
        events = self._engines[index].scan(self._dealt[mine], until)
        if len(events):
            events["row"] = np.append(self._numbers[mine], rows)[events["row"]]
        return self._own(index, events)

    def _own(self, index: int, events: Events) -> Events:
        """Number an engine's events as all are numbered here."""
        if len(events):
            events["source"] = self._sources[index][events["source"]]
            events["kind"] = self._kinds[index][events["kind"]]
        return events

    def _told(self, events: Events) -> Events:
        """Without what comes of detectors that are not warm yet."""
        early = self._hush[events["source"]] >= events["ts"] if self.moments else _NOBODY
        return events[~early] if early.any() else events

    def _change(self, ticks: Ticks, until: int) -> None:
        """Let detectors join and leave, where their moment has come with these rows or the silence after them."""
        comes_to = int(ticks["ts"][0]) if len(ticks) else until
        while self._waiting and self._waiting[0][0] <= comes_to:
            _, rosters, hushed = self._waiting.popleft()
            for index, roster in rosters.items():
                engine = self._engines[index]
                engine.go_on_with(roster)
                self._sources[index], self._kinds[index] = self.numbers(index, roster), self._kinds_of(engine)
                for source, silent_until in hushed[index].items():
                    self._hush[self._sources[index][source]] = silent_until

    def _number(self, instrument: int, roster: Roster) -> None:
        """Give those sources and kinds of a roster numbers that have none yet."""
        self.kinds = tuple(dict.fromkeys((*self.kinds, *roster.kinds)))
        self.candidates |= roster.candidates
        keys = roster.keys
        new = [at for at, key in enumerate(keys) if (instrument, key) not in self._numbered]
        for at in new:
            self._numbered[instrument, keys[at]] = len(self._numbered)
        self._evidence += [roster.listed[at].evidence for at in new]
        self._hush = np.append(self._hush, np.zeros(len(new), np.int64))
        self.sources = (*self.sources, *(roster.listed[at].key for at in new))

    def _kinds_of(self, engine: Engine) -> Any:
        return np.array([self.kinds.index(kind) for kind in engine.kinds], np.uint16)

    def evidence(self, event: Any) -> dict[str, float]:
        """The event's evidence by name."""
        return dict(zip(self._evidence[int(event["source"])], event["evidence"].tolist(), strict=False))

    def params_hash(self, event: Any) -> str:
        """Which parameters made it."""
        return self.sources[int(event["source"])][2]

    def footprint(self, instrument: int, timeframe_ns: int, end_ns: int) -> Footprint | None:
        """A closed bar with its cells; see `Engine.footprint`."""
        return self._engines[instrument].footprint(timeframe_ns, end_ns)
