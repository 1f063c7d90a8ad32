"""How a fuzzing command ends: what was wrong, how to see the first of it again, the figures."""

import sys
from collections.abc import Sequence
from typing import Protocol


class Told(Protocol):
    """What came of the cases."""

    @property
    def wrong(self) -> Sequence[str]:
        """A line each, beginning `case NUMBER`."""

    def line(self) -> str:
        """The figures in one line."""


def ended(told: Told, module: str, seed: int) -> int:
    """Tell it; the exit code."""
    for wrong in told.wrong[:20]:
        sys.stdout.write(f"{wrong}\n")
    if told.wrong:
        sys.stdout.write(f"again: python -m {module} 1 {seed} {told.wrong[0].split()[1].rstrip(':')}\n")
    sys.stdout.write(f"{told.line()}\n")
    return 1 if told.wrong else 0
