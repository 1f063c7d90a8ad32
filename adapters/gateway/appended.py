"""A file that lines are added to: gathered, and on the disk with every flush."""

import os


class Appended:
    """Lines for an open descriptor; without one they are dropped."""

    def __init__(self, file: int | None = None) -> None:
        self._file = file
        self._lines: list[bytes] = []

    @property
    def open(self) -> bool:
        """Whether anything is kept."""
        return self._file is not None

    def to(self, file: int) -> None:
        """Go on with this descriptor."""
        self._file = file

    def add(self, line: bytes) -> None:
        """One line, without its end, at the next `flush`."""
        self._lines.append(line + b"\n")

    def flush(self) -> None:
        """Have it on the disk."""
        if self._lines and self._file is not None:
            os.write(self._file, b"".join(self._lines))
            os.fsync(self._file)
            self._lines.clear()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self.flush()
            os.close(self._file)
            self._file = None
