"""Secrets never stand in TOML: a key ending in `_file` names the file that holds one."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.config.placing import Path as KeyPath
from bot.config.placing import Placing
from bot.errors import Fault, InputMissing
from bot.log import SECRET_KEY, hide, passwords_in


def secret_faults(raw: Mapping[str, Any], place: Placing) -> tuple[Fault, ...]:
    """One fault for each secret written into the text. The values are shown by nobody from now on."""
    return tuple(
        place.fault(
            path,
            "a secret does not belong into a settings file",
            allowed=f"{name}_file",
            do=f"write it into a file of its own (chmod 600) and name that file with {name}_file",
        )
        for path, name in _secrets(raw, ())
    )


def read_secret(path: Path) -> str:
    """The first line of a secret's file; no log shows it from now on. Raises InputMissing when it is not there."""
    if not path.is_file():
        raise InputMissing(f"the secret's file {path} is not there", do=f"umask 077 && cat > {path}")
    return hide(path.read_text(encoding="utf-8").partition("\n")[0].strip())


def _secrets(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if SECRET_KEY.search(key):
                _hide_all(inner)
                yield (*path, key), key
            else:
                yield from _secrets(inner, (*path, key))
    elif isinstance(value, str):
        if passwords_in(value):
            hide(value)
            yield path, next(str(part) for part in reversed(path) if isinstance(part, str))
    elif isinstance(value, Sequence):
        for index, inner in enumerate(value):
            yield from _secrets(inner, (*path, index))


def _hide_all(value: object) -> None:
    if isinstance(value, Mapping):
        for inner in value.values():
            _hide_all(inner)
    elif isinstance(value, str):
        hide(value)
    elif isinstance(value, Sequence):
        for inner in value:
            _hide_all(inner)
