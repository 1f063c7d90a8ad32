"""What can be staged, by the names that people and labels use."""

import difflib
from collections.abc import Mapping

from adapters.synthetic.state import (
    ABSORPTION,
    ACCUMULATION,
    BLOCK,
    BREAK,
    CONFLUENCE,
    DISORDER,
    HALTED,
    IMBALANCE,
    LITERATURE,
    LOCK,
    NEWS,
    NO_MAKER,
    ONE_SIDED,
    RANGE,
    REJECTION,
    RUN,
    SEED,
    STUFFING,
    SWEEP,
)
from bot.errors import UsageError

PATTERNS: Mapping[str, int] = {
    "absorption": ABSORPTION,
    "rejection": REJECTION,
    "absorption_rejection": CONFLUENCE,
    "imbalance": IMBALANCE,
    "sweep": SWEEP,
    "accumulation": ACCUMULATION,
}
"""Labelled as themselves, with a side."""
DECOYS: Mapping[str, int] = {
    "quote_stuffing": STUFFING,
    "limit_lock": LOCK,
    "fast_news": NEWS,
    "one_sided": ONE_SIDED,
    "break_no_reclaim": BREAK,
    "halt": HALTED,
    "block_print": BLOCK,
    "feed_disorder": DISORDER,
    "trend_run": RUN,
    "range_no_break": RANGE,
}
"""Labelled `null`, with their name as the note: nothing should be seen there, or nothing traded."""
MAKERS: Mapping[str, int] = {"literature": LITERATURE, "seed": SEED, "none": NO_MAKER}
"""How the market maker's inventory moves his quotes."""
DECOY_NAMES = {kind: name for name, kind in DECOYS.items()}


def chosen(text: str | None, known: Mapping[str, int], flag: str) -> frozenset[int]:
    """Kinds of a comma-separated list; None is all of them, `none` none. Raises UsageError naming those there are."""
    if text is None:
        return frozenset(known.values())
    names = [name.strip() for name in text.split(",") if name.strip()]
    if names == ["none"]:
        return frozenset()
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise UsageError(
                f"{flag} {name} is nothing that can be staged",
                allowed=f"none, or a list of {', '.join(known)}",
                do=f"{flag} {near[0]}" if near else "",
            )
    if not names:
        raise UsageError(f"{flag} names nothing", allowed=f"none, or a list of {', '.join(known)}")
    return frozenset(known[name] for name in names)
