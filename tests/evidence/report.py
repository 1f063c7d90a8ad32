"""The tables of docs/evidence.md: each shipped strategy on markets with planted patterns, without any, on recordings.

`python -m tests.evidence [DAYS=16] [HOURS=0.75] [JOBS=2]` makes them anew. Recordings are read where
`PAPERPIT_SHARED_DATA` names them; without them their table stays as it is. It walks over config/strategies, so a
strategy that ships is in it.
"""

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import time
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from adapters.synthetic.natures import NATURES
from adapters.synthetic.synth import Wish, menu_of, write_wish
from bot.cli.what_if import asking, drawing
from bot.config import load_instruments, read_strategy
from bot.domain.what_if import Draw
from bot.errors import PaperpitError
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import reading
from bot.resources import shipped
from bot.review.estimates import Bootstrap
from bot.review.evaluate import Asks, evaluate
from bot.tape.grid import Grid
from bot.tape.importers import Wishes, import_source, open_source
from tests.evidence.many import asked
from tests.evidence.null import own_cache
from tests.playing import play

PAGE = Path(__file__).parents[2] / "docs/evidence.md"
PLANTED_SEED, NULL_SEED = 80_001, 80_002
"""Nobody has looked at them before they were reported."""
EACH = 20
SLOW_NS, SLOWER = 600 * 10**9, 6
"""Bars of so long want so many times the hours, and are given a third of the days."""
_MARKED = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
HEAD = (
    "| strategy | market | sessions | wanted | taken, an hour | round trips | R a session, at every look "
    "| R an entry, at random (p) | what may be said |",
    "|---|---|---|---|---|---|---|---|---|",
)


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a synthetic market is made. After sixteen sessions the contract of futures is rolled."""

    days: int = 16
    hours: float = 0.75
    jobs: int = 2

    @classmethod
    def of(cls, words: Sequence[str]) -> "Size":
        """From `DAYS=16 HOURS=0.75 JOBS=2`."""
        told = asked(words, DAYS="16", HOURS="0.75", JOBS="2")
        return cls(int(told["DAYS"]), float(told["HOURS"]), int(told["JOBS"]))


def rewritten(text: str, size: Size) -> str:
    """`text` with everything between its marks made anew, but what cannot be made here."""
    specs = sorted(shipped("config/strategies").glob("*.toml"))
    with ProcessPoolExecutor(size.jobs, mp_context=get_context("forkserver")) as pool:
        rows = {"synthetic": pool.map(partial(synthetic, size), specs), "recorded": pool.map(recorded, specs)}
        tables = {name: [row for some in mine for row in some] for name, mine in rows.items()}

    def made(mark: re.Match[str]) -> str:
        rows = tables[mark[2]]
        return f"{mark[1]}\n{_lines([*HEAD, *rows])}\n{mark[3]}" if rows else mark[0]

    return _MARKED.sub(made, text)


def synthetic(size: Size, spec: Path) -> list[str]:
    """A row a market. Raises AssertionError where an edge is said to be on a market without any."""
    settings, rows = read_strategy(str(spec)).value, []
    if settings.instrument not in NATURES:
        return []
    slow = settings.timeframe >= SLOW_NS
    hours, days = (size.hours * SLOWER, size.days // 3) if slow else (size.hours, size.days)
    for seed, null in ((PLANTED_SEED, False), (NULL_SEED, True)):
        with tempfile.TemporaryDirectory(prefix="paperpit-evidence-") as name:
            menu = menu_of(settings.instrument, *((frozenset[int](), frozenset[int]()) if null else ()))
            tape = Path(name) / "tape.parquet"
            write_wish(tape, Wish(settings.instrument, seed, hours, time(9, 30), days, menu))
            group = evaluated(Path(name), tape, spec)
        assert not (null and group.get("edge")), f"{spec.name} finds an edge where nothing is: {group['words']}"
        market = f"nothing planted, seed {seed}" if null else f"patterns planted, seed {seed}"
        rows.append(row(spec.stem, f"{market}, {days} × {hours:g} h", group, days * hours))
    return rows


def recorded(spec: Path) -> list[str]:
    """A row a recording of its product."""
    folder, rows = Path(os.environ.get("PAPERPIT_SHARED_DATA", "")), []
    product = read_strategy(str(spec)).value.instrument
    for source in sorted(folder.glob(f"{product}*.parquet")) if (folder / "README.md").is_file() else ():
        with tempfile.TemporaryDirectory(prefix="paperpit-evidence-") as name:
            tape, wished = Path(name) / source.name, Wishes()
            try:
                facts = import_source(open_source(source, wished), tape, wished, _known).facts
            except PaperpitError:  # bars, which are no tape
                continue
            if facts.instrument == product:
                hours = (facts.last_ns - facts.first_ns) / 3_600e9
                rows.append(row(spec.stem, f"{source.stem}, {hours:.1f} h", evaluated(Path(name), tape, spec), hours))
    return rows


def evaluated(folder: Path, tape: Path, spec: Path) -> Mapping[str, Any]:
    """What the evaluation says of one strategy on one tape; empty where it did nothing."""
    played = play(folder, tape, spec, calendar="none")
    with own_cache(folder), reading(place(played.url)) as reader:
        asks = Asks(asking(reader), {}, drawing(reader, Draw(EACH)))
        groups = evaluate(reader, reader.runs, Filters(), asks, Bootstrap()).groups
    return groups[0] if groups else {}


def row(name: str, market: str, group: Mapping[str, Any], hours: float) -> str:
    """One line of a table."""
    if not group:
        return f"| `{name}` | {market} | – | 0 | 0 | 0 | – | – | nothing was wanted |"
    mean, random = group["mean_r"], group["random"]
    looks = "–" if mean["value"] is None else f"{_r(mean['value'])} ({_r(mean['low'])} to {_r(mean['high'])})"
    chance = "–" if random["p"] is None else f"{_r(random['r'])}, {_r(random['r_random'])} ({random['p']:.3f})"
    return (
        f"| `{name}` | {market} | {mean['sessions']} | {group['wanted']} | {group['taken']}, "
        f"{group['taken'] / hours:.2f} | {group['round_trips']} | {looks} | {chance} | {group['words']} |"
    )


def _r(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\u2212")


def _lines(rows: Sequence[str]) -> str:
    return "".join(f"{one}\n" for one in rows)


def _known(product: str) -> Grid | None:
    facts = load_instruments().get(product)
    return Grid(facts.tick, future=facts.kind == "future") if facts else None
