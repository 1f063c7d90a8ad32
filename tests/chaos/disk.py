"""`make chaos-disk`: the disk of a SQLite journal fills up under an order manager that trades, and has room again.

Three ways, since their errors differ, each in a process of its own; the far end is moved by hand (tests.rooms.orders).
Exit codes: 0 nothing was found, 1 something was.
"""

import asyncio
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.chaos.filling import WAYS, Way
from tests.chaos.full import Point

PROGRAM = (sys.executable, "-P", "-m", "tests.chaos.disk", "--way")


@dataclass(frozen=True)
class Outcome:
    """What came of every point of every way."""

    points: int
    lost: int
    unprotected: int
    sent: int
    resumed: int
    said: tuple[str, ...]
    """What was found, and which way was skipped, in words."""
    skipped: int

    @property
    def clean(self) -> bool:
        """Whether every point that was tried ended well."""
        return len(self.said) == self.skipped and self.resumed == self.points > 0

    def line(self) -> str:
        """The one line for programs."""
        names = ("points", "lost", "unprotected", "sent", "resumed")
        return " ".join(f"{name}={getattr(self, name)}" for name in names)


def run(points: int, seed: str) -> Outcome:
    """Every way, side by side."""
    with tempfile.TemporaryDirectory(prefix="full-") as folder:
        started, said = [], []
        for way in WAYS:
            within, reason = namespace(folder) if way == "tmpfs" else ((), "")
            if reason:
                said.append(f"tmpfs is skipped: {reason}")
                continue
            words = [*within, *PROGRAM, way, str(points), seed, folder]
            started.append((way, subprocess.Popen(words, stdout=subprocess.PIPE, text=True)))
        found, skipped = [], len(said)
        for way, process in started:
            told, _ = process.communicate()
            rows = [json.loads(line) for line in told.splitlines()]
            found += rows
            if process.returncode or len(rows) != points:
                said.append(f"{way}, seed {seed}: the process ended with {process.returncode} after {len(rows)} points")
    said += [
        f"{row['way']}, point {row['point']}, seed {seed}: {problem}" for row in found for problem in row["problems"]
    ]
    count = {name: sum(row[name] for row in found) for name in ("lost", "unprotected", "sent", "resumed")}
    return Outcome(len(found), **count, said=tuple(said), skipped=skipped)


def namespace(folder: str) -> tuple[Sequence[str], str]:
    """The words before a program that let it mount for itself alone; or why that cannot be had."""
    within = ("unshare", "-rm")
    try:
        words = [*within, "mount", "-t", "tmpfs", "tmpfs", folder]
        tried = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return (), "unshare is not installed (util-linux)"
    return within, tried.stderr.strip() if tried.returncode else ""


def one_way(way: Way, points: int, seed: str, folder: Path) -> None:
    """Every point of one way, a line of JSON each."""
    room = folder / way
    room.mkdir()
    if way == "tmpfs":
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(room)], check=True)
    for number in range(points):
        chance = random.Random(f"{seed} {way} {number}")
        result = asyncio.run(Point(way, number, chance, room).play())
        print(json.dumps({"way": way, "point": number, **asdict(result)}), flush=True)


def main(words: Sequence[str]) -> int:
    """The command line: `[POINTS [SEED]]`."""
    match words:
        case ["--way", ("pages" | "length" | "tmpfs") as way, points, seed, folder]:
            one_way(way, int(points), seed, Path(folder))
            return 0
    outcome = run(int(words[0]) if words else 20, words[1] if len(words) > 1 else "1")
    for text in outcome.said:
        print(text, file=sys.stderr)
    print(outcome.line())
    return 0 if outcome.clean else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
