"""`paperpit tape synth`: one synthetic session or several, with their labels beside them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

import numpy as np

from adapters.synthetic.chance import seeded
from adapters.synthetic.days import OPEN, Window, pace_of, windows_of
from adapters.synthetic.following import FOLLOWERS, Following
from adapters.synthetic.kinds import DECOYS, PATTERNS
from adapters.synthetic.labels import labels_of
from adapters.synthetic.market import Simulator
from adapters.synthetic.natures import NEW_YORK, Nature, nature_of, pace_of_day
from adapters.synthetic.schedule import Menu, drawn, joined
from adapters.synthetic.state import LITERATURE, NO_MAKER, SECOND, SEED
from bot.domain.market import Ticks
from bot.tape import TapeFacts, TapeWriter
from bot.tape.labels import labels_path, write_labels

_SCHEDULE = 0x5EED
"""Set apart from the market's own seed, so that a null tape and a planted one start alike."""

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a synthetic market is to be like. Without a menu everything that fits the product is staged; `base_share` is
    the buyers' share of all market orders, per mille. A product that follows another has the market that follows the
    one of this wish with the other's name.
    """

    product: str = "ES"
    seed: int = 1
    hours: float = 6.5
    start: time = OPEN
    days: int = 1
    menu: Menu | None = None
    base_share: int = 500
    maker: int = LITERATURE


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
    menu = menu_of(product, *((frozenset(), frozenset()) if null else ()))
    return write_wish(out, Wish(product, seed, hours, menu=menu), progress=progress)


def menu_of(
    product: str,
    patterns: frozenset[int] = frozenset(PATTERNS.values()),
    decoys: frozenset[int] = frozenset(DECOYS.values()),
) -> Menu:
    """Patterns and decoys for the bars that the product is read in. Raises UsageError for one without a market."""
    return Menu(patterns, decoys, slow=nature_of(product).slow)


def write_wish(out: Path, wish: Wish, *, progress: Progress | None = None) -> TapeFacts:
    """Write all days of the wish as one tape at `out`, the labels beside it. See `write_tape`."""
    nature, windows, market = _market(wish)
    return play(market, nature, out, product=wish.product, source=_source(wish, windows), progress=progress)


def write_days(
    folder: Path, stem: str, wish: Wish, *, progress: Progress | None = None
) -> list[tuple[Path, TapeFacts]]:
    """Write each day of the wish as a tape of its own, `<stem>-<date>.parquet`; joined they are one tape."""
    nature, windows, market = _market(wish)
    written = []
    pieces = _by_day(market, windows)
    for window, ticks in zip(windows, pieces, strict=True):
        path = folder / f"{stem}-{window.date.isoformat()}.parquet"
        with _writer(path, wish.product, nature, _source(wish, [window])) as tape:
            tape.append(ticks)
        labels = [one for one in labels_of(market.plants, nature.tick) if window.begin <= one.t_start < window.end]
        write_labels(labels_path(path), labels)
        written.append((path, tape.facts))
        if progress:
            progress((window.end - window.begin) // SECOND)
    return written


def staged(
    nature: Nature, *, seed: int, begin: int, seconds: int, price: int | None = None, null: bool = False
) -> Simulator:
    """A market of so many seconds from `begin` (ns UTC) at `price` (ticks; its nature's when absent), plants drawn."""
    menu = Menu(frozenset(), frozenset()) if null else Menu(slow=nature.slow)
    plants = drawn(seeded(seed ^ _SCHEDULE), begin, begin + seconds * SECOND, menu)
    pace = pace_of_day(datetime.fromtimestamp(begin // SECOND, NEW_YORK).time(), seconds)
    first = nature.start_ticks if price is None else price
    return Simulator(nature.row(), pace, plants, begin=begin, price=first, seed=seed)


def play(
    market: Simulator | Following,
    nature: Nature,
    out: Path,
    *,
    product: str,
    source: str,
    progress: Progress | None = None,
) -> TapeFacts:
    """Run the market into a tape, then write what was staged beside it."""
    seen = market.now
    with _writer(out, product, nature, source) as tape:
        for ticks in market.batches():
            tape.append(ticks)
            if progress:
                progress((market.now - seen) // SECOND)
                seen += (market.now - seen) // SECOND * SECOND
    write_labels(labels_path(out), labels_of(market.plants, nature.tick))
    return tape.facts


def _writer(out: Path, product: str, nature: Nature, source: str) -> TapeWriter:
    return TapeWriter(
        out,
        instrument=product,
        contract=nature.contract,
        tick=nature.tick,
        source=source,
        side_known=True,
        resolution_ns=1,
    )


def _by_day(market: Simulator | Following, windows: Sequence[Window]) -> Iterator[Ticks]:
    """The rows of each window. Everything between two windows is silence, so a day ends where the next begins."""
    held: list[Ticks] = []
    ends = [window.begin for window in windows[1:]]
    for batch in market.batches():
        ticks = batch.copy()
        while ends and len(ticks) and ticks["ts"][-1] >= ends[0]:
            cut = int(np.searchsorted(ticks["ts"], ends.pop(0)))
            yield np.concatenate([*held, ticks[:cut]])
            held, ticks = [], ticks[cut:]
        held.append(ticks)
    yield np.concatenate(held)


def _market(wish: Wish) -> tuple[Nature, list[Window], Simulator | Following]:
    nature = nature_of(wish.product)
    windows, sessions = windows_of(wish.product, wish.start, wish.hours, wish.days)
    rng, menu = seeded(wish.seed ^ _SCHEDULE), wish.menu or menu_of(wish.product)
    plants = joined(drawn(rng, window.begin, window.end, menu) for window in windows)
    market = Simulator(
        nature.row(),
        pace_of(windows, sessions),
        plants,
        begin=windows[0].begin,
        price=nature.start_ticks,
        seed=wish.seed,
        base_share=wish.base_share,
        maker=wish.maker,
    )
    follower = FOLLOWERS.get(wish.product)
    return nature, windows, market if follower is None else Following(market, follower, wish.seed)


def _source(wish: Wish, windows: Sequence[Window]) -> str:
    days = "" if wish.days == 1 else f", {windows[0].date.isoformat()}"
    if len(windows) > 1:
        days += f" to {windows[-1].date.isoformat()}"
    share = "" if wish.base_share == 500 else f", {wish.base_share / 10:g} % buyers"
    maker = {NO_MAKER: ", no maker", SEED: ", the seed's maker"}.get(wish.maker, "")
    after = f", after {FOLLOWERS[wish.product].leader}" if wish.product in FOLLOWERS else ""
    return f"synthetic seed {wish.seed}{after}{days}{share}{maker}"
