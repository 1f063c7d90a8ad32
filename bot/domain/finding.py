"""What a look at a set-up found: one line of `paperpit doctor`."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One look, good or bad.

    An adapter with a far end may have an asynchronous generator `doctor(params, needs)` of them beside its factory.
    """

    check: str
    level: Literal["ok", "warn", "fail"]
    message: str
    hint: str = ""  # what to do
