"""Replay: a market and a broker over recorded or synthetic tapes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters.replay.broker import FillRules, ReplayBroker
from adapters.replay.market import ReplayMarket
from bot.config import Params as BaseParams
from bot.ports import Adapter, AdapterNeeds
from bot.tape import TapeFacts, find_tape, open_tape

TAKES_QUOTES = True


class Params(BaseParams):
    """[adapters.replay] of bot.toml."""

    tape: str | tuple[str, ...] = "demo"
    """A tape or several: `demo`, a path, or a name in the tapes folder."""


def open_replay(params: Params, needs: AdapterNeeds) -> Adapter:
    """Open the tapes and stand a broker beside them. Raises InputMissing, DataDamaged, ConfigError."""
    names = needs.tapes or _named(params)
    paths = [find_tape(name) for name in names]
    readers = [open_tape(path) for path in paths]
    facts = [reader.facts for reader in readers]
    instruments = [needs.instrument(one.contract or one.instrument, one.tick) for one in facts]
    rules = FillRules(needs.fill_model, needs.latency_ns, needs.cancel_latency_ns)
    return Adapter(
        name="replay",
        market=ReplayMarket(readers, instruments, needs.batch),
        broker=ReplayBroker(instruments, rules, needs.account),
        fill_model=needs.fill_model,
        tapes=[_described(*one) for one in zip(names, paths, facts, strict=True)],
    )


def products(params: Params) -> Sequence[str]:
    """What there will be data of. Raises InputMissing, DataDamaged."""
    found = []
    for name in _named(params):
        with open_tape(find_tape(name)) as reader:
            found.append(reader.facts.instrument)
    return found


def _named(params: Params) -> Sequence[str]:
    return (params.tape,) if isinstance(params.tape, str) else params.tape


def _described(name: str, path: Path, facts: TapeFacts) -> Mapping[str, Any]:
    return {
        "name": name if name == "demo" else str(path.resolve()),
        "instrument": facts.instrument,
        "contract": facts.contract,
        "tick_size": f"{facts.tick:f}",
        "hash": facts.hash,
        "rows": facts.rows,
        "first_ns": facts.first_ns,
        "last_ns": facts.last_ns,
        "source": facts.source,
    }
