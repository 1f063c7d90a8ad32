"""Which executions stand: a broker may correct one, and the correction counts in its place, not in addition."""

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Executed(Protocol):
    """What an execution says of itself, as a row or as a report."""

    @property
    def exec_id(self) -> str: ...
    @property
    def corrects(self) -> str | None: ...
    @property
    def quantity(self) -> int: ...


E = TypeVar("E", bound=Executed)


def standing(fills: Iterable[E]) -> list[E]:
    """Those that nothing replaces, in order. One that was corrected to nothing (a bust) does not stand."""
    known = list(fills)
    replaced = {fill.corrects for fill in known if fill.corrects}
    if not replaced:
        return known
    return [fill for fill in known if fill.exec_id not in replaced and fill.quantity]
