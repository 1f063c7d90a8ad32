"""Where a sweep's results are kept: in a journal that nobody else writes meanwhile, trial by trial as they come."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from bot.journal.lock import Owner
from bot.journal.opening import instead, open_store
from bot.journal.place import Place, place
from bot.journal.reading import Reader, reading
from bot.journal.store import Store
from bot.journal.sweep_rows import Sweep, SweepTrial

KEPT_BACK_NS = 500_000_000
"""So long a result waits for others: what a sweep that is killed has to play again."""


class Sweeps:
    """The sweeps of one journal. Made by `open_sweeps`."""

    def __init__(self, store: Store, where: Place, now_ns: Callable[[], int]) -> None:
        self._store, self._where, self._now_ns = store, where, now_ns
        self._waiting: list[SweepTrial] = []
        self._written_ns = 0

    def begin(self, sweep: Sweep) -> None:
        """Write down what is asked for. Raises Unreachable."""
        self._store.write([("sweep", [sweep])])

    def add(self, trial: SweepTrial) -> None:
        """What came of a trial; durable half a second later, and after `flush`. Raises Unreachable."""
        self._waiting.append(trial)
        if self._now_ns() - self._written_ns >= KEPT_BACK_NS:
            self.flush()

    def flush(self) -> None:
        """Write what waits. Raises Unreachable."""
        if self._waiting:
            self._store.write([("sweep_trial", self._waiting)])
            self._waiting = []
        self._written_ns = self._now_ns()

    def known(self, tape: str) -> dict[str, str]:
        """Of a tape: digest of each trial that was played on it → its result."""
        with reading(self._where) as reader:
            asked = "SELECT trial, result FROM sweep_trial WHERE tape = ?"
            return {str(trial): str(result) for trial, result in reader.query(asked, (tape,))}

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """A look into the same journal."""
        with reading(self._where) as reader:
            yield reader


def settings_tried(reader: Reader, tapes: Sequence[str]) -> set[str]:
    """Digests of the different settings that any sweep of this journal has played on one of these tapes."""
    marks = ", ".join("?" * len(tapes))
    asked = f"SELECT DISTINCT setting FROM sweep_trial WHERE tape IN ({marks})"
    return {str(setting) for (setting,) in reader.query(asked, tuple(tapes))}


@contextmanager
def open_sweeps(url: str, sweep: str, now_ns: Callable[[], int]) -> Iterator[Sweeps]:
    """Own the journal at `url`, made if it is absent, for the sweep of that id.

    Raises Locked when another process owns it, ConfigError for another schema, Unreachable, DataDamaged.
    """
    where = place(url)
    with ExitStack() as opened:
        do = instead(where, "sweep")
        store = open_store(where, Owner.here(sweep, now_ns()), do, "replay", opened)
        made = Sweeps(store, where, now_ns)
        opened.callback(made.flush)
        yield made
