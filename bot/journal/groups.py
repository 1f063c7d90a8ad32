"""Groups of rows on their way to the database: kept, in order, until they are durable; through any outage.

Live, a closed group is written at once. A replay holds closed groups back (2,048 rows or a second) and writes them
table by table: the order in which things happened is `seq`, not the order of writing, and a group is never torn.

While the database cannot be written a live run goes on: `down` says why, rows are kept (so many, then the run ends), in
a local file as well (`bot.journal.unwritten`), and it is tried again at later commits, at most once a second and a
tenth of the time. A replay has nothing to protect: it ends with the error.
"""

import time
from collections.abc import Callable, Sequence

from bot.errors import DataDamaged, Locked, PaperpitError, Unreachable
from bot.journal import rows
from bot.journal.schema import LAST_RUN, last_seq_query
from bot.journal.store import CANNOT, Store
from bot.journal.unwritten import Unwritten

HELD_ROWS = 2_048
HELD_NS = 1_000_000_000
RETRY_NS = 1_000_000_000
KEPT_ROWS = 100_000


class Groups:
    """The open group and all that are closed and not durable yet."""

    measured_by = staticmethod(time.perf_counter_ns)
    """Tells, in ns, how long a write takes; a simulation has a time of its own."""

    def __init__(
        self,
        store: Store,
        run: str,
        *,
        hold: bool,
        now_ns: Callable[[], int],
        started_ns: int,
        unwritten: Unwritten | None = None,
    ) -> None:
        self._store, self._run, self._hold, self._now_ns = store, run, hold, now_ns
        self.unwritten = None if hold else unwritten
        """Where rows wait that the database does not take; None: in memory alone."""
        self.last_seq: int = store.one(last_seq_query()) or 0
        """The newest row that stood there before this run."""
        self.commit_ns = 0
        self.down = ""
        self._durable = self.last_seq
        self._open: list[tuple[str, rows.Row]] = []
        self._closed: dict[str, list[rows.Row]] = {name: [] for name in rows.TABLES}
        self._closed_rows = 0
        self._attempted = 0  # last seq of a write whose end is not known
        self._written_ns = self._tried_ns = started_ns
        self._pause_ns = RETRY_NS

    def add(self, table: str, row: rows.Row) -> None:
        """One more row of the open group."""
        self._open.append((table, row))

    def commit_all(self) -> None:
        """Close the group and write everything: a run's first rows, and its last. Raises Unreachable, Locked."""
        self._close()
        self.flush()

    def commit(self) -> None:
        """Close the group; live it is durable on return unless `down` says otherwise.

        Raises Locked when the journal is ours no more, Unreachable in a replay and when too many rows are kept.
        """
        if self._hold and self._open and self._open[-1][0] == "fill":
            return  # its effects come next, and a replay keeps the two together
        group = self._close()
        if self._hold:
            if self._closed_rows >= HELD_ROWS or self._now_ns() - self._written_ns >= HELD_NS:
                self.flush()
        elif not self.down or abs(self._now_ns() - self._tried_ns) >= self._pause_ns:  # a clock may also be set back
            self._try()
        if self.down and self._closed_rows:
            self._wait(group)

    def _close(self) -> list[tuple[str, rows.Row]]:
        """End the open group; what it was."""
        group, self._open = self._open, []
        for table, row in group:
            self._closed[table].append(row)
        self._closed_rows += len(group)
        return group

    def _wait(self, group: Sequence[tuple[str, rows.Row]]) -> None:
        """The group is not durable, and a protective order in it leaves all the same. Raises Unreachable."""
        orders = self._closed["order"]
        orders[:] = map(_late, orders)
        if group and self.unwritten is not None:
            self.unwritten.keep([(table, _late(row)) for table, row in group])
        if self._closed_rows > KEPT_ROWS:
            raise Unreachable(
                f"{CANNOT}{self.down}, and {self._closed_rows} rows wait for it: more are not kept",
                do="see that the journal can be written and start again: the broker is asked what happened since",
            )

    def _try(self) -> None:
        begun = time.perf_counter_ns()
        try:
            self.flush()
        except (Unreachable, DataDamaged) as error:
            self.down, self._tried_ns = _told(error), self._now_ns()
            # Whoever answers nothing costs a second or two: the desk has most of its time for itself.
            self._pause_ns = max(RETRY_NS, 10 * (time.perf_counter_ns() - begun))

    def flush(self) -> None:
        """Write every closed group. Raises Unreachable, with the rows kept; Locked when the journal is ours no more."""
        if self._attempted:
            self._look_what_was_written()
        if self._closed_rows:
            group = [(table, held) for table, held in self._closed.items() if held]
            self._attempted = max(held[-1][0] for _, held in group)
            begun = self.measured_by()
            self._store.write(group)
            self.commit_ns = self.measured_by() - begun
            self._durable, self._attempted, self._closed_rows = self._attempted, 0, 0
            for _, held in group:
                held.clear()
        if self._hold:
            self._written_ns = self._now_ns()
        elif lacking := self._store.lacking():
            self.down, self._tried_ns = lacking, self._now_ns()
        else:
            self.down = ""
        if self.unwritten is not None:
            self.unwritten.forget()

    def _look_what_was_written(self) -> None:
        """After a write that failed: perhaps only its answer was lost. Raises Locked when another writer was there."""
        newest = self._store.one(last_seq_query()) or 0
        if newest not in (self._durable, self._attempted) or self._store.one(LAST_RUN) != self._run:
            raise Locked(
                "another process has written to this journal since the connection was lost",
                do="stop this desk and start it again: it recovers from what the journal says",
            )
        if newest == self._attempted:
            self._durable = newest
            for held in self._closed.values():
                held[:] = [row for row in held if row[0] > newest]
            self._closed_rows = sum(map(len, self._closed.values()))
        self._attempted = 0


def _late(row: rows.Row) -> rows.Row:
    return row._replace(late=1) if isinstance(row, rows.Order) else row


def _told(error: PaperpitError) -> str:
    """Why, where and what to do about it, in a line: whoever reads `down` sees nothing else of the error."""
    facts = ": ".join(part for part in (error.where, error.do) if part)
    return error.what.removeprefix(CANNOT) + (f" ({facts})" if facts else "")
