"""How often an evaluation finds something where nothing is: strict-null markets, and a drill that tosses a coin.

`python -m tests.evidence null SEEDS=200 [JOBS=2]`, or `make null`. Each seed is a market of its own, replayed through
the whole desk and evaluated from its journal like any other. The seeds begin at 70,001; none was looked at before.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import time
from pathlib import Path
from typing import NamedTuple

from adapters.synthetic.synth import Wish, menu_of, write_wish
from bot.cli.what_if import asking, drawing
from bot.domain.what_if import Draw
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import reading
from bot.review.estimates import Bootstrap
from bot.review.evaluate import Asks, evaluate
from tests.evidence.many import asked, of_each
from tests.playing import play, strategy

FIRST_SEED = 70_001
DAYS, HOURS = 22, 0.22
EACH = 10
DRILL = """
name = "coin"
strategy = "drill"
instrument = "SPY"
timeframe = "5m"
time_stop = "150s"

[params]
every = 1

[bracket]
stop_ticks = 6
target_ticks = 8
contracts = 1

[entry]
ttl = "20s"

[hours]
session = "any"
"""


class Found(NamedTuple):
    """What was said of one null market."""

    seed: int
    edge: bool
    p: float
    above: bool  # whether the bound at every look lies above zero
    below: bool
    entries: int
    words: str


@contextmanager
def own_cache(folder: Path) -> Iterator[None]:
    """What tapes answered is kept in `folder`, which goes with them."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before


def nothing(seed: int) -> Found:
    """Make the null market of a seed, trade it, and evaluate what came of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tape, none = folder / "null.parquet", frozenset[int]()
        write_wish(tape, Wish("SPY", seed, HOURS, time(10), DAYS, menu_of("SPY", none, none)))
        played = play(folder, tape, strategy(folder, DRILL), calendar="none")
        with own_cache(folder), reading(place(played.url)) as reader:
            asks = Asks(asking(reader), {}, drawing(reader, Draw(EACH, seed)))
            ((one, *others), untold) = evaluate(reader, reader.runs, Filters(), asks, Bootstrap(seed=seed))
    assert not others
    assert not untold
    mean, random = one["mean_r"], one["random"]
    return Found(seed, one["edge"], random["p"], mean["low"] > 0, mean["high"] < 0, random["n"], one["words"])


def said(found: Sequence[Found]) -> list[str]:
    """The rates, a line each."""
    count = len(found)

    def rate(name: str, hits: int, stated: str) -> str:
        return f"{name:<44}{hits:>4} of {count}  {100 * hits / count:5.1f} %  stated: {stated}"

    return [
        f"strict-null SPY, seeds {found[0].seed} to {found[-1].seed}, {DAYS} sessions of {60 * HOURS:g} minutes each, "
        f"{sum(one.entries for one in found):,} entries of a coin-tossing drill, {EACH} random entries to each",
        rate("an edge was said to be there", sum(one.edge for one in found), "at most 5 %"),
        rate("bound at every look above zero", sum(one.above for one in found), "at most 2.5 %"),
        rate("random entries did worse, p ≤ 0.05", sum(one.p <= 0.05 for one in found), "5 %"),
        rate("p ≤ 0.20", sum(one.p <= 0.2 for one in found), "20 %"),
    ]


def rates(words: Sequence[str]) -> Iterator[str]:
    """The rates of as many seeds as `words` say: SEEDS=200 JOBS=2."""
    told = asked(words, SEEDS="200", JOBS="2")
    seeds = range(FIRST_SEED, FIRST_SEED + int(told["SEEDS"]))
    yield from said(of_each(nothing, seeds, int(told["JOBS"])))
