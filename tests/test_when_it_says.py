"""Whatever can close trading, or keep a desk from starting, stands on the page that says what to do about it.

Method: rules, causes of modes and the words of every refusal of a start are read from the code.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from bot.domain.mode import Closed, House
from bot.orders.doubt import UNCERTAIN
from bot.risk.rules import ALL, Guard

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/operations.md").read_text()
SAYS = PAGE.partition("## When it says …")[2].partition("\n## ")[0]
STARTS = (
    *sorted((ROOT / "bot/daemon").glob("*.py")),
    *sorted((ROOT / "adapters/ib").glob("*.py")),
    *(
        ROOT / f"bot/journal/{name}.py"
        for name in ("groups", "integrity", "lock", "opening", "postgres", "reserve", "schema", "store")
    ),
    *(ROOT / f"bot/orders/{name}.py" for name in ("adopt", "recovery")),
)
"""Where a start can be refused, and a run ended."""
REFUSALS = {"NotPaper", "Locked", "Unreachable", "ConfigError", "DataDamaged"}
ELSEWHERE = {
    "nothing was sent: the link is",  # one order's, which the journal tells of
    "is not known to this connection",
    "has not left yet",
    "the desk is",  # a command's
    "the service manager does not listen",  # the log's; the desk goes on
}


def causes() -> list[str]:
    guards = [Guard(number).name for number in range(12) if number != 7]  # the seventh is the blackout
    return [*(rule.name for rule in ALL), *guards, *get_args(House), *get_args(Closed), "failed"]


@pytest.mark.parametrize("cause", causes())
def test_every_cause_that_closes_entries_has_its_line(cause: str) -> None:
    assert re.search(rf"^\|[^|]*`{cause}`[^|]*\|", SAYS, re.M), cause


def doubts() -> Iterator[str]:
    """Every sentence of an uncertain bracket."""
    yield from UNCERTAIN.values()
    for node in ast.walk(ast.parse((ROOT / "bot/orders/doubt.py").read_text())):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


@pytest.mark.parametrize("words", dict.fromkeys(doubts()))
def test_what_makes_an_instrument_uncertain_is_told_in_its_own_words(words: str) -> None:
    assert f"| {words} |" in SAYS


def refusals() -> Iterator[str]:
    """The longest piece of each refusal that is the same every time it is made."""
    for path in STARTS:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
                pieces = [part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)]
                longest = max((str(piece).strip(" ,.:;(") for piece in pieces), key=len, default="")
                if len(longest) > 8:
                    yield longest


@pytest.mark.parametrize("words", sorted(set(refusals()) - ELSEWHERE))
def test_every_refusal_of_a_start_has_its_line(words: str) -> None:
    assert words.partition(":\n")[0] in SAYS
