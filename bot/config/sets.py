"""`--set KEY=VALUE`: a setting from the command line, written into the text so that journal and hash show it."""

import datetime
import tomllib
from collections.abc import Sequence
from typing import Any

from bot.config.placing import Path
from bot.errors import UsageError


def apply_sets(text: str, sets: Sequence[str]) -> tuple[str, dict[Path, str]]:
    """`text` with each `adapters.ib.port=4002` applied, and for each key that was set what was written.

    A value is read as TOML where it is TOML (`3`, `true`, `"12.50"`, `["a", "b"]`), else as text (`127.0.0.1`).
    Raises UsageError when one is not KEY=VALUE or would replace a table's place.
    """
    if not sets:
        return text, {}
    import tomlkit

    document = tomlkit.parse(text)
    paths: dict[Path, str] = {}
    for one in sets:
        dotted, equals, value = one.partition("=")
        keys = [key.strip() for key in dotted.split(".")]
        if not equals or not all(keys):
            raise UsageError(f"--set {one} is not KEY=VALUE", do="--set risk.max_open_brackets=2")
        table: Any = document
        for key in keys[:-1]:
            if key not in table:
                table[key] = tomlkit.table()
            table = table[key]
            if not isinstance(table, dict):
                raise UsageError(f"--set {one}: {key} is a value, not a table")
        table[keys[-1]] = _value(value)
        paths[tuple(keys)] = dotted
    return document.as_string(), paths


def _value(text: str) -> Any:
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return text
    # No setting is a date; what looks like one is text.
    return text if isinstance(value, (datetime.date, datetime.time)) else value
