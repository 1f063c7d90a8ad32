"""One live desk an account, whatever journal it writes: two would see each other's orders as somebody else's.

The lock lies in the data folder of this user and host. Elsewhere it is the broker that lets only one client in.
"""

import re
from pathlib import Path

from bot.journal.lock import FileLock, Owner
from bot.journal.place import place
from bot.resources import data_folder


def lock_account(account: str, run: str, journal: str, now_ns: int, *, simulated_at: str = "") -> FileLock:
    """Own an account until `release`; `simulated_at` is the gateway that made it up, and whose own it is.

    Raises Locked, naming the process that owns it and the journal it writes.
    """
    owner = Owner.here(run, now_ns, place(journal).shown)
    do = "stop that process first: paperpit stop"
    return FileLock(_path(f"{account} {simulated_at}".strip()), owner, what=f"account {account}", shown="", do=do)


def _path(account: str) -> Path:
    folder = data_folder() / "accounts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{re.sub(r'[^A-Za-z0-9_-]', '_', account)}.lock"
