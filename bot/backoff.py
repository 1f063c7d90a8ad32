"""How long to wait until something that failed is tried again: 1, 2, 4 … s, at most a minute."""

import time
from dataclasses import dataclass, field

FIRST_S, LONGEST_S = 1.0, 60.0


@dataclass(slots=True)
class Backoff:
    """The waits of one thing that is tried again and again. A try that lasted for `sound_s` begins them anew."""

    first_s: float = FIRST_S
    sound_s: float = LONGEST_S
    _began: float = field(default_factory=time.monotonic)
    _next_s: float = 0.0

    def begin(self) -> None:
        """A try begins."""
        self._began = time.monotonic()

    @property
    def lasted(self) -> bool:
        """Whether the try at hand has gone well for so long that its end is a new trouble."""
        return time.monotonic() - self._began > self.sound_s

    def wait_s(self) -> float:
        """The try has failed: so many seconds until the next one."""
        wait = self.first_s if self.lasted else max(self.first_s, self._next_s)
        self._next_s = min(2 * wait, LONGEST_S)
        return wait
