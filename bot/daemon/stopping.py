"""The signals that end a process: the first asks for an end in order, the second insists."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any


class Stopping:
    """Listens to SIGINT and SIGTERM while the block lasts. Without anything to ask, the first signal insists, too."""

    def __init__(self) -> None:
        self.caught: list[int] = []
        """Numbers of the signals that the loop has heard, in order."""
        self.came: list[int] = []
        """Numbers of those that came, also while the loop stands still; another thread may look."""
        self.insisted = False
        """Whether nothing is waited for any more."""
        self._ask: Callable[[], None] | None = None
        self._task: asyncio.Task[object] | None = None
        self._before: dict[int, Any] = {}
        """Who heard these signals before the block, and hears them after it."""

    def __enter__(self) -> "Stopping":
        self._task = asyncio.current_task()
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.getsignal(number)
            asyncio.get_running_loop().add_signal_handler(number, self.heard, number)
            # asyncio's own handler does nothing, and wakes the loop, which is no use while that stands still.
            signal.signal(number, lambda number, frame: self.came.append(number))
            signal.siginterrupt(number, False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().remove_signal_handler(number)
            # asyncio leaves the system's own: one more signal at the very end would take the exit code away.
            signal.signal(number, self._before[number])

    @property
    def by(self) -> int | None:
        """The signal that ended it; None when none came."""
        return self.caught[0] if self.caught else None

    @contextmanager
    def asking(self, ask: Callable[[], None]) -> Iterator[None]:
        """While the block lasts the first signal calls `ask`. What a second one cuts short ends the block quietly."""
        self._ask = ask
        try:
            yield
        except asyncio.CancelledError:
            task = asyncio.current_task()
            # Cancelled by us and nobody else: what follows puts things in order.
            if not self.caught or task is None or task.uncancel():
                raise
        finally:
            self._ask = None

    def insist(self) -> None:
        """End the task at once, as a second signal would."""
        self.insisted = True
        if self._task is not None:
            self._task.cancel()

    def heard(self, number: int) -> None:
        """One of the signals that end it has come."""
        self.caught.append(number)
        if len(self.caught) == 1 and self._ask is not None:
            self._ask()
        else:
            self.insist()
