"""From TOML text to a model, or to every fault of it.

The quick way uses the standard TOML reader. Only when there is something to say is the text read again by tomlkit,
which knows on which line each key stands.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.config.explain import Grid, explain
from bot.config.params import Params
from bot.config.placing import Path as KeyPath
from bot.config.placing import Placing
from bot.config.secrets import secret_faults
from bot.errors import ConfigError, Fault

Model = TypeVar("Model", bound=Params)
DEEPEST = 20
"""Tables and lists in each other: whoever walks them may do so by calling himself."""
_AT_LINE = re.compile(r" \(at line (\d+), column (\d+)\)$")


def read_text(path: Path, shown: str) -> str:
    """The text of a settings file. Raises ConfigError when it is not UTF-8 text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        fault = Fault(shown, line, "", "this is not UTF-8 text", do="save the file as UTF-8")
        raise ConfigError.of((fault,)) from None


def parse(text: str, file: str) -> dict[str, Any]:
    """The tables of a TOML text. Raises ConfigError with line and column of what is no TOML."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        message = _AT_LINE.sub("", str(error))
        line, where = (int(at[1]), f" (column {at[2]})") if at else (len(text.splitlines()), " at the end of the file")
        raise ConfigError.of((Fault(file, line, "", f"this is not TOML: {message}{where}"),)) from None
    except (ValueError, RecursionError) as error:
        # The reader's own limits: a number of thousands of digits, lists in lists without an end.
        raise ConfigError.of((Fault(file, None, "", f"this is not TOML that means anything: {error}"),)) from None
    if _deep(tables, DEEPEST):
        message = f"this is not TOML that means anything: tables or lists more than {DEEPEST} deep in each other"
        raise ConfigError.of((Fault(file, None, "", message),))
    return tables


def _deep(value: object, left: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return left < 0 or any(_deep(one, left - 1) for one in inner if isinstance(one, (dict, list)))


def validate(model: type[Model], raw: Mapping[str, Any], place: Placing, *, grid: Grid | None = None) -> Model:
    """The model of a whole file. Raises ConfigError with every fault."""
    faults = secret_faults(raw, place)
    try:
        value = model.model_validate(raw)
    except ValidationError as error:
        secret = {fault.key for fault in faults}
        faults += tuple(fault for fault in explain(error, model, raw, place, grid=grid) if fault.key not in secret)
    if faults:
        raise ConfigError.of(in_order(faults))
    return value


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Faults as they follow each other in the file."""
    return tuple(sorted(faults, key=lambda fault: fault.line or 0))


def read_params(
    model: type[Model],
    table: Mapping[str, Any],
    place: Placing | None = None,
    *,
    prefix: Sequence[str] = (),
    grid: Grid | None = None,
) -> Model:
    """The Params of one part from its table (`prefix`: where that stands). Raises ConfigError with every fault."""
    path: KeyPath = tuple(prefix)
    try:
        return model.model_validate(table)
    except ValidationError as error:
        at = place or Placing("settings")
        raise ConfigError.of(explain(error, model, table, at, prefix=path, grid=grid)) from None
