"""How far the journal has been told, in a file of its own: a listener never writes into what it listens to."""

from dataclasses import dataclass, field

from bot.journal.reading import Reader
from bot.journal.tail import goes_on


@dataclass(frozen=True, slots=True)
class Reached:
    """Everything up to `seq` has been acknowledged."""

    journal: str
    run: str
    """The newest run at that time: a journal without it is another one."""
    seq: int
    last: dict[str, int] = field(default_factory=dict)
    """Kind of event → `seq` of the newest one that was said."""


def going_on(reader: Reader, reached: Reached | None) -> Reached:
    """Where to go on in this journal; one that is new to us is told from the beginning of its newest run."""
    if reached is not None and goes_on(reader, reached.journal, reached.run, reached.seq):
        return reached
    newest = reader.runs[-1] if reader.runs else None
    return Reached(reader.place.shown, newest.run if newest else "", newest.seq - 1 if newest else 0)
