"""What a market maker lives on, over many synthetic markets: calm ones, and ones in which others know more than he.

`python -m tests.evidence maker SEEDS=20 [JOBS=2] [FIRST=90001]`, or `make maker`. Each seed is a market of its own; one
with and without guards is the same one, tick for tick. Figures are those of `paperpit journal maker`: ticks × contracts
a session, before commission, with a 95 % interval of the mean (Student's t, a session is one draw). Nobody has looked
at the seeds from 90,001 on while settings were chosen; that was done on seeds 1 to 12.
"""

import asyncio
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from adapters.synthetic.kinds import DECOYS
from adapters.synthetic.synth import Wish, menu_of, write_wish
from bot.cli.what_if import middles
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import RunInfo, reading
from bot.resources import shipped
from bot.review.making import Middles, making
from tests.evidence.many import asked, of_each
from tests.playing import play, strategy

FIRST_SEED = 90_001
HOURS, START = 1.5, time(10)
AFTER_NS = 5 * 10**9
SHIPPED = "config/strategies/es-maker.toml"
SETS = ("risk.max_daily_loss_usd=1000000", "risk.cooldown=5m")
"""The day goes on whatever it has lost, so that sessions are of one length; after a stop he waits, as shipped."""
DEAF = """
[detectors]
guard_volatility = { ratio = 1e9, move_atr = 1e9 }
guard_stuffing = { quotes_min = 1000000000, flicker_quotes_min = 1000000000 }
guard_one_sided = { missing = "24h" }
guard_spread = { floor_ticks = 1000000 }
guard_halt = { silence = "24h" }
guard_block = { times = 1e9 }
guard_trend = { move_atr = 1e9 }
guard_feed = { stale = "24h", regressed_max = 1e9, crossed = "24h" }
"""
"""Guards that nothing sets off."""
PARTS = ("spread", "adverse", "inventory", "total")


@dataclass(frozen=True, slots=True)
class Situation:
    """A market that is made, and how it is met."""

    product: str
    name: str
    decoys: tuple[str, ...] = ()
    guards: bool = True

    @property
    def words(self) -> str:
        """As a row of the table begins."""
        return f"{self.product} | {self.name} | {'on' if self.guards else 'off'}"


CALM = "calm: nothing is staged"
RUN = "forty minutes one way, by those who know where it ends"
NEWS = "news that is traded on, about twelve an hour"
SITUATIONS = tuple(
    Situation(product, name, decoys, guards)
    for product in ("ES", "GC")
    for name, decoys in ((CALM, ()), (RUN, ("trend_run",)), (NEWS, ("fast_news",)))
    for guards in ((True, False) if decoys else (True,))
)


class Made(NamedTuple):
    """One session of a maker, ticks × contracts."""

    fills: int
    spread: float
    adverse: float
    inventory: float
    total: float
    net: float  # money after commission


class Mean(NamedTuple):
    """A mean and the bounds of its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:+,.1f} ({self.low:+,.1f} to {self.high:+,.1f})".replace("-", "\u2212")


def settings(situation: Situation) -> str:
    """The shipped maker's file, for the product, with the guards as they are or with deaf ones."""
    text = shipped(SHIPPED).read_text().replace('instrument = "ES"', f'instrument = "{situation.product}"')
    return text if situation.guards else text + DEAF


def session(situation: Situation, folder: Path, tape: Path) -> Made:
    """The maker through the whole desk on one tape, and what its journal says of it."""
    played = play(folder, tape, strategy(folder, settings(situation)), sets=SETS)
    with reading(place(played.url)) as reader:

        def ask(run: RunInfo, moments: Mapping[str, Sequence[int]]) -> Middles:
            return asyncio.run(middles(reader.place, run.run, moments))

        found: list[dict[str, Any]] = making(reader, reader.runs, Filters(), AFTER_NS, ask)
    if not found:
        return Made(0, 0, 0, 0, 0, 0)
    (one,) = found
    return Made(one["fills"], *(one[f"{part}_ticks"] for part in PARTS), float(one["net"]))


def sessions(situations: Sequence[Situation], seed: int, hours: float = HOURS) -> list[Made]:
    """Each situation's session of one seed. Those that differ in their guards alone share the market."""
    found, tapes = list[Made](), dict[tuple[str, ...], Path]()
    with tempfile.TemporaryDirectory(prefix="paperpit-maker-") as name:
        for number, one in enumerate(situations):
            key = one.product, *one.decoys
            if key not in tapes:
                tapes[key] = Path(name) / f"{len(tapes)}.parquet"
                menu = menu_of(one.product, frozenset(), frozenset(DECOYS[decoy] for decoy in one.decoys))
                write_wish(tapes[key], Wish(one.product, seed, hours, START, menu=menu))
            (folder := Path(name) / str(number)).mkdir()
            found.append(session(one, folder, tapes[key]))
    return found


def mean(values: Sequence[float]) -> Mean:
    """The mean of sessions, with its interval."""
    from scipy.stats import t

    some = np.asarray(values, float)
    away = float(t.ppf(0.975, len(some) - 1) * some.std(ddof=1) / math.sqrt(len(some)))
    return Mean(float(some.mean()), float(some.mean()) - away, float(some.mean()) + away)


def said(situations: Sequence[Situation], seeds: Sequence[int], found: Sequence[Sequence[Made]]) -> Iterator[str]:
    """The table of docs/market-maker.md: a row a situation, then what the guards changed, market by market."""
    yield f"seeds {seeds[0]} to {seeds[-1]}, {len(seeds)} sessions of {60 * HOURS:g} minutes of each market"
    yield ""
    yield f"| product | market | guards | fills | {' | '.join(PARTS)} | USD after commission |"
    yield "|---|---|---|---|" + "---|" * len(PARTS) + "---|"
    for number, one in enumerate(situations):
        mine = [sessions[number] for sessions in found]
        parts = " | ".join(str(mean([getattr(made, part) for made in mine])) for part in PARTS)
        fills, net = mean([made.fills for made in mine]).value, mean([made.net for made in mine]).value
        yield f"| {one.words} | {fills:,.0f} | {parts} | {net:+,.0f} |".replace("| -", "| \u2212")
    yield ""
    yield f"| product | market | guards on less guards off: {' | '.join(PARTS)} |"
    yield "|---|---|" + "---|" * len(PARTS)
    for number, one in enumerate(situations):
        other = Situation(one.product, one.name, one.decoys, guards=False)
        if one.guards and other in situations:
            off = situations.index(other)
            pairs = [(sessions[number], sessions[off]) for sessions in found]
            parts = " | ".join(str(mean([getattr(a, part) - getattr(b, part) for a, b in pairs])) for part in PARTS)
            yield f"| {one.product} | {one.name} | {parts} |"


def table(words: Sequence[str]) -> Iterator[str]:
    """What `words` ask for, of two seeds at least: SEEDS=20 JOBS=2 FIRST=90001 ONLY=ES."""
    told = asked(words, SEEDS="20", JOBS="2", FIRST=str(FIRST_SEED), ONLY="")
    seeds = range(int(told["FIRST"]), int(told["FIRST"]) + int(told["SEEDS"]))
    situations = [one for one in SITUATIONS if told["ONLY"] in ("", one.product)]
    yield from said(situations, seeds, of_each(partial(sessions, situations), seeds, int(told["JOBS"])))
