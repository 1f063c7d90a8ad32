"""The tables of docs/evidence.md: each shipped strategy on markets with planted patterns, without any, on recordings.

`python -m tests.evidence [DAYS=22] [HOURS=1.5] [ONLY=es-open-absorption]` makes them anew. Recordings are read where
`PAPERPIT_SHARED_DATA` names them; without them their table stays as it is. It walks over config/strategies, so a
strategy that ships is in it.
"""

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
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
from bot.review.evaluate import MODELS, Asks, evaluate
from bot.tape.grid import Grid
from bot.tape.importers import Wishes, import_source, open_source
from tests.evidence.null import own_cache
from tests.playing import play

PAGE = Path(__file__).parents[2] / "docs/evidence.md"
PLANTED_SEED, NULL_SEED = 80_001, 80_002
"""Nobody has looked at them before they were reported."""
EACH = 50
SLOW_NS, SLOWER = 600 * 10**9, 4
"""Bars of so long want so many times the hours."""
_MARKED = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
HEAD = (
    "| strategy | market | sessions | wanted | taken, an hour | round trips | R a session, at every look "
    "| R an entry, at random (p) | what may be said |",
    "|---|---|---|---|---|---|---|---|---|",
)


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a synthetic market is made."""

    days: int = 22
    hours: float = 1.5
    only: str = ""

    @classmethod
    def of(cls, words: Sequence[str]) -> "Size":
        """From `DAYS=22 HOURS=1.5 ONLY=name`."""
        told = dict(word.split("=", 1) for word in words)
        return cls(int(told.get("DAYS", 22)), float(told.get("HOURS", 1.5)), told.get("ONLY", ""))


def rewritten(text: str, size: Size) -> str:
    """`text` with everything between its marks made anew, but what cannot be made here."""
    tables = {"synthetic": synthetic(size), "recorded": recorded(size)}

    def made(mark: re.Match[str]) -> str:
        rows = list(tables[mark[2]])
        return f"{mark[1]}\n{_lines([*HEAD, *rows])}\n{mark[3]}" if rows else mark[0]

    return _MARKED.sub(made, text)


def synthetic(size: Size) -> Iterator[str]:
    """A row a strategy and market. Raises AssertionError where an edge is said to be on a market without any."""
    for spec in strategies(size.only):
        settings = read_strategy(str(spec)).value
        product = settings.instrument
        if product not in NATURES:
            continue
        hours = size.hours * (SLOWER if settings.timeframe >= SLOW_NS else 1)
        for seed, null in ((PLANTED_SEED, False), (NULL_SEED, True)):
            with tempfile.TemporaryDirectory(prefix="paperpit-evidence-") as name:
                menu = menu_of(product, *((frozenset[int](), frozenset[int]()) if null else ()))
                tape = Path(name) / "tape.parquet"
                write_wish(tape, Wish(product, seed, hours, time(9, 30), size.days, menu))
                group = evaluated(Path(name), tape, spec)
            assert not (null and group.get("edge")), f"{spec.name} finds an edge where nothing is: {group['words']}"
            market = f"nothing planted, seed {seed}" if null else f"patterns planted, seed {seed}"
            yield row(spec.stem, market, group, size.days * hours)


def recorded(size: Size) -> Iterator[str]:
    """A row a strategy and recording of its product."""
    folder = Path(os.environ.get("PAPERPIT_SHARED_DATA", ""))
    if not (folder / "README.md").is_file():
        return
    for spec in strategies(size.only):
        product = read_strategy(str(spec)).value.instrument
        for source in sorted(folder.glob("*.parquet")):
            with tempfile.TemporaryDirectory(prefix="paperpit-evidence-") as name:
                tape, wished = Path(name) / source.name, Wishes()
                try:
                    facts = import_source(open_source(source, wished), tape, wished, _known).facts
                except PaperpitError:  # bars, which are no tape
                    continue
                if facts.instrument == product:
                    hours = (facts.last_ns - facts.first_ns) / 3_600e9
                    yield row(spec.stem, f"{source.stem}, {hours:.1f} h", evaluated(Path(name), tape, spec), hours)


def strategies(only: str = "") -> list[Path]:
    """The shipped strategies' files, or the one of that name."""
    return [path for path in sorted(shipped("config/strategies").glob("*.toml")) if only in ("", path.stem)]


def evaluated(folder: Path, tape: Path, spec: Path) -> Mapping[str, Any]:
    """What the evaluation says of one strategy on one tape; empty where it did nothing."""
    played = play(folder, tape, spec, calendar="none")
    with own_cache(folder), reading(place(played.url)) as reader:
        models = {model: asking(reader, model) for model in MODELS}
        asks = Asks(asking(reader), models, drawing(reader, Draw(EACH)))
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
