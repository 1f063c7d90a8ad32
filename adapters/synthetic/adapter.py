"""The synthetic market: a demo that needs no data and no account, in real time, faster, or as fast as it goes.

Ticks are the simulator's (`docs/synthetic.md`), orders are filled by the replay's matching, `[replay]` holds for it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from adapters.replay.broker import FillRules, ReplayBroker
from adapters.synthetic.going import SyntheticMarket, sessions
from adapters.synthetic.natures import NEW_YORK, PRODUCTS, nature_of
from adapters.synthetic.state import SECOND
from bot.clock import PacedClock, TapeClock, WallClock
from bot.config import Params as BaseParams
from bot.domain.instrument import Instrument
from bot.errors import UsageError
from bot.ports import Adapter, AdapterNeeds

TAKES_QUOTES = True
NOW, MAX = "now", "max"
_AHEAD = 4_096
"""Rows made ahead of a clock."""


def _speed(text: str) -> str:
    if text != MAX and not re.match(r"^(?!0+(\.0*)?x)\d+(\.\d+)?x$", text):
        raise ValueError(f'a speed is "1x" (real time), "60x" or "max"; got {text!r}')
    return text


def _start(text: str) -> str:
    if text != NOW:
        try:
            _moment_ns(text)
        except ValueError:
            raise ValueError(f'a start is "now" or a time like "2026-11-17T09:30", New York; got {text!r}') from None
    return text


def _products(named: str | tuple[str, ...]) -> str | tuple[str, ...]:
    products = _several(named)
    unknown = [product for product in products if product not in PRODUCTS]
    if unknown or len(set(products)) < len(products) or not products:
        raise ValueError(f"one or several of {', '.join(PRODUCTS)}, each once; got {named!r}")
    return named


class Params(BaseParams):
    """[adapters.synthetic] of bot.toml."""

    instrument: Annotated[str | tuple[str, ...], AfterValidator(_products)] = "ES"
    """A product or several: those of `paperpit tape synth --help`, and MES, which follows ES."""
    seed: int = 1
    """Same seed, same market."""
    start: Annotated[str, AfterValidator(_start)] = "2026-11-17T09:30"
    """Where the market's time begins, New York where it has no zone; "now" = with the wall's."""
    hours: float | None = Field(None, gt=0)
    """How long it goes on; until it is stopped when absent."""
    speed: Annotated[str, AfterValidator(_speed)] = "1x"
    """"1x" = real time, "60x" = a minute a second, "max" = like a replay."""


def open_synthetic(params: Params, needs: AdapterNeeds) -> Adapter:
    """Stand a simulated market and a broker over it side by side. Raises UsageError when it is given tapes."""
    if needs.tapes:
        raise UsageError(
            f"the synthetic market reads no tape, and got {', '.join(needs.tapes)}",
            do="--set adapter=replay, or leave the tape out",
        )
    instruments = [needs.instrument(*_contract(product)) for product in _several(params.instrument)]
    begin = _begin(params, instruments)
    end = None if params.hours is None else begin + max(1, int(params.hours * 3_600)) * SECOND
    clock = None if params.speed == MAX else PacedClock(begin, Decimal(params.speed.removesuffix("x")))
    rules = FillRules(needs.fill_model, needs.latency_ns, needs.cancel_latency_ns)
    return Adapter(
        name="synthetic",
        market=SyntheticMarket(
            instruments,
            seed=params.seed,
            begin=begin,
            end=end,
            clock=clock,
            batch=needs.batch if clock is None else min(needs.batch, _AHEAD),
        ),
        broker=ReplayBroker(instruments, rules, needs.account),
        fill_model=needs.fill_model,
        clock=clock or TapeClock(begin),
        tapes=[_described(one, params, begin, end) for one in instruments],
    )


def products(params: Params) -> Sequence[str]:
    """What there will be data of."""
    return _several(params.instrument)


def _contract(product: str) -> tuple[str, Decimal]:
    """Contract and tick."""
    nature = nature_of(product)
    return nature.contract, nature.tick


def _begin(params: Params, instruments: list[Instrument]) -> int:
    """Now, be the exchange closed; else the first moment of trading at or after the wanted one."""
    if params.start == NOW:
        return WallClock().now_ns() // SECOND * SECOND
    wanted = _moment_ns(params.start)
    return min(next(sessions(one, wanted, None))[0] for one in instruments)


def _described(one: Instrument, params: Params, begin: int, end: int | None) -> Mapping[str, Any]:
    """What a tape would say; without rows or a hash, because it is made while it is read."""
    return {
        "name": f"synthetic {one.product}, seed {params.seed}",
        "instrument": one.product,
        "contract": one.contract,
        "tick_size": f"{one.tick:f}",
        "hash": "",
        "rows": 0,
        "first_ns": begin,
        "last_ns": end,
        "source": f"synthetic seed {params.seed}",
        "again": {"start": datetime.fromtimestamp(begin // SECOND, NEW_YORK).isoformat(), "speed": MAX},
    }


def _several(named: str | tuple[str, ...]) -> tuple[str, ...]:
    return (named,) if isinstance(named, str) else named


def _moment_ns(text: str) -> int:
    at = datetime.fromisoformat(text)
    at = at if at.tzinfo else at.replace(tzinfo=NEW_YORK)
    return int(at.timestamp()) * SECOND
