"""Positions, from fills only. What a broker says of them is compared with this, never copied into it."""


class Positions:
    """Signed units held, by instrument index."""

    def __init__(self, instruments: int) -> None:
        self._units = [0] * instruments

    def book(self, instrument: int, side: int, quantity: int) -> None:
        """Count one execution: `side` +1 bought, −1 sold."""
        self._units[instrument] += side * quantity

    def of(self, instrument: int) -> int:
        """Signed units held of one instrument."""
        return self._units[instrument]

    def all(self) -> list[int]:
        """Signed units held, by instrument index."""
        return list(self._units)
