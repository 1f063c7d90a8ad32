"""Are you well? Are you ready? What a supervisor or a container's health check asks, answered with reasons."""

from typing import Any, NamedTuple

from bot.domain.mode import Mode
from bot.metrics.exposition import Seen

STILL_S = 5.0
"""A loop that has said nothing for so long stands still."""


class Answer(NamedTuple):
    """Yes or no, and why."""

    yes: bool
    facts: dict[str, Any]


def healthy(seen: Seen | None) -> Answer:
    """Whether the process and its loop move."""
    reasons = _still(seen)
    facts = {"age_s": None if seen is None else round(seen.age_s, 3), "still_after_s": STILL_S}
    return Answer(not reasons, {"healthy": not reasons, "reasons": reasons, **facts})


def ready(seen: Seen | None) -> Answer:
    """Whether the desk trades just now, as far as it is not the market that holds it; if not, every cause."""
    reasons, status = _still(seen), {} if seen is None else seen.status
    yes = not reasons and status.get("mode") == Mode.TRADING
    told = {key: status.get(key) for key in ("desk", "state", "mode", "causes", "next_session_ns")}
    return Answer(yes, {"ready": yes, "reasons": [*reasons, *status.get("reasons", ())], **told})


def _still(seen: Seen | None) -> list[str]:
    if seen is None:
        return ["no desk answers"]
    return [f"the loop has stood still for {seen.age_s:.0f} s"] if seen.age_s > STILL_S else []
