"""How facts are put in a row of words, and rows of words into lines."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def named(values: Mapping[str, Any]) -> list[str]:
    """`name value` of each that is known."""
    return [f"{name.replace('_', ' ')} {value}" for name, value in values.items() if value is not None]


def wrapped(words: list[str], width: int = 88) -> list[str]:
    """As many to a line as it holds."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + len(word) + 3 <= width:
            lines[-1] += f" · {word}"
        else:
            lines.append(word)
    return lines


def count(number: int | Decimal, noun: str) -> str:
    """So many of something."""
    return f"{number:g} {noun}{'s' * (number != 1)}"


def refused(decision: Mapping[str, Any]) -> list[str]:
    """Every reason of a blocked decision, each with what was measured."""
    lines = []
    for reason in decision["reasons"]:
        lines.append(f"{reason['rule']}: {reason['message']}")
        lines += [f"  {text}" for text in wrapped(named(reason["facts"]))]
    return lines


def amended(role: str, move: Mapping[str, Any]) -> str:
    """An order that was asked to change, or has."""
    terms = f"to {move['stop_price']}" if move["stop_price"] else f"to {move['quantity']}"
    word = {"asked": "is to move", "named": "moved"}.get(move["word"], "was not moved")
    return f"{role} {word} {terms} ({move['reason']})"
