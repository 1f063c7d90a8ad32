"""`paperpit tape synth`: a synthetic session with its labels beside it."""

from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

from adapters.synthetic.chance import seeded
from adapters.synthetic.labels import labels_of
from adapters.synthetic.market import Simulator, no_plants
from adapters.synthetic.natures import NEW_YORK, Nature, nature_of, new_york_ns, pace_of_day
from adapters.synthetic.schedule import drawn
from adapters.synthetic.state import SECOND
from bot.tape import TapeFacts, TapeWriter
from bot.tape.labels import labels_path, write_labels

DAY = date(2026, 11, 17)
"""A Tuesday without a scheduled release."""
OPEN = time(9, 30)
_SCHEDULE = 0x5EED
"""Set apart from the market's own seed, so that a null tape and a planted one start alike."""

Progress = Callable[[int], None]


def write_tape(
    out: Path,
    *,
    product: str = "ES",
    seed: int = 1,
    hours: float = 6.5,
    null: bool = False,
    progress: Progress | None = None,
) -> TapeFacts:
    """Write a session from 09:30 New York at `out`, and its labels at `<stem>.labels.parquet` beside it.

    `null` stages nothing at all. `progress` is called with the simulated seconds gone by since its last call. The same
    arguments give the same rows on every machine. Raises UsageError for a product that there is no market of.
    """
    nature, begin = nature_of(product), new_york_ns(DAY, OPEN)
    market = staged(nature, seed=seed, begin=begin, seconds=max(1, int(hours * 3_600)), null=null)
    return play(market, nature, out, product=product, source=f"synthetic seed {seed}", progress=progress)


def staged(
    nature: Nature, *, seed: int, begin: int, seconds: int, price: int | None = None, null: bool = False
) -> Simulator:
    """A market of so many seconds from `begin` (ns UTC) at `price` (ticks; its nature's when absent), plants drawn."""
    plants = no_plants() if null else drawn(seeded(seed ^ _SCHEDULE), begin, begin + seconds * SECOND)
    pace = pace_of_day(datetime.fromtimestamp(begin // SECOND, NEW_YORK).time(), seconds)
    first = nature.start_ticks if price is None else price
    return Simulator(nature.row(), pace, plants, begin=begin, price=first, seed=seed)


def play(
    market: Simulator, nature: Nature, out: Path, *, product: str, source: str, progress: Progress | None = None
) -> TapeFacts:
    """Run the market into a tape, then write what was staged beside it."""
    seen = market.now
    with TapeWriter(
        out,
        instrument=product,
        contract=nature.contract,
        tick=nature.tick,
        source=source,
        side_known=True,
        resolution_ns=1,
    ) as tape:
        for ticks in market.batches():
            tape.append(ticks)
            if progress:
                progress((market.now - seen) // SECOND)
                seen += (market.now - seen) // SECOND * SECOND
    write_labels(labels_path(out), labels_of(market.plants, nature.tick))
    return tape.facts
