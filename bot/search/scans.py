"""What detectors see of a tape, looked for once for all trials whose detectors are set alike.

Signals are a function of the tape and of the detectors' settings alone: nothing else that a trial changes can change
them. The newest few are kept, so that memory does not grow with the number of trials.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Any

from bot.domain.market import Events, Ticks
from bot.ports import Batch
from bot.signals.engines import MultiEngine
from bot.signals.footprint import Footprint


class Seen:
    """All that an engine saw of a tape: its events batch by batch, and the bars that closed."""

    def __init__(self, engine: MultiEngine, batches: Sequence[Batch]) -> None:
        self.engine = engine
        self.events: list[Events] = []
        self._bars: list[dict[tuple[int, int], tuple[Any, int]]] = [{} for _ in engine.engines]
        self._shown: dict[tuple[int, int, int], Footprint] = {}
        for batch in batches:
            self.events.append(engine.scan(batch.ticks, batch.silent_until or 0))
            for bars, one in zip(self._bars, engine.engines, strict=True):
                closed, cells = one.closed()
                ends = zip(closed["timeframe"].tolist(), closed["end"].tolist(), strict=True)
                bars.update({end: ((closed, cells), at) for at, end in enumerate(ends)})

    def footprint(self, instrument: int, timeframe_ns: int, end_ns: int) -> Footprint | None:
        """A closed bar with its cells; made when it is first asked for."""
        key = instrument, timeframe_ns, end_ns
        if key not in self._shown:
            found = self._bars[instrument].get((timeframe_ns, end_ns))
            if found is None:
                return None
            (closed, cells), at = found
            self._shown[key] = Footprint.of(closed[at], cells)
        return self._shown[key]


class Recalled(MultiEngine):
    """An engine that looks up what another one of the same detectors saw before."""

    knows = True

    def __init__(self, seen: Seen) -> None:
        super().__init__(seen.engine.engines)
        self._seen, self._next = seen, iter(seen.events)

    def scan(self, ticks: Ticks, until: int = 0) -> Events:
        """The events of the next batch."""
        return next(self._next)

    def footprint(self, instrument: int, timeframe_ns: int, end_ns: int) -> Footprint | None:
        """A closed bar with its cells."""
        return self._seen.footprint(instrument, timeframe_ns, end_ns)


class Newest:
    """The newest few of what is dear to make. Who asks for what is being made waits for it."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._made: OrderedDict[str, Future[Any]] = OrderedDict()
        self._lock = Lock()

    def of(self, key: str, make: Callable[[], Any]) -> Any:
        """What is kept under a key, made if it is not there. Raises what `make` raises, to everybody who waits."""
        with self._lock:
            known = self._made.get(key)
            if known is None:
                mine = self._made[key] = Future[Any]()
            self._made.move_to_end(key)
            while len(self._made) > self.most:
                self._made.popitem(last=False)
        if known is not None:
            return known.result()
        try:
            mine.set_result(make())
        except BaseException as error:
            mine.set_exception(error)
            raise
        return mine.result()
