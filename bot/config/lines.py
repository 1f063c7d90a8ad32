"""On which line each key of a TOML text stands.

tomlkit keeps every character of the text, so walking what it parsed while counting newlines gives the line of each
table, dotted key and array of tables. Inside an inline table or an array the line is that of the key that holds it.
"""

from collections.abc import Mapping, Sequence

import tomlkit
from tomlkit.container import Container
from tomlkit.items import AoT, Item, Key, Table

Path = tuple[str | int, ...]


def lines(text: str) -> dict[Path, int]:
    """Path of each key → its line, counted from 1. The text must parse."""
    found: dict[Path, int] = {}
    _walk(tomlkit.parse(text), (), 1, found)
    return found


def line_of(path: Sequence[str | int], found: Mapping[Path, int]) -> int | None:
    """The line of `path`, or of the nearest parent that has one; None when nothing has."""
    for length in range(len(path), 0, -1):
        line = found.get(tuple(path[:length]))
        if line is not None:
            return line
    return None


def _walk(container: Container, path: Path, line: int, found: dict[Path, int]) -> int:
    for key, item in container.body:
        if key is None:
            line += item.as_string().count("\n")
        elif isinstance(item, AoT):
            for index, table in enumerate(item.body):
                found.setdefault((*path, key.key), line)
                line = _table(key, table, (*path, key.key, index), line, found)
        elif isinstance(item, Table):
            line = _table(key, item, (*path, key.key), line, found)
        else:
            found[(*path, key.key)] = line
            line += _newlines(item)
    return line


def _table(key: Key, table: Table, path: Path, line: int, found: dict[Path, int]) -> int:
    if key.is_dotted() or table.is_super_table():
        # Neither has a header of its own; the first key below stands for it.
        found.setdefault(path, line)
    else:
        line += table.trivia.indent.count("\n")
        found[path] = line
        line += table.trivia.trail.count("\n")
    return _walk(table.value, path, line, found)


def _newlines(item: Item) -> int:
    return (item.trivia.indent + item.as_string() + item.trivia.trail).count("\n")
