"""Reads a tape once for what it shows of market makers, and puts the figures together."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np

from bot import plugins
from bot.config import load_instruments, read_bot
from bot.domain.market import Days, Events, Ticks
from bot.scoring import makers
from bot.scoring.path import Collect, Ints, Path
from bot.scoring.watch import opened
from bot.sessions import days_of
from bot.signals import aggressor
from bot.signals.engine import Engine, Wish, build

TRIGGER_NS = makers.AFTER_NS
"""Inventory is asked for every 30 s, so that the stretches that are looked at do not overlap."""


class Making:
    """A tape, and the engine that estimates inventory on it; parameters are those of bot.toml."""

    def __init__(self, tape: str) -> None:
        """Open `tape` (`demo`, a path, a name). Raises InputMissing, DataDamaged, ConfigError."""
        settings = read_bot()
        folder = settings.path.parent
        self._adapter = opened(tape, folder)
        market = self._adapter.market
        (one,) = market.instruments
        assert market.last_ns is not None, "a tape ends"
        self.product, self.tick = one.product, one.tick
        self.rows = int(self._adapter.tapes[0]["rows"])
        known = load_instruments(folder).get(one.product)
        self._days: Days = days_of(one, market.first_ns, market.last_ns, known.hours if known else ())
        (wish, *_) = plugins.wishes(settings, (), one)
        self._engine: Engine = build(one, self._days, [Wish(TRIGGER_NS, None, wish.params)])
        self._collect, self._sides = Collect(), aggressor.fresh()
        self._stamps: list[int] = []
        self._q: list[float] = []
        self._imbalances: list[tuple[int, int, int]] = []
        self._flow = {"beta": np.nan, "r2": np.nan}

    def read(self, advance: Callable[[int], None] = lambda rows: None) -> dict[str, Any]:
        """Read the tape and return the report; `advance` is told of rows done."""
        asyncio.run(self._read(advance))
        return report(self.product, self.tick, self.rows, self._collect.path(self._days), self)

    async def _read(self, advance: Callable[[int], None]) -> None:
        await self._adapter.market.subscribe()
        async for batch in self._adapter.market.batches():
            self._hear(self._engine.scan(batch.ticks))
            self._collect.take(self._sided(batch.ticks))
            advance(len(batch.ticks))

    def _sided(self, ticks: Ticks) -> Ticks:
        """The rows with the sides that the engine gave them."""
        if not self._engine.infers:
            return ticks
        ticks = ticks.copy()
        aggressor.fill(ticks, np.empty(len(ticks), np.float32), self._sides)
        return ticks

    def _hear(self, events: Events) -> None:
        for event in events:
            kind = self._engine.kinds[event["kind"]]
            if kind == "inventory":
                told = self._engine.evidence(event)
                self._stamps.append(int(event["ts"]))
                self._q.append(told["q"])
                self._flow = {name: told[name] for name in self._flow}
            elif kind.startswith("imbalance"):
                reading = int(self._engine.evidence(event)["reading"])
                self._imbalances.append((int(event["known"]), int(event["side"]), reading))

    @property
    def inventory(self) -> tuple[Ints, Any]:
        """Stamps, and q at each."""
        return np.array(self._stamps, np.int64), np.array(self._q, float)

    @property
    def imbalances(self) -> list[tuple[int, int, int]]:
        """(known ns, side, reading) of each."""
        return self._imbalances

    @property
    def flow(self) -> dict[str, float | None]:
        """The newest slope and fit of the mid on order flow."""
        return {name: None if np.isnan(value) else float(value) for name, value in self._flow.items()}


def report(product: str, tick: Decimal, rows: int, path: Path, seen: Making) -> dict[str, Any]:
    """All figures as JSON would have them."""
    stamps, q = seen.inventory
    return {
        "instrument": product,
        "tick_size": f"{tick:f}",
        "rows": rows,
        "prints": len(path.print_ts),
        "spread": makers.spread_rows(path),
        "steps": makers.step_rows(path),
        "consumption": makers.consumption_rows(path),
        "order_flow": seen.flow,
        "regression": makers.regression_rows(path, stamps, q),
        "readings": makers.reading_rows(path, seen.imbalances),
    }
