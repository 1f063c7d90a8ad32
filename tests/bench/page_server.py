"""`paperpit serve` for a bench: a process of its own, and questions over one connection that is kept."""

import gzip
import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Server:
    """One that answers at `address` (host and port)."""

    address: str
    wire: http.client.HTTPConnection
    pid: int

    def get(self, path: str) -> tuple[float, bytes]:
        """Seconds from the question to the answer's last byte, and its body as it came, compressed.

        Raises RuntimeError for any answer but 200.
        """
        begun = time.perf_counter()
        self.wire.request("GET", path, headers={"accept-encoding": "gzip"})
        answer = self.wire.getresponse()
        body = answer.read()
        took = time.perf_counter() - begun
        if answer.status != 200:
            raise RuntimeError(f"{path} was answered with {answer.status}")
        return took, body

    def first_link(self, path: str, shape: str) -> str:
        """The first address on a page that has such a shape (an expression), or where it leads on to."""
        found = re.search(f'href="({shape})"', gzip.decompress(self.get(path)[1]).decode())
        if found is None:
            raise RuntimeError(f"{path} leads to no {shape}")
        self.wire.request("HEAD", found[1])
        answer = self.wire.getresponse()
        answer.read()
        return answer.headers["location"] or found[1]

    def processor_seconds(self) -> float:
        """What it has used so far: what a busy machine cannot make longer."""
        # After the name in parentheses: utime and stime are the 12th and 13th (proc(5)).
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(folder: Path, journal: Path) -> Iterator[Server]:
    """Serve a journal for the length of a block; `folder` keeps the token."""
    command = [str(Path(sys.executable).with_name("paperpit")), "serve", "--port", "0"]
    given = ["--journal", str(journal), "--token-file", str(folder / "token")]
    process = subprocess.Popen([*command, *given], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        address = urlsplit(process.stdout.readline().strip()).netloc
        if not address:
            raise RuntimeError("paperpit serve did not start")
        wire = http.client.HTTPConnection(address, timeout=120)
        yield Server(address, wire, process.pid)
        wire.close()
    finally:
        process.terminate()
        process.communicate()
