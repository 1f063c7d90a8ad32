"""One detection of a reference detector."""

from typing import NamedTuple


class Seen(NamedTuple):
    """What, for which side (+1 long), when confirmed and known (ns UTC), at which price (ticks), how strong."""

    kind: str
    side: int
    ts: int
    known: int
    price: int
    strength: float
