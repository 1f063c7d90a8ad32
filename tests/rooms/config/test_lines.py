"""Each key of a TOML text is known by its line, and every mutation of a shipped file by a clear word."""

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config.instruments import instruments_of
from bot.config.lines import line_of, lines
from bot.config.loader import judge_strategy, read_bot
from bot.errors import ConfigError, Fault, UsageError
from bot.resources import shipped

TEXT = '''# first
a = 1
b = [
  1, # one
  2,
]
[risk]   # a comment

x = """
q
"""
c.d = 4
[x.y.z]
k = { p = 1, q = 2 }

[[rows]]
n = 1
[[rows]]
n = 2
[rows.sub]
m = 3
[x]
late = 1
'''


def test_each_key_is_found_on_its_line() -> None:
    found = {".".join(map(str, path)): TEXT.splitlines()[line - 1] for path, line in lines(TEXT).items()}
    assert found == {
        "a": "a = 1",
        "b": "b = [",
        "risk": "[risk]   # a comment",
        "risk.x": 'x = """',
        "risk.c": "c.d = 4",
        "risk.c.d": "c.d = 4",
        "x": "[x]",
        "x.y": "[x.y.z]",
        "x.y.z": "[x.y.z]",
        "x.y.z.k": "k = { p = 1, q = 2 }",
        "rows": "[[rows]]",
        "rows.0": "[[rows]]",
        "rows.0.n": "n = 1",
        "rows.1": "[[rows]]",
        "rows.1.n": "n = 2",
        "rows.1.sub": "[rows.sub]",
        "rows.1.sub.m": "m = 3",
        "x.late": "late = 1",
    }


def test_what_has_no_line_of_its_own_takes_its_parents() -> None:
    found = lines(TEXT)
    assert line_of(("x", "y", "z", "k", "p"), found) == found["x", "y", "z", "k"]
    assert line_of(("b", 1), found) == found["b",]
    assert line_of(("nowhere",), found) is None


SHIPPED = sorted([shipped("config/bot.toml"), shipped("config/instruments.toml")])
SHIPPED += sorted(shipped("config/strategies").glob("*.toml"))


@settings(max_examples=40, deadline=None)
@given(path=st.sampled_from(SHIPPED), seed=st.integers(0, 2**32))
def test_comments_and_blank_lines_move_every_key_with_them(path: Path, seed: int) -> None:
    choice = random.Random(seed)
    marked: list[str] = []
    for line in path.read_text().splitlines():
        marked += choice.choice(([], [""], ["# between", ""]))
        marked.append(line)
    text = "\n".join(marked)
    for key, line in lines(text).items():
        if isinstance(key[-1], str):
            assert key[-1] in marked[line - 1]


VALUES = [
    "0",
    "-1",
    "1e309",
    "nan",
    "true",
    '""',
    '"x"',
    "[]",
    "{}",
    "[[1]]",
    "2026-01-01",
    '"15"',
    '"-3m"',
    '"0s"',
    "0.5",
]


def mutants(text: str, choice: random.Random) -> Iterator[str]:
    rows = text.splitlines()
    at = choice.randrange(len(rows))
    key, equals, _ = rows[at].partition("=")
    yield "\n".join(rows[:at] + rows[at + 1 :])
    yield "\n".join([*rows[: at + 1], rows[at], *rows[at + 1 :]])
    yield text[: choice.randrange(len(text))]
    if equals:
        yield "\n".join([*rows[:at], f"{key}= {choice.choice(VALUES)}", *rows[at + 1 :]])
        yield "\n".join([*rows[:at], f"x{rows[at]}", *rows[at + 1 :]])


def refusals(path: Path, text: str) -> tuple[Fault, ...]:
    try:
        if path.name == "bot.toml":
            read_bot(path, text=text)
        elif path.name == "instruments.toml":
            instruments_of(text, path.name)
        else:
            return judge_strategy(text, path.name, path.parent)[1]
    except ConfigError as error:
        return error.faults or (Fault("", None, "", "a refusal without a fault"),)
    return ()


@settings(max_examples=80, deadline=None)
@given(path=st.sampled_from(SHIPPED), seed=st.integers(0, 2**32))
def test_every_mutation_is_taken_or_refused_with_a_place(path: Path, seed: int) -> None:
    for text in mutants(path.read_text(), random.Random(seed)):
        for fault in refusals(path, text):
            assert fault.file.endswith(path.name)
            assert fault.message


@settings(max_examples=60, deadline=None)
@given(
    key=st.sampled_from(["seed", "risk", "risk.seed", "risk.signal_ttl", "a.b.c", "strategies", ""]), value=st.text()
)
def test_every_set_is_taken_or_refused(key: str, value: str) -> None:
    with contextlib.suppress(ConfigError, UsageError):
        read_bot(shipped("config/bot.toml"), [f"{key}={value}"])


def test_a_set_that_is_no_pair_is_usage() -> None:
    with pytest.raises(UsageError):
        read_bot(shipped("config/bot.toml"), ["seed"])
