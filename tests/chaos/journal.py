"""What the daemon wrote: the rows that say what it believes happened, of all runs together."""

from dataclasses import dataclass, field

from bot.domain.order import OVER
from bot.errors import InputMissing, PaperpitError
from bot.journal import rows
from bot.journal.check import Problem, check
from bot.journal.place import place
from bot.journal.reading import Reader, reading
from bot.journal.standing import standing
from bot.journal.unwritten import path_of, waiting


@dataclass(frozen=True)
class Written:
    """One moment of a journal."""

    fills: list[rows.Fill] = field(default_factory=list)
    orders: list[rows.Order] = field(default_factory=list)
    brackets: dict[str, str] = field(default_factory=dict)
    """Bracket → its newest state."""
    adjusted: int = 0
    """Σ of what was booked without a fill."""
    runs: int = 0

    @property
    def standing(self) -> list[rows.Fill]:
        """Fills that hold: no later revision has replaced them."""
        return list(standing(self.fills))

    @property
    def ended(self) -> set[str]:
        """Brackets that have ended."""
        return {name for name, state in self.brackets.items() if state in OVER}


def read(url: str) -> Written:
    """Everything that stands in a journal now; nothing where there is none yet. Raises PaperpitError.

    An order that left while the journal was away has its intent in the file that the next start takes up.
    """
    try:
        with reading(place(url)) as reader:
            written = reader.read(rows.Order, reader.runs)
            known = {row.seq for row in written}
            return Written(
                fills=reader.read(rows.Fill, reader.runs),
                orders=[*written, *(row for row in _kept(reader) if row.seq not in known)],
                brackets={row.bracket_id: row.state for row in reader.read(rows.BracketEvent, reader.runs)},
                adjusted=sum(row.quantity for row in reader.read(rows.Adjustment, reader.runs)),
                runs=len(reader.runs),
            )
    except InputMissing:
        return Written()


def _kept(reader: Reader) -> list[rows.Order]:
    path = path_of(reader.place.folder, reader.runs[-1].run if reader.runs else "")
    return [row for _, row in waiting(path) if isinstance(row, rows.Order)] if path.exists() else []


def problems(url: str) -> list[Problem]:
    """What `paperpit db check` says of it."""
    try:
        with reading(place(url)) as reader:
            return check(reader)
    except PaperpitError as error:
        return [{"kind": "unreadable", "message": str(error)}]
