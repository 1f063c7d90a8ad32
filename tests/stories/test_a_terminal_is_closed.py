"""A desk whose terminal is closed ends in order: nobody is left to tell, and positions stay under their stops."""

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import reading

SECONDS = 60.0


def _has_it(stream: int = 0) -> None:
    """Make standard input the terminal that the process belongs to."""
    fcntl.ioctl(stream, termios.TIOCSCTTY, 0)


def _until(screen: int, words: bytes) -> None:
    seen, latest = b"", time.monotonic() + SECONDS
    while words not in seen:
        assert select.select([screen], [], [], latest - time.monotonic())[0], seen
        seen += os.read(screen, 65_536)


def test_closing_the_terminal_ends_the_desk_in_order(tmp_path: Path) -> None:
    # given a desk that somebody has started in a window
    screen, inside = pty.openpty()
    words = ["run", "--adapter", "synthetic", "--set", "adapters.synthetic.speed=10x", "--desk", "window"]
    command = [Path(sys.executable).with_name("paperpit"), *words, "--journal", f"sqlite:///{tmp_path}/j.db"]
    with subprocess.Popen(
        command, stdin=inside, stdout=inside, stderr=inside, start_new_session=True, preexec_fn=_has_it
    ) as desk:
        os.close(inside)
        _until(screen, b"trading")
        # when the window is closed
        os.close(screen)
        # then it ends as if it had been told to
        assert desk.wait(SECONDS) == 129
    with reading(place(f"{tmp_path}/j.db")) as reader:
        (end,) = [row for row in reader.read(rows.ModeChange, reader.runs) if row.summary is not None]
    assert end.mode == "finished"
