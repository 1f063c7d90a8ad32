"""A tape of the second market with its labels beside it, and the same tape as a broker would deliver it."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np

from bot.domain.market import PRINT, QUOTE, SIDE_NONE, TICK, UNKNOWN, Ticks
from bot.tape import TapeFacts, TapeWriter
from bot.tape.labels import Label, labels_path, write_labels
from tests.second_market.flow import simulate
from tests.second_market.natures import NATURES, Nature, pace
from tests.second_market.schedule import drawn
from tests.second_market.state import (
    ABSORPTION,
    BLOCK,
    BREAK,
    CONFLUENCE,
    DISORDER,
    DONE,
    HALTED,
    IMBALANCE,
    LOCK,
    MARKET,
    NEWS,
    ONE_SIDED,
    PLANT,
    REJECTION,
    STUFFING,
    SWEEP,
    TREND,
    Rows,
)
from tests.tapes import ns

SECOND = 1_000_000_000
DAY = date(2026, 11, 18)
SPAN = 1 << 17
DECOYS = {
    BREAK: "break_no_reclaim", LOCK: "limit_lock", STUFFING: "quote_stuffing", NEWS: "fast_news", HALTED: "halt",
    ONE_SIDED: "one_sided", BLOCK: "block_print", TREND: "trend_run", DISORDER: "feed_disorder",
}  # fmt: skip
KINDS = {
    ABSORPTION: ("absorption",), REJECTION: ("rejection",), IMBALANCE: ("imbalance",), SWEEP: ("sweep",),
    CONFLUENCE: ("absorption", "rejection", "absorption_rejection"),
}  # fmt: skip
GRADES = {1: ("weak", 0.33), 2: ("mid", 0.67), 3: ("strong", 1.0)}


class SecondMarket:
    """One session of a product, from its regular open. The same arguments give the same rows."""

    def __init__(
        self, product: str, seed: int, hours: float, *, plants: Rows | None = None, null: bool = False,
        share: float = 0.5,
    ) -> None:  # fmt: skip
        self.product, self.nature = product, NATURES[product]
        self.rng = np.random.default_rng(seed)
        self.begin = ns(f"{DAY.isoformat()} {self.nature.opens}")
        end = self.begin + int(hours * 3_600) * SECOND
        self.natures = self.nature.row(seed, share)
        if plants is None:
            plants = np.zeros(0, PLANT)
            if not null and share == 0.5:
                plants = drawn(np.random.default_rng((seed, 0x5EED)), self.begin, end, float(self.natures[0]["bar"]))
        self.plants = plants.copy()
        self.pace = pace(int(hours * 3_600))
        self.book, self.market = _opened(self.nature, self.natures, self.rng, self.begin, end)

    def batches(self, rows: int = 65_536) -> Iterator[Ticks]:
        """TICK rows in arrival order; each batch is overwritten by the next."""
        out = np.zeros(rows, TICK)
        while self.market["ts"][0] < self.market["end"][0]:
            written = simulate(self.market, self.book, self.natures, self.plants, self.pace, self.rng, out)
            yield out[:written]

    def labels(self) -> list[Label]:
        """What was played to its end, by start; a confluence is an absorption and a rejection as well."""
        found: list[Label] = []
        for p in self.plants[self.plants["phase"] == DONE]:
            kind, price = int(p["kind"]), float(int(p["price"]) * self.nature.tick)
            word, strength = GRADES[int(p["grade"])]
            span = (int(p["first"]), int(p["last"]), price, strength)
            if kind in DECOYS:
                found.append(Label("null", *span, DECOYS[kind]))
            side = "long" if p["side"] > 0 else "short"
            found.extend(Label(f"{name}_{side}", *span, word) for name in KINDS.get(kind, ()))
        return sorted(found, key=lambda label: (label.t_start, label.kind))


def _opened(nature: Nature, natures: Rows, rng: np.random.Generator, begin: int, end: int) -> tuple[Rows, Rows]:
    market, row = np.zeros(1, MARKET), natures[0]
    bid = int(nature.price / nature.tick)
    origin = bid - SPAN // 2
    book = (nature.lot * (1 + rng.exponential(nature.mean * 2.0, SPAN).astype(np.int64))).astype(np.int64)
    book[rng.random(SPAN) < 1.0 - 1.0 / max(1.0, nature.reach)] = 0
    book[bid - origin] = book[bid + nature.wide - origin] = 5 * nature.lot
    book[bid - origin + 1 : bid - origin + nature.wide] = 0
    usual = 3.0 * nature.lot * float(row["mean"])
    for name, value in {
        "ts": begin, "begin": begin, "end": end, "origin": origin, "touch": (bid, bid + nature.wide), "start": bid,
        "next_second": begin + SECOND, "next_look": begin + SECOND, "stand": -1, "absent": -1, "cost": usual,
        "high": bid, "low": bid, "bar_end": begin + int(row["bar"] * SECOND), "range": 6.0,
        "minute_end": begin + 60 * SECOND, "minute_high": bid, "minute_low": bid,
    }.items():  # fmt: skip
        market[name] = value
    return book, market


def write_tape(
    out: Path, *, product: str = "ES", seed: int = 1, hours: float = 6.5, null: bool = False, share: float = 0.5
) -> TapeFacts:
    """Write a session at `out` and its labels beside it; `null` plants nothing, `share` is the day's base share."""
    market = SecondMarket(product, seed, hours, null=null, share=share)
    facts = _write(out, market.nature, product, f"second market seed {seed}", market.batches())
    write_labels(labels_path(out), market.labels())
    return facts


def _write(out: Path, nature: Nature, product: str, source: str, batches: Iterator[Ticks]) -> TapeFacts:
    with TapeWriter(
        out, instrument=product, contract=nature.contract, tick=Decimal(nature.tick), source=source
    ) as tape:
        for ticks in batches:
            tape.append(ticks)
    return tape.facts


def broker_like(ticks: Ticks, seed: int, late: float = 0.3) -> Ticks:
    """The same market through a broker: whole-second stamps, some prints after the quote they caused, no sides."""
    found = ticks.copy()
    rng = np.random.default_rng((seed, 0xB20))
    swaps = np.flatnonzero((found["kind"][:-1] == PRINT) & (found["kind"][1:] == QUOTE))
    swaps = swaps[rng.random(len(swaps)) < late]
    found[swaps], found[swaps + 1] = ticks[swaps + 1], ticks[swaps]
    for name in ("bid", "ask", "bid_size", "ask_size"):  # a print carries the quote that came before it
        found[name][swaps + 1] = found[name][swaps]
    found["ts"] = np.maximum.accumulate(found["ts"] // SECOND * SECOND)
    prints = found["kind"] == PRINT
    found["side"][prints], found["side_method"][prints] = UNKNOWN, SIDE_NONE
    return found
