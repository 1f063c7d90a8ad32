"""The signal engine: all shipped detectors, beside the limit, beside a peer, row by row, and for many instruments."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from bot import sessions
from bot.config import instrument, load_instruments
from bot.domain.market import TICK, Days, Ticks
from bot.signals.engine import Engine, Wish, build
from bot.signals.engines import MultiEngine
from tests.bench import tape
from tests.bench.limits import read_rate
from tests.bench.peer import Peer, peers_are_here
from tests.bench.rows import Row, in_turns
from tests.bench.whole import Replay

ONE_BY_ONE, PEER_ROWS = 50_000, 500_000
CROWDS = (1, 4, 16)


def engine(days: Days) -> Engine:
    """The shipped detectors of ES with their defaults: bars of 1, 5 and 15 minutes."""
    one = instrument("ES")
    return build(one, days, [Wish.default(one)])


def calendar(rows: Ticks) -> Days:
    """The sessions that the rows lie in."""
    one = instrument("ES")
    return sessions.days(
        one.calendar,
        zone=one.zone,
        regular_open=one.regular_open,
        regular_close=one.regular_close,
        first_ns=int(rows["ts"][0]),
        last_ns=int(rows["ts"][-1]),
        overrides=load_instruments()["ES"].hours,
    )


def rate(rows: Ticks, days: Days, batch: int, crowd: int = 1) -> float:
    """Rows per second of scanning `rows`, of so many instruments, in batches."""
    watch = MultiEngine([engine(days) for _ in range(crowd)])
    began = time.perf_counter()
    for start in range(0, len(rows), batch):
        watch.scan(rows[start : start + batch])
    return len(rows) / (time.perf_counter() - began)


def crowded(rows: Ticks, crowd: int) -> Ticks:
    """The same rows, dealt out among so many instruments in turns of a row."""
    dealt = np.empty(len(rows), TICK)
    dealt[:] = rows
    dealt["instrument"] = np.arange(len(rows)) % crowd
    return dealt


def measure(folder: Path, rows: Path, rounds: int) -> list[Row]:
    """The engine alone at several cuts and crowds; the whole desk beside reading once and beside NautilusTrader."""
    ticks = tape.load(rows)
    days, few = calendar(ticks), ticks[:ONE_BY_ONE].copy()
    crowds = {crowd: crowded(ticks[:2_000_000], crowd) for crowd in CROWDS}
    whole = Replay(folder, rows)
    whole.run(), rate(few, days, 4_096), read_rate(ticks)
    contestants: dict[str, Callable[[], float]] = {
        "limit": lambda: read_rate(ticks),
        "desk": whole.rate,
        "65,536": lambda: rate(ticks, days, 65_536),
        "1,024": lambda: rate(ticks[:2_000_000], days, 1_024),
        "1": lambda: rate(few, days, 1),
        **{f"{crowd} crowd": lambda crowd=crowd: rate(crowds[crowd], days, 65_536, crowd) for crowd in CROWDS},
    }
    with ExitStack() as opened:
        peer = None
        if peers_are_here():
            part = folder / f"signals-{PEER_ROWS}.npy"
            np.save(part, ticks[:PEER_ROWS])
            peer = opened.enter_context(Peer("nautilus.py", part, "5", "15"))
            contestants["peer"] = peer.round
        rates = in_turns(contestants, rounds)
    return [
        _beside_peer(rates, peer),
        _of_limit("signals: whole desk, 1, 5 and 15 minutes, share of reading once", rates, "desk", 0.1, 0.2),
        _of_limit("signals: engine alone, batches of 65,536", rates, "65,536"),
        _of_limit("signals: engine alone, batches of 1,024", rates, "1,024"),
        Row("signals: one tick a call", 1e6 / rates["1"], "µs", must=10, less=True),
        *(
            Row(
                f"signals: {crowd} instruments on a tape of the same length",
                rates[f"{crowd} crowd"] / 1e6,
                "M rows/s",
                "one instrument",
                rates[f"{crowd} crowd"] / rates["1 crowd"],
            )
            for crowd in CROWDS[1:]
        ),
    ]


def _of_limit(name: str, rates: dict[str, float], key: str, must: float | None = None, aim: float | None = None) -> Row:
    share = rates[key] / rates["limit"]
    return Row(name, rates[key] / 1e6, "M rows/s", "reading them once", share, must=must, aim=aim)


def _beside_peer(rates: dict[str, float], peer: Peer | None) -> Row:
    name = "signals: whole desk, 1, 5 and 15 minutes, beside the peer"
    if peer is None:
        return Row(name, None, "M rows/s", must=100, aim=250, note="not to be had here")
    ratio = rates["desk"] / rates["peer"]
    return Row(name, rates["desk"] / 1e6, "M rows/s", peer.name, ratio, must=100, aim=250)
