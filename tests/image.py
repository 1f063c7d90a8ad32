"""`make image-test`: the Dockerfile's own steps, taken in an empty folder, and the desk that comes out of them.

There is no container: COPY copies, RUN runs in a shell whose environment is what the Dockerfile sets, and every path
that an image has to itself lies below the folder. What only root of an image can do (useradd) and what only an engine
does (users, a read-only root, limits, networks) is not tried; it is named at the end.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OWN = re.compile(r"(?<![\w.])/(opt|src|home)\b")
"""Paths that belong to the image."""
BUILT = {"python": sys.executable}
"""What a base image brings, under the name that the Dockerfile calls it by."""


def steps(text: str) -> Iterator[tuple[str, str]]:
    """(instruction, its words) of a Dockerfile, lines joined."""
    rows = [row for row in text.splitlines() if row.strip() and not row.startswith("#")]
    for row in re.sub(r"\\\n\s*", "", "\n".join(rows)).splitlines():
        name, _, words = row.partition(" ")
        yield name, words.strip()


@dataclass
class Image:
    """A folder that stands for the root of an image."""

    root: Path
    env: dict[str, str] = field(default_factory=lambda: {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})
    here: str = "/"
    left_out: list[str] = field(default_factory=list)
    """Steps that were not taken."""

    def inside(self, text: str) -> str:
        """`text` with the image's own paths where they lie here."""
        return OWN.sub(rf"{self.root}/\1", text)

    @property
    def folder(self) -> Path:
        """The working directory."""
        found = Path(self.inside(self.here))
        found.mkdir(parents=True, exist_ok=True)
        return found

    def take(self, name: str, words: str) -> None:
        """Take one step. Raises CalledProcessError when a command fails."""
        if name == "COPY":
            *sources, target = words.split()
            # What a later stage takes from an earlier one lies under the same path already.
            for source in sources if "--from" not in words else ():
                self._copy(ROOT / source, self.folder / target)
        elif name == "RUN" and "useradd" not in words:
            self._run(words)
        elif name == "ENV":
            told = dict(pair.split("=", 1) for pair in words.split())
            path = self.env["PATH"]
            self.env |= {key: self.inside(value).replace("$PATH", path) for key, value in told.items()}
        elif name == "WORKDIR":
            self.here = words
        elif name not in ("FROM", "ENTRYPOINT", "CMD"):
            self.left_out.append(f"{name} {words}"[:70])

    def _copy(self, source: Path, target: Path) -> None:
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)

    def _run(self, words: str) -> None:
        command = re.sub(r"(?<![/\w])(python)(?= )", lambda found: BUILT[found[1]], self.inside(words))
        # The index that this machine is told to use: an image's build takes the engine's.
        given = {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_", "HTTP", "http"))}
        home = {"HOME": str(self.root), "TMPDIR": os.environ.get("TMPDIR", "/tmp")}
        subprocess.run(["/bin/sh", "-euc", command], cwd=self.folder, env=given | home | self.env, check=True)


def main() -> int:
    """Build, run a desk to the end of the shipped tape as a stranger would, and look at what lies in the image."""
    with tempfile.TemporaryDirectory(prefix="paperpit-image-") as folder:
        image = Image(Path(folder))
        for name, words in steps((ROOT / "Dockerfile").read_text()):
            print(f"{name} {words}"[:110], flush=True)
            image.take(name, words)
        env = image.env | {"HOME": image.inside("/home/paperpit"), "TMPDIR": folder}
        shutil.rmtree(image.inside("/src"))
        for command in (["paperpit", "doctor", "python", "names", "settings"], ["paperpit", "run"]):
            subprocess.run(command, cwd=image.folder, env=env, check=True)
        size = sum(file.stat().st_size for file in Path(image.inside("/opt")).rglob("*") if not file.is_symlink())
        tools = [
            name for name in ("pip", "gcc", "cc", "g++") if Path(image.inside(f"/opt/paperpit/bin/{name}")).exists()
        ]
        print(f"image-test: {size / 1e6:.0f} MB in /opt; compilers and installers left: {tools or 'none'}")
        print("not tried, for want of an engine:", "; ".join(image.left_out))
        return 1 if tools else 0


if __name__ == "__main__":
    raise SystemExit(main())
