"""Another engine, in an environment of its own, answering round by round."""

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-peers/bin/python"


class Peer:
    """A running peer. `round()` gives its rows per second; a context manager, so that it ends."""

    def __init__(self, script: str, rows: Path, *words: str) -> None:
        self.counts: dict[str, int] = {}
        self._process = subprocess.Popen(
            [PYTHON, Path(__file__).parent / "peers" / script, rows, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        about = self._answer()
        self.name, self._rows = str(about["name"]), int(about["rows"])

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *ended: object) -> None:
        self._process.terminate()
        self._process.wait()

    def round(self) -> float:
        """One round of the common task, in rows per second."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        answer = self._answer()
        seconds = float(answer.pop("seconds"))
        self.counts = answer
        return self._rows / seconds

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        # A library may say something of its own before it comes to the point.
        for line in self._process.stdout:
            if line.startswith("{"):
                answer: dict[str, Any] = json.loads(line)
                return answer
        raise RuntimeError(self._process.stderr.read().strip().splitlines()[-1])


def peers_are_here() -> bool:
    """Whether the environment that `make bench` makes for them stands."""
    return (PYTHON.parent.parent / ".peers").is_file()
