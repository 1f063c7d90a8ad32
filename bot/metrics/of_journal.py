"""Values that are counted from the journal's rows: each row once, by its `seq`, by a reader of its own.

Counting begins with the run that is going on when it is looked at first, else with what comes from then on. Signals and
starts are counted one look later than they came: by then it is known what became of them.
"""

import shutil
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from threading import Lock

import msgspec

from bot.domain.command import REFUSED
from bot.errors import PaperpitError
from bot.journal.backups import backups
from bot.journal.place import Place
from bot.journal.reading import Reader, reading
from bot.metrics.names import LATENCIES, SLIPPAGES, WAITS, Sample, Spread
from bot.resources import data_folder

NANO = 1_000_000_000
WEIGHED_EVERY_S = 60.0
"""How often a database is asked for its size."""
_DATABASE_SIZE = "SELECT pg_database_size(current_database())"
_NEW = "{0}.seq > ? AND {0}.seq <= ?"
_DECIDED = f"""
SELECT COALESCE(signal.kind, 'bar'), decision.verdict, COUNT(*)
FROM decision LEFT JOIN signal ON signal.id = decision.signal_id
WHERE {_NEW.format("decision")} GROUP BY 1, 2
"""
_REASONS = f"SELECT reasons FROM decision WHERE verdict = 'blocked' AND {_NEW.format('decision')}"
_WORDS = f"""
SELECT "order".role, order_event.state, COUNT(*)
FROM order_event JOIN "order" ON "order".client_order_id = order_event.client_order_id
WHERE {_NEW.format("order_event")} GROUP BY 1, 2
"""
_ANSWERED = f"""
SELECT order_event.ts - "order".created_ns
FROM order_event JOIN "order" ON "order".client_order_id = order_event.client_order_id
WHERE order_event.source = 'broker' AND {_NEW.format("order_event")} AND NOT EXISTS (
  SELECT 1 FROM order_event AS earlier WHERE earlier.client_order_id = order_event.client_order_id
  AND earlier.source = 'broker' AND earlier.seq < order_event.seq)
"""
_FILLED = f"""
SELECT "order".role, fill.ts - "order".created_ns, fill.side * (fill.price - COALESCE((
  SELECT stop_price FROM amendment WHERE amendment.client_order_id = fill.client_order_id
  AND word = 'named' AND stop_price IS NOT NULL AND amendment.seq < fill.seq ORDER BY amendment.seq DESC LIMIT 1),
  "order".stop_price, "order".price))
FROM fill JOIN "order" ON "order".client_order_id = fill.client_order_id
WHERE fill.quantity <> 0 AND fill.corrects IS NULL AND {_NEW.format("fill")}
"""
_UNUSED = f"""
SELECT kind, COUNT(*) FROM signal WHERE {_NEW.format("signal")}
AND id NOT IN (SELECT signal_id FROM decision WHERE signal_id IS NOT NULL AND seq > ?) GROUP BY 1
"""
_STARTED = f"""
SELECT EXISTS (SELECT 1 FROM mode_change WHERE mode_change.run = run.run AND mode = 'reconciled')
FROM run WHERE {_NEW.format("run")}
"""
_COMMANDS = f"SELECT verb, COUNT(*) FROM command WHERE {_NEW.format('command')} GROUP BY 1"
_REFUSED = f"SELECT key, value, why FROM control WHERE key LIKE ? AND {_NEW.format('control')}"


class Values:
    """A histogram in the making."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds, self._counts, self._total = bounds, [0] * (len(bounds) + 1), 0.0

    def add(self, value: float) -> None:
        """One more of them."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._total += value

    @property
    def spread(self) -> Spread:
        """What has come together."""
        return Spread(self._bounds, tuple(self._counts), self._total)


class Counts:
    """What one journal has brought after the row `since`; None: where counting begins is found at the first look."""

    def __init__(self, since: int | None = None) -> None:
        self._seq, self._settled = since, since or 0
        self._counted: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self._acks, self._fills = Values(LATENCIES), Values(WAITS)
        self._slipped: dict[str, Values] = {}

    def look(self, reader: Reader, last: int) -> None:
        """Count what has come since the last look, up to the row `last`."""
        if self._seq is None:
            runs = [run for run in reader.runs if reader.state(run.run) == "running"]
            self._seq = self._settled = runs[-1].seq - 1 if runs else last
        since, settled = [self._seq, last], [self._settled, self._seq]
        for kind, verdict, count in reader.query(_DECIDED, since):
            self._counted["signals_total", (kind, verdict)] += count
        for (reasons,) in reader.query(_REASONS, since):
            for rule in {reason["rule"] for reason in msgspec.json.decode(reasons)}:
                self._counted["blocked_total", (rule,)] += 1
        for leg, status, count in reader.query(_WORDS, since):
            self._counted["orders_total", (leg, status)] += count
        for (took,) in reader.query(_ANSWERED, since):
            self._acks.add(took / NANO)
        for leg, took, ticks in reader.query(_FILLED, since):
            if leg == "entry":
                self._fills.add(took / NANO)
            if ticks is not None:  # a market order names no price
                self._slipped.setdefault(leg, Values(SLIPPAGES)).add(ticks)
        for verb, count in reader.query(_COMMANDS, since):
            self._counted["commands_total", (verb,)] += count
        for key, count, why in reader.query(_REFUSED, [f"%{REFUSED}", *since]):
            self._counted["commands_refused_total", (key.removesuffix(REFUSED), why.partition(":")[0])] += int(count)
        for kind, count in reader.query(_UNUSED, [*settled, self._settled]):
            self._counted["signals_total", (kind, "unused")] += count
        for (reconciled,) in reader.query(_STARTED, settled):
            self._counted["recoveries_total", ("reconciled" if reconciled else "clean",)] += 1
        self._settled, self._seq = self._seq, last

    def samples(self) -> Iterator[Sample]:
        """All that has been counted."""
        for (name, labels), count in self._counted.items():
            yield Sample(name, count, labels)
        yield Sample("order_ack_seconds", self._acks.spread)
        yield Sample("fill_seconds", self._fills.spread)
        for leg, values in self._slipped.items():
            yield Sample("slippage_ticks", values.spread, (leg,))
        if self._seq is not None:
            yield Sample("journal_last_seq", self._seq)


class Counting:
    """Looks into whichever journal `find` names; asked by several threads, one at a time."""

    def __init__(self, find: Callable[[], Place]) -> None:
        self._find, self._lock = find, Lock()
        self._place: Place | None = None
        self._counts = Counts()
        self._size: int | None = None
        self._weighed_at = 0.0

    def samples(self) -> list[Sample]:
        """What has been counted up to now; while the journal cannot be read, what had been before."""
        with self._lock:
            place = self._find()
            if place != self._place:
                self._place, self._counts, self._size, self._weighed_at = place, Counts(), None, 0.0
            try:
                with reading(place) as reader:
                    self._counts.look(reader, reader.last_seq)
                    self._weigh(reader)
                readable = True
            except PaperpitError:  # it is not there yet, or its database is away
                readable = False
            sized = [] if place.path is not None or self._size is None else [Sample("journal_size_bytes", self._size)]
            counted = [Sample("journal_readable", readable), *self._counts.samples()]
            return [*counted, *sized, *_of_the_file(place), *_of_the_data_folder()]

    def _weigh(self, reader: Reader) -> None:
        """A database says how large it is; it looks at each of its files for that, so not at every scrape."""
        if reader.place.path is None and time.monotonic() >= self._weighed_at:
            self._weighed_at = time.monotonic() + WEIGHED_EVERY_S
            self._size = int(next(reader.query(_DATABASE_SIZE))[0])


def _of_the_data_folder() -> Iterator[Sample]:
    folder = data_folder()
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    yield Sample("data_disk_free_bytes", shutil.disk_usage(there).free)


def _of_the_file(place: Place) -> Iterator[Sample]:
    if place.path is None or not place.path.exists():
        return
    yield Sample("journal_size_bytes", place.path.stat().st_size)
    yield Sample("journal_disk_free_bytes", shutil.disk_usage(place.path.parent).free)
    if copies := backups(place.path):
        yield Sample("backup_timestamp_seconds", max(copy.stat().st_mtime for copy in copies))
