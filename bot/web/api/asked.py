"""What the address of a question says: numbers within their limits, and words of a few."""

from collections.abc import Collection

from bot.errors import UsageError
from bot.journal.filters import REACH_NS
from bot.web.asked import Query


def whole(query: Query, name: str, otherwise: int, least: int, most: int = REACH_NS - 1) -> int:
    """A whole number within its limits. Raises UsageError."""
    text = query.text(name) or str(otherwise)
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        raise UsageError(f"{name}: {text!r} is out of reach", allowed=f"a whole number from {least} to {most}")
    return int(text)


def fraction(query: Query, name: str, otherwise: float, least: float, most: float) -> float:
    """A number within its limits. Raises UsageError."""
    text = query.text(name) or str(otherwise)
    try:
        found = float(text)
    except ValueError:
        found = least - 1
    if not least <= found <= most:
        raise UsageError(f"{name}: {text!r} is out of reach", allowed=f"a number from {least} to {most}")
    return found


def words_of(query: Query, name: str, allowed: Collection[str]) -> tuple[str, ...]:
    """Words of a few, with commas between them. Raises UsageError."""
    found = tuple(dict.fromkeys(word.strip() for word in query.text(name).split(",") if word.strip()))
    for word in found:
        if word not in allowed:
            raise UsageError(f"{name}: {word!r} is none", allowed=", ".join(allowed))
    return found
