"""`python -m tests.soak.day [STEP=60] [COUNTS=480]`: days of ES in minutes, with all that stands beside a desk.

Method: the daemon trades a synthetic market as fast as it is made, with a real Mosquitto, somebody who listens there, a
scraper of its metrics, notices to a program, recording on and the log as a file. Every `STEP` minutes of the market's
time the desk counts itself, `COUNTS` times. Aims: once it has settled, in the first half, memory (its median) within
5 %, and not one descriptor, task, timer or thread more as a rule; journal, tape and log of a day below their ceilings.
"""

import asyncio
import os
import sys
import tempfile
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from aiomqtt import Client, ProtocolVersion

from bot import control
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from tests.background import meanwhile
from tests.servers import free_port, mosquitto
from tests.soak.size import Size

SETTLED = 1 / 2
"""Of the time: until then caches fill, code is compiled and the allocator finds its size."""
GROWTH = 0.05
JUDGED = 240
"""Counts below which memory says nothing: a million ticks wait for the tape, and are copied when they are written."""
START = "2026-11-16T18:00"
"""A session's open, New York."""
MEGABYTE = 1_000_000
CEILINGS = {"journal": 100, "tape": 500, "log": 20}
"""Megabytes a day of one busy future."""
SETTINGS = (
    *("adapter=synthetic", "adapters.synthetic.speed=max", "record.synthetic=true", "calendar=none"),
    *("risk.max_daily_loss_usd=1000000", "risk.max_daily_loss_r=100000", "risk.max_drawdown_usd=1000000"),
    *("risk.max_brackets_per_day=100000", "risk.max_brackets_per_strategy=100000"),
    *("risk.max_losses_in_a_row=100000", "risk.max_losses_in_a_row_all=100000", "replay.batch=4096"),
)


@dataclass
class Heard:
    """What came out of the desk while it traded."""

    sizes: list[Size] = field(default_factory=list)
    messages: int = 0
    scrapes: int = 0
    end: dict[str, Any] = field(default_factory=dict)


async def play(step: int, counts: int, folder: Path) -> Heard:
    """Trade `counts` times `step` minutes of the market's; what was heard. An AssertionError when the desk fails."""
    heard, port, name = Heard(), free_port(), f"soak-{os.getpid()}"
    with mosquitto() as broker:
        told = (f"desk={name}", f"mqtt.url={broker.url}", f"metrics.port={port}", f"adapters.synthetic.start={START}")
        calls = f'notify.command=["/usr/bin/tee", "-a", "{folder / "notices"}"]'
        words = (
            sys.executable,
            "-P",
            "-m",
            "tests.soak.inside",
            folder,
            str(step),
            str(counts),
            *SETTINGS,
            *told,
            calls,
        )
        async with meanwhile(_listen(broker.port, name, heard)), meanwhile(_scrape(port, heard)):
            with (folder / "log").open("wb") as log:
                desk = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE, stderr=log)
            assert desk.stdout is not None
            async for line in desk.stdout:
                said = msgspec.json.decode(line)
                if "size" in said:
                    heard.sizes.append(Size(**said["size"]))
                    print(f"{said['at']}  {said['rows']:>10,} ticks  {heard.sizes[-1]}", flush=True)
                else:
                    heard.end = said
            code = await desk.wait()
    for left in control.folder().glob(f"{name}.*"):
        left.unlink()
    assert (code, bool(heard.end)) == (0, True), f"the desk ended with {code}: {(folder / 'log').read_text()[-2000:]}"
    with reading(place(f"sqlite:///{folder / 'journal.db'}")) as reader:
        problems = check(reader)
    assert problems == [], problems
    return heard


def grown(sizes: list[Size]) -> list[str]:
    """What is more as a rule once the day has settled than before; empty when nothing is."""
    settled = max(1, int(len(sizes) * SETTLED))
    first, later = sizes[:settled], sizes[settled:]
    found = []
    least, usual = (median(one.memory_kib for one in part) for part in (first, later))
    if len(sizes) >= JUDGED and usual > least * (1 + GROWTH):
        found.append(f"memory {least:,.0f} → {usual:,.0f} KiB")
    for name in ("descriptors", "tasks", "timers", "threads"):
        # One is counted while a message, a request or a look at the journal is under way, or is not.
        before, after = max(getattr(one, name) for one in first), min(getattr(one, name) for one in later[-settled:])
        if after > before:
            found.append(f"{name} {before} → {after}")
    return found


def weights(folder: Path) -> dict[str, float]:
    """Megabytes of what the day has left."""
    sizes = {
        "journal": sum(one.stat().st_size for one in folder.glob("journal.db*") if one.is_file()),
        "tape": sum(one.stat().st_size for one in (folder / "tapes").rglob("*") if one.is_file()),
        "log": (folder / "log").stat().st_size,
    }
    return {name: size / MEGABYTE for name, size in sizes.items()}


async def _listen(port: int, desk: str, heard: Heard) -> None:
    async with Client("127.0.0.1", port, protocol=ProtocolVersion.V5) as client:
        await client.subscribe(f"paperpit/{desk}/#", qos=1)
        async for _ in client.messages:
            heard.messages += 1


async def _scrape(port: int, heard: Heard) -> None:
    while True:
        with suppress(OSError):  # it does not listen yet, or any more
            await asyncio.to_thread(_get, f"http://127.0.0.1:{port}/metrics")
            heard.scrapes += 1
        await asyncio.sleep(0.2)


def _get(url: str) -> None:
    with urllib.request.urlopen(url, timeout=10) as answer:
        answer.read()


def main(words: list[str]) -> int:
    """Print a line a step, one of what has grown, and one a weight; 1 when anything is beyond its aim."""
    asked = dict(word.split("=", 1) for word in words)
    step, counts = int(asked.get("STEP", 60)), int(asked.get("COUNTS", 480))
    with tempfile.TemporaryDirectory(prefix="paperpit-soak-") as name:
        heard = asyncio.run(play(step, counts, Path(name)))
        days = max(1.0, step * counts / 60 / 24 * 5 / 7)  # nobody trades at a weekend
        weighs = {what: size / days for what, size in weights(Path(name)).items()}
    more, half = grown(heard.sizes), len(heard.sizes) // 2
    usual = [median(one.memory_kib for one in part) for part in (heard.sizes[:half], heard.sizes[half:])]
    ticks, seconds = heard.end["rows"], heard.end["seconds"]
    print(
        f"hours={step * counts / 60:g} ticks={ticks} seconds={seconds:.0f} round_trips={heard.end['trips']}"
        f" mqtt_messages={heard.messages} scrapes={heard.scrapes}"
        f" memory={100 * (usual[1] / usual[0] - 1):+.2f}% grown={'; '.join(more) or 'nothing'}"
    )
    for what, megabytes in weighs.items():
        verdict = "ok" if megabytes <= CEILINGS[what] else "TOO MUCH"
        print(f"{what:<8} {megabytes:>8.2f} MB a day  ceiling {CEILINGS[what]}  {verdict}")
    beyond = any(weighs[what] > CEILINGS[what] for what in CEILINGS)
    return int(bool(more) or beyond or not heard.messages or not heard.scrapes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
