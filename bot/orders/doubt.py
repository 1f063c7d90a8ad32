"""What of a bracket is not certain, and what the broker's answer may still settle."""

from collections.abc import Iterable

from bot.domain.order import BracketState, Role
from bot.orders.bracket import LiveBracket
from bot.orders.table import ENDED

UNCERTAIN = {
    BracketState.PENDING_UNKNOWN: "nobody has answered to an order that was sent",
    BracketState.UNVERIFIED: "the broker has not said yet what became of its orders",
    BracketState.STUCK: "a position cannot be flattened",
}
"""States in which an instrument is closed to entries, with what is said about it."""


def doubt(live: LiveBracket) -> str:
    """What is not certain of a bracket, in words; empty when all is."""
    if words := UNCERTAIN.get(live.state, ""):
        return words
    if live.yielded and live.uncovered > 0:
        return "a person took the stop of a position away: it is theirs to protect"
    if any(len(leg.broker_ids) > 1 and leg.alive for leg in live.legs.values()):
        return "the broker has two orders under one of our names"
    return UNCERTAIN[BracketState.PENDING_UNKNOWN] if live.unknown() else ""


def doubts(brackets: Iterable[LiveBracket], instrument: int) -> list[str]:
    """What is not certain of the brackets of one instrument."""
    return [words for live in brackets if live.bracket.entry.instrument == instrument and (words := doubt(live))]


def unfinished(live: LiveBracket) -> bool:
    """Whether something is to be done for a bracket, or the facts have gone beyond its state."""
    return (
        live.uncovered > live.coming
        or live.flipped
        or bool(live.leaving and live.share and not live.of_role(Role.FLATTEN))
        or live.implied() in ENDED
    )
