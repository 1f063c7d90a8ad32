"""How long the pages of a live year take the server and the browser, and what five people who watch cost the desk.

Method: `paperpit serve` on the journal of `year.py`, asked over loopback, each page in turns with the others; the time
is that from the question to the last byte of the compressed answer. Who watches listens to the events of a desk that
trades and asks for the part of the page that changes, as `live.js` does; what a browser needs to draw is its own.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.web.site import PAGES
from tests.bench import drawing, year
from tests.bench.page_server import Server, serving
from tests.bench.rows import Row
from tests.bench.wire.contest import Contest, Took

TIMES = 40
"""Questions a page."""
RATE, TRIGGERS, TURNS = 1_000, 20, 20
WATCHERS = 5
ROUND_TRIP = ("/round-trips", r"/round-trips/[\w-]+")
REFUSAL = ("/signals?outcome=blocked", r"/signals/[\w-]+")
"""A list, and the shape of what it leads to."""
FILTERED = {
    "winners by R": "/round-trips?result=won&sort=r",
    "why no trade at 10:14": "/moment?at=10:14",
    "250 runs": "/runs",
    "statistics by hour": "/stats?by=hour",
    "refusals of a rule": "/signals?rule=stop_distance&page=20",
}
DATA = {
    "data: round trips": "/api/v1/round-trips?run=all",
    "data: signals": "/api/v1/signals?run=all",
    "data: refusals": "/api/v1/blocked?run=all",
}
MS = 1e3


def measure() -> list[dict[str, Any]]:
    """One object a figure, as bench.json has them."""
    with tempfile.TemporaryDirectory(prefix="paperpit-bench-pages-") as name:
        folder = Path(name)
        year.build(folder / "journal.db")
        with serving(folder, folder / "journal.db") as server:
            found = [*_pages(server), *drawing.measure(server.address, server.first_link(*ROUND_TRIP))]
        found += _watched(folder / "watched")
    return [row.as_json() for row in found]


def _pages(server: Server) -> Iterator[Row]:
    """The first answer of a server may have to wait for what later ones find in memory: it is told apart."""
    first = server.get("/round-trips")[0]
    note = f"processor {server.processor_seconds():.1f} s, start included"
    yield Row("list of a year's round trips, right after a start", first, "s", note=note)
    told = {path: path for path, _ in PAGES} | FILTERED | DATA
    told |= {"round trip": server.first_link(*ROUND_TRIP), "refusal": server.first_link(*REFUSAL)}
    took: dict[str, list[float]] = {name: [] for name in told}
    used = dict.fromkeys(told, 0.0)
    size = {name: len(server.get(path)[1]) for name, path in told.items()}
    for _ in range(TIMES):
        for name, path in told.items():
            before = server.processor_seconds()
            took[name].append(server.get(path)[0])
            used[name] += server.processor_seconds() - before
    for name, seconds in took.items():
        seconds.sort()
        half, most = seconds[TIMES // 2], seconds[int(0.95 * TIMES)]
        own = f"processor {used[name] / TIMES * MS:.1f} ms"
        note = f"p50 {half * MS:.1f} ms, {own}, {size[name] / 1024:.1f} KiB compressed"
        yield Row(f"page of a year, {name}: p95", most * MS, "ms", must=150, less=True, note=note)


def _watched(folder: Path) -> Iterator[Row]:
    """Tick to bracket of one desk, alone and watched in turns."""
    alone, watched, asked = Took(), Took(), 0
    with Contest(folder) as contest:
        contest.desk("power")
        contest.round("power", do="play", rate=RATE, triggers=TRIGGERS, every_s=0.2)
        with serving(folder, folder / "desk-power/journal.db") as server:
            for _ in range(TURNS):
                alone.add(contest.round("power", do="play", rate=RATE, triggers=TRIGGERS, every_s=0.2))
                with _watching(server) as said:
                    watched.add(contest.round("power", do="play", rate=RATE, triggers=TRIGGERS, every_s=0.2))
                asked += said()
    halves = f"p50 {watched.p50 / MS:.2f} to {alone.p50 / MS:.2f} ms"
    note = f"alone {alone.p99 / MS:.2f} ms; {halves}; {len(watched.thirds)} brackets each; asked {asked} times"
    title = f"tick to bracket while {WATCHERS} pages watch: p99"
    yield Row(title, watched.p99 / MS, "ms", "alone", watched.p99 / alone.p99, must=1.1, less=True, note=note)


@contextmanager
def _watching(server: Server) -> Iterator[Callable[[], int]]:
    """So many open pages, in a process of their own; afterwards, how often they have asked."""
    command = [sys.executable, "-P", str(Path(__file__).with_name("watchers.py")), server.address, str(WATCHERS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    told: list[str] = []
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield lambda: int(told[0])
    finally:
        process.terminate()
        told.append(process.communicate()[0])
