"""One invariant: its number, what it promises, and the functions that look whether it holds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.sim.seen import Seen, Sent

Found = Iterator[str]
"""What is wrong, in words; nothing where all is well."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """I01 … I26. Each function gets the moment and says what is wrong with it."""

    number: str
    promise: str
    on_send: Callable[[Seen, Sent], Found] | None = None
    """When something leaves the desk."""
    on_writing: Callable[[Seen, str, Any], Found] | None = None
    """When a row is handed to the database: before its constraints can say anything."""
    on_row: Callable[[Seen, str, Any], Found] | None = None
    """When a row has become durable."""
    on_step: Callable[[Seen], Found] | None = None
    """After each step."""
    compared: Callable[[Seen], Found] | None = None
    """Where memory and journal must agree: after new executions, after a recovery, at rest."""
    at_rest: Callable[[Seen], Found] | None = None
    """When faults have ceased and everything has settled."""
    on_word: Callable[[Seen, str], Found] | None = None
    """When words leave the process."""
    elsewhere: tuple[str, ...] = ()
    """Tests outside of the simulation that look at it too, or alone."""
