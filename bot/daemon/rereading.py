"""Reading the settings once more while the desk trades: in a thread, and once for all who asked before it began."""

import asyncio
from collections.abc import Callable

from bot.daemon.asked import Asked, Read
from bot.errors import ConfigError, PaperpitError, UsageError


class Rereading:
    """Reads as `asked.again` says; `asked` is what is in force."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self._next: asyncio.Task[Read | PaperpitError] | None = None
        self._one = asyncio.Lock()

    async def read(self) -> Read | PaperpitError:
        """What the files say now, or what is wrong with them."""
        if self._next is None:
            self._next = asyncio.create_task(self._read())
        # Whoever asked may go; the others wait for the same.
        return await asyncio.shield(self._next)

    async def _read(self) -> Read | PaperpitError:
        async with self._one:
            self._next = None  # whoever asks from here on may mean files that were changed since
            again = self.asked.again
            if again is None:
                return UsageError("this desk was not started from files that could be read again")
            return await asyncio.to_thread(_judged, again)


def _judged(again: Callable[[], Read]) -> Read | PaperpitError:
    try:
        return again()
    except PaperpitError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a stranger's code must not take the desk and its positions along
        return ConfigError(f"the settings cannot be read: {type(error).__name__}: {error}")
