"""Puts a fault where it stands: file, line and key."""

from collections.abc import Mapping, Sequence

from bot.errors import Fault

Path = tuple[str | int, ...]
"""The way to a key: names of tables and keys, indices into lists."""


class Placing:
    """Turns the path of a key into file and line. The text is read for its lines only when there is a fault."""

    def __init__(self, file: str, text: str = "", sets: Mapping[Path, str] | None = None) -> None:
        self.file, self._text, self._sets = file, text, sets or {}
        self._lines: Mapping[Path, int] | None = None

    def fault(self, path: Path, message: str, *, level: str = "error", allowed: str = "", do: str = "") -> Fault:
        """A fault at `path`; one that came by `--set` is placed there."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._sets:
                return Fault(f"--set {self._sets[path[:length]]}", None, key_text(path), message, level, allowed, do)
        return Fault(self.file, self._line(path), key_text(path), message, level, allowed, do)

    def _line(self, path: Path) -> int | None:
        from bot.config.lines import line_of, lines

        if self._lines is None:
            self._lines = lines(self._text)
        return line_of(path, self._lines)


def key_text(path: Sequence[str | int]) -> str:
    """`bracket.stop_ticks`; elements of lists as `strategies[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
