"""What the service manager is told of the desk, by sd_notify(3), where `NOTIFY_SOCKET` says that it listens.

READY=1                the desk stands: the broker was asked, every position is looked after
STATUS=…               its mode and the worst cause of it
WATCHDOG=1             the loop moves; silent for `WATCHDOG_USEC`, the process is killed and started again
RELOADING=1, READY=1   around a reload
STOPPING=1             it is ending
EXTEND_TIMEOUT_USEC    a tape is made or the journal copied: it shall be waited for
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from bot.errors import Unreachable
from bot.log import scrub

if TYPE_CHECKING:
    from sdnotify import SystemdNotifier

LOOK_S = 1.0
"""How often it is looked whether there is something new to tell."""
MORE_S = 30
"""So much longer than up to now it may take, each time that this is asked."""


class Supervisor:
    """Tells the service manager. `status` is what `status --json` prints, `stands` whether a run has recovered yet."""

    def __init__(self, status: Callable[[], Mapping[str, Any]], stands: Callable[[], bool]) -> None:
        self._status, self._stands = status, stands
        self._notifier: SystemdNotifier | None = None

    @property
    def listens(self) -> bool:
        """Whether there is anybody to tell."""
        return bool(os.environ.get("NOTIFY_SOCKET"))

    async def tell(self) -> None:
        """Tell until cancelled. Raises Unreachable when nobody takes it; all is told again by the next call."""
        from sdnotify import SystemdNotifier

        try:
            self._notifier = SystemdNotifier(debug=True)
            self._notifier.socket.setblocking(False)  # a service manager that does not read must not hold the loop up
            await self._go_on()
        except OSError as error:
            raise Unreachable(f"the service manager does not listen: {error}", where="NOTIFY_SOCKET") from error
        finally:
            with suppress(OSError):  # whoever does not hear that it ends sees it end
                self._say("STOPPING=1")
            if self._notifier is not None:
                self._notifier.socket.close()
            self._notifier = None

    async def _go_on(self) -> None:
        ready, status, every = False, "", min(LOOK_S, _watchdog_s() / 3)
        while True:
            if self._stands() and not ready:
                ready = True
                self._say("READY=1")
            facts = self._status()
            if facts["state"] == "stopping":
                self._say("STOPPING=1")
            if (words := _words(facts)) != status:
                status = words
                self._say(f"STATUS={status}")
            if facts["finishing"]:
                self._say(f"EXTEND_TIMEOUT_USEC={MORE_S * 1_000_000}")
            self._say("WATCHDOG=1")
            await asyncio.sleep(every)

    @contextmanager
    def reloading(self) -> Iterator[None]:
        """Around a reload: the service manager waits for its end."""
        with suppress(OSError):  # the next look finds out, and tells all again
            self._say(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            yield
        finally:
            with suppress(OSError):
                self._say("READY=1")

    def _say(self, text: str) -> None:
        if self._notifier is not None:
            # The library writes Latin-1; the manager reads UTF-8.
            self._notifier.notify(text.encode().decode("latin-1"))


def _watchdog_s() -> float:
    """After how long a silence the service manager kills this process, s; infinite where it does not."""
    microseconds, process = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    mine = process in ("", str(os.getpid()))
    return int(microseconds) / 1e6 if mine and microseconds.isdecimal() and int(microseconds) else float("inf")


def _words(facts: Mapping[str, Any]) -> str:
    """Mode and worst cause in one line: a second line would be another word to the service manager."""
    return scrub(" ".join(": ".join([facts["mode"], *facts["reasons"][:1]]).split()))
