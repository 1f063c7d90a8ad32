"""Where configuration is found: flag › environment › `./` › the user's folder › what ships with the program."""

import difflib
import os
from pathlib import Path

from bot.config.secrets import read_secret
from bot.errors import InputMissing
from bot.resources import data_folder, shipped, user_config_folder

BOT_FILE = "bot.toml"
INSTRUMENTS_FILE = "instruments.toml"
HOURS_FILE = "calendar/hours-override.toml"
TOKEN_FILE = "token"
JOURNAL, JOURNAL_FILE = "PAPERPIT_JOURNAL", "PAPERPIT_JOURNAL_FILE"
"""Of the environment: the journal's URL, or a file that holds it where it has a password."""


def find_bot(flag: Path | None = None) -> Path:
    """The bot.toml in force. Raises InputMissing when the flag or PAPERPIT_CONFIG names a file that is not there."""
    for named, by in ((flag, "--config"), (os.environ.get("PAPERPIT_CONFIG"), "PAPERPIT_CONFIG")):
        if named:
            return _existing(Path(named).expanduser(), by)
    for path in (Path(BOT_FILE), user_config_folder() / BOT_FILE):
        if path.is_file():
            return path
    return shipped("config") / BOT_FILE


def instrument_files(folder: Path | None = None) -> list[Path]:
    """Every instruments.toml in force, nearest last: shipped, the user's, that in `folder` (None: beside bot.toml)."""
    return _in_force(INSTRUMENTS_FILE, folder)


def hours_files(folder: Path | None = None) -> list[Path]:
    """Every calendar/hours-override.toml in force, found as instruments.toml is."""
    return _in_force(HOURS_FILE, folder)


def find_token() -> Path:
    """The token of `paperpit init`, beside the bot.toml in force or in the user's folder; else one of the data folder.

    Only the last need not be there yet.
    """
    for folder in (_beside(), user_config_folder()):
        # Beside a bot.toml only: any folder may hold a file of that name.
        if (folder / TOKEN_FILE).is_file() and (folder / BOT_FILE).is_file():
            return (folder / TOKEN_FILE).absolute()
    return data_folder() / TOKEN_FILE


def journal_named() -> str | None:
    """The journal's URL as the environment tells it, ahead of bot.toml. Raises InputMissing where a file is missing."""
    file = os.environ.get(JOURNAL_FILE)
    return os.environ.get(JOURNAL) or (read_secret(Path(file)) if file else None)


def _beside() -> Path:
    return Path(os.environ.get("PAPERPIT_CONFIG") or BOT_FILE).expanduser().parent


def _in_force(name: str, folder: Path | None) -> list[Path]:
    folders = (shipped("config"), user_config_folder(), folder or _beside())
    found = {path.resolve(): path for path in (place / name for place in folders) if path.is_file()}
    return list(found.values())


def find_strategy(name: str, folder: Path | None = None) -> Path:
    """A strategy's file: as a path, also from `folder`, else by file name in the user's, then the shipped strategies.

    Raises InputMissing, naming the nearest file that there is.
    """
    return _find(name, "strategies", folder)


def find_sweep(name: str) -> Path:
    """A sweep's file, found as a strategy's is, in the folders `sweeps`. Raises InputMissing."""
    return _find(name, "sweeps", None)


def _find(name: str, kind: str, folder: Path | None) -> Path:
    path = Path(name).expanduser()
    path = path if path.suffix or not path.name else path.with_suffix(".toml")
    places = (user_config_folder() / kind, shipped("config") / kind)
    for candidate in ((folder or Path()) / path, path, *(place / path.name for place in places)):
        if candidate.is_file():
            return candidate
    there = sorted({file.name for place in places for file in place.glob("*.toml")})
    near = difflib.get_close_matches(path.name, there, 1)
    raise InputMissing(
        f"{name} is not there, nor is {path.name} in {' or '.join(map(str, places))}",
        allowed=", ".join(there),
        do=f"did you mean {near[0]}?" if near else "",
    )


def shown(path: Path) -> str:
    """A path as people read it: below the current folder without that folder."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _existing(path: Path, by: str) -> Path:
    if not path.is_file():
        raise InputMissing(f"{path} is not there", where=by, do="paperpit init writes a commented bot.toml")
    return path
