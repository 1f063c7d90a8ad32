"""The terminal that a desk was started from: when somebody closes it, nobody is left to write to."""

import os


class Terminal:
    """What of this process's standard streams is a terminal."""

    def __init__(self) -> None:
        self._streams = [stream for stream in (0, 1, 2) if os.isatty(stream)]

    def gone(self) -> bool:
        """Whether it was closed; what is written to it from now on goes nowhere instead of failing."""
        lost = [stream for stream in self._streams if not os.isatty(stream)]
        if lost:
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in lost:
                os.dup2(nowhere, stream)
            os.close(nowhere)
        return bool(lost)
