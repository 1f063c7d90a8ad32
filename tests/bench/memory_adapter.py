"""Replay of rows that lie in memory, so that no file is decoded: an adapter as a third party writes one."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from adapters.replay.broker import FillRules, ReplayBroker
from adapters.replay.market import ReplayMarket
from bot.config import Params as BaseParams
from bot.domain.market import Ticks
from bot.ports import Adapter, AdapterNeeds
from bot.tape import TapeFacts
from tests.bench.tape import load


class Params(BaseParams):
    """[adapters."…/memory_adapter.py:open_memory"] of bot.toml."""

    rows: str
    """A .npy file of TICK rows; read whole before anything is timed."""


@dataclass(frozen=True, slots=True)
class HeldTape:
    """What ReplayMarket needs of a tape, over an array."""

    facts: TapeFacts
    ticks: Ticks

    def batches(self, rows: int) -> Iterator[Ticks]:
        for start in range(0, len(self.ticks), rows):
            yield self.ticks[start : start + rows]


def open_memory(params: Params, needs: AdapterNeeds) -> Adapter:
    """A market and a broker over the rows, with replay's own matching."""
    ticks = load(Path(params.rows))
    first, last = int(ticks["ts"][0]), int(ticks["ts"][-1])
    facts = TapeFacts("ES", "ESH2026", Decimal("0.25"), "memory", "", len(ticks), 0, 0, first, last, True, 1)
    instruments = [needs.instrument(facts.contract, facts.tick)]
    rules = FillRules(needs.fill_model, needs.latency_ns, needs.cancel_latency_ns)
    return Adapter(
        name="memory",
        market=ReplayMarket([HeldTape(facts, ticks)], instruments, needs.batch),
        broker=ReplayBroker(instruments, rules, needs.account),
        fill_model=needs.fill_model,
        tapes=[{"contract": facts.contract, "rows": facts.rows, "first_ns": first}],
    )
