"""`python -m tests.soak.day [SESSIONS=20] [STEP=60] [COUNTS=23]`: sessions of ES, with all that is around.

Method: the daemon trades a synthetic market as fast as it is made, with a real Mosquitto, somebody who listens there, a
scraper of its metrics, notices to a program, recording on and the log as a file. Every `STEP` minutes of the market's
time the desk counts itself, `COUNTS` times a session; then the run ends as each evening (positions are flat, the tape
is made, the journal copied, the digest told) and the next one begins, on the same day of the same market. Between two
runs, when all has been told, tasks, descriptors and threads are counted by kind.

Aims: once it has settled, memory within 5 % between the sessions and at each session's peak, and not one task,
descriptor or thread of any kind that stays; journal, tape and log of a day below their ceilings.
"""

import asyncio
import os
import sys
import tempfile
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from aiomqtt import Client, ProtocolVersion

from bot import control
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from tests.background import meanwhile
from tests.servers import free_port, mosquitto
from tests.soak.size import Rest, Size, left

SETTLED = 2
"""Sessions: until then caches fill, code is compiled and the allocator finds its size."""
GROWTH = 0.05
START = "2026-11-16T18:00"
"""A session's open, New York."""
USUAL = {"STEP": 60, "COUNTS": 23, "SESSIONS": 20}
HOURS = 23
"""Of a session."""
ALLOCATORS = {"MALLOC_ARENA_MAX": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""As the systemd unit and the image have it: else each thread that was ever busy keeps what it once needed."""
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

    rests: list[Rest] = field(default_factory=list)
    """At the quiet point after each session."""
    messages: int = 0
    scrapes: int = 0
    rows: int = 0
    trips: int = 0
    seconds: float = 0.0
    troubles: list[str] = field(default_factory=list)


async def play(step: int, counts: int, sessions: int, start: str, folder: Path) -> Heard:
    """Trade sessions of `counts` times `step` minutes of the market's; what was heard.

    An AssertionError when the desk fails.
    """
    heard, port, name = Heard(), free_port(), f"soak-{os.getpid()}"
    with mosquitto() as broker:
        told = (f"desk={name}", f"mqtt.url={broker.url}", f"metrics.port={port}", f"adapters.synthetic.start={start}")
        calls = f'notify.command=["/usr/bin/tee", "-a", "{folder / "notices"}"]'
        words = (
            sys.executable,
            "-P",
            "-m",
            "tests.soak.inside",
            folder,
            str(step),
            str(counts),
            str(sessions),
            *SETTINGS,
            *told,
            calls,
            "notify.most_an_hour=1000",  # these evenings follow each other within minutes of the wall's time
        )
        async with meanwhile(_listen(broker.port, name, heard)), meanwhile(_scrape(port, heard)):
            with (folder / "log").open("wb") as log:
                desk = await asyncio.create_subprocess_exec(
                    *words, stdout=asyncio.subprocess.PIPE, stderr=log, env={**os.environ, **ALLOCATORS}
                )
            assert desk.stdout is not None
            async for line in desk.stdout:
                said = msgspec.json.decode(line)
                if "size" in said:
                    print(f"{said['at']}  {said['rows']:>10,} ticks  {Size(**said['size'])}", flush=True)
                else:
                    heard.rests.append(Rest(**said["rest"]))
                    heard.rows, heard.trips = heard.rows + said["rows"], heard.trips + said["trips"]
                    heard.seconds += said["seconds"]
                    heard.troubles += filter(None, said["troubles"])
                    print(f"session {len(heard.rests):>3}  {heard.rests[-1]}", flush=True)
            code = await desk.wait()
    for path in control.folder().glob(f"{name}.*"):
        path.unlink()
    ended = f"the desk ended with {code}: {(folder / 'log').read_text()[-2000:]}"
    assert (code, len(heard.rests), heard.troubles) == (0, sessions, []), ended
    with reading(place(f"sqlite:///{folder / 'journal.db'}")) as reader:
        problems = check(reader)
    assert problems == [], problems
    return heard


def grown(rests: list[Rest]) -> list[str]:
    """What is more than when the days had settled; empty when nothing is."""
    settled, later = rests[min(SETTLED, len(rests)) - 1], rests[SETTLED:]
    found = left(settled, rests[-1])
    for name in ("memory_kib", "peak_kib"):
        usual, most = getattr(settled, name), max((getattr(one, name) for one in later), default=0)
        if most > usual * (1 + GROWTH):
            found.append(f"{name} {usual:,} → {most:,}")
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
    step, counts, sessions = (int(asked.get(name, usual)) for name, usual in USUAL.items())
    with tempfile.TemporaryDirectory(prefix="paperpit-soak-") as name:
        heard = asyncio.run(play(step, counts, sessions, asked.get("START", START), Path(name)))
        days = max(1.0, step * counts * sessions / 60 / HOURS)
        weighs = {what: size / days for what, size in weights(Path(name)).items()}
    more = grown(heard.rests)
    settled, last = heard.rests[min(SETTLED, sessions) - 1], heard.rests[-1]
    changes = (100 * (getattr(last, what) / getattr(settled, what) - 1) for what in ("memory_kib", "peak_kib"))
    print(
        f"sessions={sessions} ticks={heard.rows} seconds={heard.seconds:.0f} round_trips={heard.trips}"
        f" mqtt_messages={heard.messages} scrapes={heard.scrapes}"
        f" memory={next(changes):+.2f}% peak={next(changes):+.2f}% grown={'; '.join(more) or 'nothing'}"
    )
    for what, megabytes in weighs.items():
        verdict = "ok" if megabytes <= CEILINGS[what] else "TOO MUCH"
        print(f"{what:<8} {megabytes:>8.2f} MB a day  ceiling {CEILINGS[what]}  {verdict}")
    beyond = any(weighs[what] > CEILINGS[what] for what in CEILINGS)
    return int(bool(more) or beyond or not heard.messages or not heard.scrapes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
