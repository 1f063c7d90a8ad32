"""Events and their windows as lists show them, and which kinds of event an instrument needs to know."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.errors import UsageError
from bot.risk.blackout import Blackout
from bot.risk.calendar import EventCalendar
from bot.risk.events import members

Needs = Mapping[str, tuple[str, ...]]
"""Product → the kinds of event, or groups of them, that close it."""


def windows(events: EventCalendar, needs: Needs, kinds: tuple[str, ...] | None = None) -> Iterator[dict[str, Any]]:
    """Every event with its window, oldest first; only of these kinds when they are given."""
    wanted = None if kinds is None else frozenset(kinds)
    closed = {product: members(names) for product, names in needs.items()}
    blackout = Blackout(events, ())
    for event in events.events:
        if wanted is None or event.kind in wanted:
            window = blackout.window(event)
            yield {
                "kind": event.kind,
                "ts_ns": event.ts,
                "from_ns": window.from_ns,
                "to_ns": window.to_ns,
                "status": event.status,
                "source": event.place,
                "instruments": [product for product, names in closed.items() if event.kind in names],
            }


def kinds_of(needs: Needs, kind: str | None = None, instrument: str | None = None) -> tuple[str, ...]:
    """The single kinds that were asked for; without a wish all that some instrument needs. Raises UsageError."""
    if instrument is not None and instrument not in needs:
        raise UsageError(f"there is no instrument {instrument!r}", allowed=", ".join(needs))
    of = [needs[instrument]] if instrument is not None else list(needs.values())
    needed = members(tuple(name for names in of for name in names))
    if kind is None:
        return needed
    asked = members((kind,))
    return asked if instrument is None else tuple(name for name in asked if name in needed)
