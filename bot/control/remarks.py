"""A note or tags on their way: through the desk that owns the journal, or straight into one that nobody owns."""

from typing import Any

from bot import control
from bot.control.asking import asked
from bot.domain.command import Command
from bot.errors import Locked
from bot.journal.place import Place
from bot.journal.place import place as place_of
from bot.journal.remarks import write


def writing(place: Place) -> tuple[str, dict[str, Any]] | None:
    """The desk that owns the journal at that place, and what it says of itself."""
    for desk in control.running():
        told = control.tell(desk, asked("status"))
        theirs = place_of(told["journal"])
        if place.path is not None and theirs.path is not None:
            if theirs.path.absolute() == place.path.absolute():
                return desk, told
        elif theirs.shown == place.shown:
            return desk, told
    return None


def remark(place: Place, said: Command) -> None:
    """A note or tags about a row that is there. Raises Locked when a process owns the journal that is no desk."""
    try:
        write(place, said)
    except Locked:
        owner = writing(place)
        if owner is None:
            raise
        control.tell(owner[0], said)
