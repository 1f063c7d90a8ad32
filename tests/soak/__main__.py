"""`python -m tests.soak DAYS=30 [HOURS=0.5] [SEED=1]`: is a desk that runs for weeks as small on its last day?

Method: one process opens a run a day on one journal, as the daemon does session after session, each at a gateway that
was started anew for the day and plays a synthetic market as fast as the desk deals with it. After each day everything
that could grow is counted. Aim (reliability notes, R7): memory after the last day ≤ that after day 3 + 1 %, and not one
descriptor, task, timer or thread more. `make soak` gives it the allocator's settings of the unit and the image: without
them it leaves some megabytes more in the first two weeks, and a process with few kernels misses the aim by that.
"""

import asyncio
import sys
import tempfile
import warnings
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from bot.config import read_bot, read_strategy
from bot.daemon import Asked, Run
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from bot.resources import shipped
from tests.gateways import gateway_program
from tests.soak.size import Size, all_workers

SETTLED_DAY = 3
"""Until then caches fill, code is compiled and the allocator finds its size."""
GROWTH = 0.01
BEFORE_THE_ROLL = 15
"""Days of one synthetic market: some days later its contract takes no entries any more, and another one begins."""
SETTINGS = (
    *("adapter=ib", "record.enabled=false", "risk.max_daily_loss_usd=1000000", "risk.max_daily_loss_r=100000"),
    *("risk.max_brackets_per_day=100000", "risk.max_brackets_per_strategy=100000"),
    # A desk that losses have paused is paused on every day that follows, and a desk that does nothing never grows.
    *("risk.max_losses_in_a_row=100000", "risk.max_losses_in_a_row_all=100000", "risk.max_drawdown_usd=1000000"),
)
STRATEGIES = ("drill-es.toml", "es-open-absorption.toml")


def more(settled: Size, last: Size) -> list[str]:
    """What has grown since it had settled; empty when nothing has."""
    grown = []
    if last.memory_kib > settled.memory_kib * (1 + GROWTH):
        grown.append(f"memory {settled.memory_kib:,} → {last.memory_kib:,} KiB")
    for name in ("descriptors", "tasks", "timers", "threads"):
        before, after = getattr(settled, name), getattr(last, name)
        if after > before:
            grown.append(f"{name} {before} → {after}")
    return grown


async def soak(days: int, hours: float, seed: int, folder: Path) -> tuple[list[Size], int]:
    """Trade that many days; sizes after each of them, and how many round trips were made."""
    await all_workers()
    tapes = _tapes(days, hours, seed, folder)
    journal, state = f"sqlite:///{folder / 'journal.db'}", folder / "state.jsonl"
    sizes: list[Size] = []
    made = 0
    for number, tape in enumerate(tapes, 1):
        words = ("--tape", str(tape), "--speed", "max", "--fill-model", "queue", "--state", str(state))
        async with gateway_program(*words, cwd=folder) as far:
            trips = await _day(far.port, journal)
        made += trips
        sizes.append(Size.now())
        print(f"day {number:>3}  {sizes[-1]}  {trips:>4} round trips", flush=True)
    with reading(place(journal)) as reader:
        problems = check(reader)
    assert problems == [], problems
    return sizes, made


async def _day(port: int, journal: str) -> int:
    bot = read_bot(shipped("config/bot.toml"), [*SETTINGS, f"adapters.ib.port={port}"])
    bot = replace(bot, value=bot.value.model_copy(update={"calendar": "none"}))
    specs = [read_strategy(name, instruments=bot.path.parent) for name in STRATEGIES]
    async with Run(Asked(bot, specs, journal, "process")) as run:
        outcome = await run.trade()
    return outcome.round_trips


def _tapes(days: int, hours: float, seed: int, folder: Path) -> list[Path]:
    market = import_module("adapters.synthetic.synth")
    found: list[Path] = []
    while (left := days - len(found)) > 0:
        part = seed + len(found) // BEFORE_THE_ROLL
        wish = market.Wish(product="ES", seed=part, hours=hours, days=min(left, BEFORE_THE_ROLL))
        found += [path for path, _ in market.write_days(folder / "tapes" / str(part), "soak", wish)]
    return found


def main(words: list[str]) -> int:
    """Print a line a day and what has grown; 1 when anything has."""
    asked = dict(word.split("=", 1) for word in words)
    days, hours, seed = int(asked.get("DAYS", 30)), float(asked.get("HOURS", 0.5)), int(asked.get("SEED", 1))
    warnings.simplefilter("error", ResourceWarning)
    with tempfile.TemporaryDirectory() as folder:
        sizes, made = asyncio.run(soak(days, hours, seed, Path(folder)))
    settled, last = sizes[min(SETTLED_DAY, days) - 1], sizes[-1]
    grown = more(settled, last)
    change = 100 * (last.memory_kib / settled.memory_kib - 1)
    print(f"days={days} seed={seed} round_trips={made} memory={change:+.2f}% grown={'; '.join(grown) or 'nothing'}")
    return bool(grown)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
