"""A TOML text cut where some of its values stand, so that others can be put there: the rest stays as it was written."""

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit

from bot.config.placing import Path


def cut(text: str, paths: Sequence[Path]) -> tuple[list[str], list[int]]:
    """The pieces around the values at `paths`, and which of them stands in each gap between two pieces.

    Raises ValueError, with the number of the path, for a value that has a table's header of its own.
    """
    document = tomlkit.parse(text)
    marks = [f"@paperpit-gap-{number}@" for number in range(len(paths))]
    for mark, path in zip(marks, paths, strict=True):
        _at(document, path[:-1])[path[-1]] = mark
    rest, pieces, gaps = document.as_string(), list[str](), list[int]()
    for number, (mark, path) in enumerate(zip(marks, paths, strict=True)):
        if rest.count(f'"{mark}"') != 1 or _at(tomllib.loads(rest), path) != mark:
            raise ValueError(number)
    found = sorted((rest.index(f'"{mark}"'), number) for number, mark in enumerate(marks))
    begin = 0
    for at, number in found:
        pieces.append(rest[begin:at])
        gaps.append(number)
        begin = at + len(marks[number]) + 2
    return [*pieces, rest[begin:]], gaps


def written(value: Any) -> str:
    """A value as TOML has it."""
    return str(tomlkit.item(value).as_string())


def _at(tables: Mapping[str, Any], path: Path) -> Any:
    found: Any = tables
    for key in path:
        found = found[key]
    return found
