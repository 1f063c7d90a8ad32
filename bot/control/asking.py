"""A command as it is said: at this moment, by the user of this machine, with a number of its own."""

import getpass
import os
import secrets
from typing import Any

from bot.clock import WallClock
from bot.domain.command import Command, Verb


def user() -> str:
    """Who sits here, for the journal."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in a container
        return str(os.getuid())


def asked(verb: Verb, **told: Any) -> Command:
    """A command of this moment and this user, with a number of its own."""
    return Command(verb, secrets.token_hex(8), WallClock().now_ns(), who=user(), **told)
