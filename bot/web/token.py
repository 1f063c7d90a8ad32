"""The token that a person shows before anything may be written from a page: one file that only its owner may read.

Where it lies: `bot.config.places.find_token`.
"""

import os
import secrets
import stat
from pathlib import Path

from bot.errors import ConfigError


def read(path: Path) -> str:
    """The token in a file, which is made when it is not there. Raises ConfigError for one that others may read."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    except OSError as error:
        raise ConfigError(f"no token can be kept here: {error.strerror}", where=str(path)) from error
    made = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w") as file:
        file.write(made + "\n")
    return made


def _read(path: Path) -> str:
    try:
        mode, text = path.stat().st_mode, path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the token cannot be read: {error}", where=str(path)) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError("others may read this token", where=str(path), do=f"chmod 600 {path}")
    token = text.strip()
    if len(token) < 20 or not token.isascii():
        raise ConfigError("this is no token", where=str(path), allowed="20 letters or more", do="remove the file")
    return token
