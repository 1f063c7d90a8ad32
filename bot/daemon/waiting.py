"""What a person says while no run trades: kept in a file, and done when the next run stands, before anything is sent.

Between two sessions nobody owns the journal, and a command must not be lost with the process that heard it.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

from bot import control
from bot.desk import Desk
from bot.domain.command import Command, Verb
from bot.durable import replace
from bot.errors import PaperpitError

_KEPT: frozenset[Verb] = frozenset({"pause", "resume", "cancel-entries", "flatten", "model-reset"})
"""What can wait: it closes something, or opens it again."""
ANSWER = "kept: it is done when the next run begins, before anything is sent"


def can_wait(command: Command) -> bool:
    """Whether a command is kept when no run trades; the end of the whole desk is at once."""
    return command.verb in _KEPT or command.ends_a_part


class Waiting:
    """The commands that wait for a desk's next run, oldest first."""

    def __init__(self, desk: str) -> None:
        self._path: Path = control.folder() / f"{desk}.waiting"

    @property
    def commands(self) -> list[Command]:
        """All of them. A line that was cut off by a crash had not been answered."""
        try:
            lines = self._path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return []
        return [msgspec.json.decode(line, type=Command) for line in lines if line.endswith(b"\n")]

    def keep(self, command: Command) -> None:
        """Durable on return; one with a number that waits already is nothing new."""
        found = self.commands
        if all(one.nonce != command.nonce for one in found):
            self._write([*found, command])

    async def done_by(self, desk: Desk, now: int, say: Callable[[str], None]) -> None:
        """Let the desk do them as of `now`, ns UTC; what it refuses is told."""
        for command in self.commands:
            try:
                said = await desk.told.obey(command, now)
            except PaperpitError as error:
                said = f"refused: {error.what}"
            say(f"{command.verb}, said before this run began: {said}")

    def forget(self) -> None:
        """They are in the journal."""
        self._path.unlink(missing_ok=True)

    def _write(self, commands: list[Command]) -> None:
        replace(self._path, (msgspec.json.encode(one) + b"\n" for one in commands))
