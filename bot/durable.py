"""Files that are there whole or not at all, also after a power cut; and small ones that hold a value."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

Kept = TypeVar("Kept")
GivenUp = Callable[[], bool]
"""Whether nobody waits for long work any more: it asks from time to time, and ends soon where it is so."""


def waited_for() -> bool:
    """Of work that nobody gives up."""
    return False


def keep(path: Path, value: object) -> None:
    """Keep a value as JSON, for `kept` of the next start. Durable on return; raises OSError."""
    replace(path, [msgspec.json.encode(value)])


def kept(path: Path, kind: type[Kept]) -> Kept | None:
    """What `keep` has left; None where that is nothing, or nothing that can be read: whoever kept it begins anew."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, ValueError):  # msgspec's own, or text that is no UTF-8
        return None


def replace(path: Path, parts: Iterable[bytes]) -> None:
    """Put a file in the place of `path`, whole, and have it on the disk."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have on the disk which files a folder holds."""
    if os.name != "posix":  # only there can a folder be opened
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
