"""Figures of the round trips that are kept in memory, made once for each question until any of them changes."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from bot.journal.reading import Reader
from bot.review.calibration import calibration, taken
from bot.review.estimates import Bootstrap
from bot.review.stats import Asked, stats_of
from bot.review.tries import settings
from bot.review.trips import Trip

MANY = 64
"""Questions whose answers are kept."""


@dataclass
class Kept:
    """What was made of the view's round trips. A page may ask while another one is making the same."""

    _of: Sequence[Trip] = ()
    _runs: int = 0
    _made: dict[Hashable, Any] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def stats(self, reader: Reader, trips: Sequence[Trip], found: Sequence[Trip], asked: Asked) -> list[dict[str, Any]]:
        """The groups of `found`, which are some of the view's `trips`; the same as `bot.review.stats.stats`."""
        if not found:
            return []
        known = self._known(trips, len(reader.runs))
        tried = _once(known, "settings", lambda: list(settings(reader).values()))
        question = asked, tuple(trip.seq for trip in found)
        groups: list[dict[str, Any]] = _once(known, question, lambda: stats_of(found, tried, lambda: trips, asked))
        return groups

    def calibration(
        self, reader: Reader, trips: Sequence[Trip], found: Sequence[Trip], bootstrap: Bootstrap
    ) -> list[dict[str, Any]]:
        """What models said of `found`, which are some of the view's `trips`; `bot.review.calibration`."""
        judged = taken(found)
        if not judged:
            return []
        known = self._known(trips, len(reader.runs))
        question = "calibration", bootstrap, tuple(trip.seq for trip in found if trip.said is not None)
        told: list[dict[str, Any]] = _once(known, question, lambda: calibration(judged, lambda: trips, bootstrap))
        return told

    def _known(self, trips: Sequence[Trip], runs: int) -> dict[Hashable, Any]:
        with self._lock:
            if trips is not self._of or runs != self._runs or len(self._made) >= MANY:
                self._of, self._runs, self._made = trips, runs, {}
            return self._made


def _once(known: dict[Hashable, Any], question: Hashable, make: Callable[[], Any]) -> Any:
    if question not in known:
        known[question] = make()
    return known[question]
