"""What those who stand beside the desk may ask of it, and tell it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from bot.daemon.systemd import Supervisor
from bot.domain.command import Command


class Desk(Protocol):
    """What they may ask of the desk, and tell it."""

    supervisor: Supervisor

    def status(self) -> dict[str, Any]:
        """What `status --json` prints."""

    beside: dict[str, Callable[[], Any]]
    """What each of them reports of itself in `status`."""
    sessions: Sequence[tuple[int, int]]
    """When the exchange opens and closes, in order, ns UTC; empty while that is not known."""
    backup: str | None
    """Why the journal's last copy could not be made; empty: it was. None: no run has ended yet."""

    @property
    def stands(self) -> bool:
        """Whether a desk stands that knows its link, its positions and its switches."""

    def lacking(self, ts: int) -> Mapping[str, str]:
        """Kind of event → until when its dates are known, of those that are not known at `ts`, ns UTC."""

    async def tell(self, command: Command) -> Mapping[str, Any]:
        """Do it and say what came of it. Raises PaperpitError for what cannot be done."""

    def refused(self, way: str, why: str, count: int) -> None:
        """So many that came by some `way` were no commands."""
