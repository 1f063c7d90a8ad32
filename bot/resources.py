"""Files that ship with the program: `config/` and `migrations/`, from a checkout or from an installed wheel."""

import os
from functools import cache
from importlib.resources import files
from pathlib import Path

import platformdirs

from bot.errors import ConfigError

DATA = "PAPERPIT_DATA"
"""Of the environment: the data folder."""


@cache
def checkout() -> Path | None:
    """The checkout that the imported `bot` lies in, or None for an installed wheel; a process runs from one of them."""
    root = Path(str(files("bot"))).parent
    return root if (root / "pyproject.toml").is_file() and (root / "migrations").is_dir() else None


def shipped(name: str) -> Path:
    """The folder or file `name` (`config`, `migrations`, `config/strategies`) as shipped with this program."""
    root = checkout()
    return root / name if root else Path(str(files("bot"))) / "_shipped" / name


def data_folder() -> Path:
    """Where journals, tapes and sockets go: PAPERPIT_DATA, else `<checkout>/var`, else the platform's folder.

    Made if absent. Raises ConfigError where PAPERPIT_DATA names what cannot be a folder.
    """
    named, root = os.environ.get(DATA), checkout()
    if named:
        return _made(Path(named).expanduser().absolute())
    folder = root / "var" if root else Path(platformdirs.user_data_dir("paperpit"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        allowed = "a folder, or a place where one can be made"
        raise ConfigError(f"{folder}: {error.strerror}", where=DATA, allowed=allowed) from error
    return folder


def user_config_folder() -> Path:
    """The user's own configuration folder; it may not exist."""
    return Path(platformdirs.user_config_dir("paperpit"))


def cache_folder() -> Path:
    """Where derived files may be kept and thrown away at any time. Made if absent."""
    folder = Path(platformdirs.user_cache_dir("paperpit"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
