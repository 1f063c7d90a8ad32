"""How a journal is owned, whichever database it is: by a file beside it, or by a connection to its server."""

from contextlib import ExitStack
from typing import TYPE_CHECKING

from bot.journal.lock import FileLock, Owner
from bot.journal.place import Place

if TYPE_CHECKING:
    from bot.journal.postgres import PostgresStore


def own(place: Place, owner: Owner, owned: ExitStack, *, do: str) -> "PostgresStore | None":
    """Own a journal until the stack is closed; a server's by the connection that is given back.

    Raises Locked, naming the holder and what to do, and Unreachable.
    """
    if place.path is not None:
        owned.callback(FileLock(place.lock, owner, shown=place.shown, do=do).release)
        return None
    from bot.journal.postgres import PostgresStore

    store = PostgresStore(place, owner, do=do)
    owned.callback(store.close)
    return store
