"""instruments.toml: which products there are, and how one is found by its name or by a contract's."""

import difflib
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from bot.config.explain import explain
from bot.config.instrument_file import InstrumentFile
from bot.config.lint import lint_instrument
from bot.config.places import instrument_files, shown
from bot.config.placing import Placing
from bot.config.reading import in_order, parse, read_text
from bot.domain.expiry import CONTRACT
from bot.domain.instrument import Instrument
from bot.errors import ConfigError, Fault


def load_instruments(folder: Path | None = None) -> dict[str, InstrumentFile]:
    """Every known product; tables of a nearer instruments.toml (in `folder`) replace the shipped ones whole.

    Raises ConfigError with every fault.
    """
    return products_of(instrument_texts(folder))


def instrument_texts(folder: Path | None = None) -> list[tuple[str, str]]:
    """Every instruments.toml in force, nearest last: its name as people read it, and its text. Raises ConfigError."""
    return [(shown(path), read_text(path, shown(path))) for path in instrument_files(folder)]


def products_of(texts: Iterable[tuple[str, str]]) -> dict[str, InstrumentFile]:
    """The products that such texts tell of. Raises ConfigError with every fault."""
    known: dict[str, InstrumentFile] = {}
    for file, text in texts:
        known |= _instruments_of(text, file)
    return known


def instruments_of(text: str, file: str) -> dict[str, InstrumentFile]:
    """The products of one instruments.toml. Raises ConfigError with every fault."""
    return dict(_instruments_of(text, file))


@lru_cache(maxsize=8)  # of a text, which is read and judged some ten times for one strategy
def _instruments_of(text: str, file: str) -> Mapping[str, InstrumentFile]:
    place = Placing(file, text)
    faults: list[Fault] = []
    known: dict[str, InstrumentFile] = {}
    for product, table in parse(text, file).items():
        if not isinstance(table, dict):
            faults.append(place.fault((product,), "needs a table, one a product", do=f"write [{product}]"))
            continue
        tick = table.get("tick")
        grid = (product, Decimal(tick)) if isinstance(tick, str) and re.match(r"^\d*\.?\d+$", tick) else None
        try:
            known[product] = InstrumentFile.model_validate(table)
        except ValidationError as error:
            faults += explain(error, InstrumentFile, table, place, prefix=(product,), grid=grid)
        else:
            faults += lint_instrument(product, known[product], place)
    if faults:
        raise ConfigError.of(in_order(faults))
    return known


def instrument(
    product_or_contract: str,
    tick: Decimal | None = None,
    *,
    folder: Path | None = None,
    known: Mapping[str, InstrumentFile] | None = None,
) -> Instrument:
    """The instrument called `ES`, `ESZ2026` or `ESH4`; an unknown one with a `tick` is taken for a stock (`generic`).

    `known` are the products where somebody has loaded them; None: they are loaded here, by `folder`.
    Raises ConfigError naming the known products when it is unknown and no tick is given, and when a known one has
    another tick than `tick`, which is that of a tape or of a broker: every price and amount would be wrong.
    """
    known = load_instruments(folder) if known is None else known
    product = product_of(product_or_contract, known)
    if product in known:
        if tick is not None and tick != known[product].tick:
            raise ConfigError(
                f"{product_or_contract} comes in steps of {tick:f}, but instruments.toml says {known[product].tick:f}",
                do=f"correct [{product}] in an instruments.toml beside bot.toml, or make the tape anew",
            )
        return _instrument(product, known[product], product_or_contract)
    if tick is not None:
        return _generic_stock(product, tick)
    near = difflib.get_close_matches(product, known, 1)
    raise ConfigError(
        f"{product_or_contract} is not in instruments.toml",
        allowed=", ".join(known),
        do=f"did you mean {near[0]}?" if near else f"add a table [{product}] to an instruments.toml beside bot.toml",
    )


def product_of(name: str, known: Iterable[str]) -> str:
    """`ES` of `ES`, `ESZ2026`, `ESZ26` or `ESZ6`; the name itself when no known product fits."""
    match = CONTRACT.match(name)
    return match[1] if name not in known and match and match[1] in known else name


def _instrument(product: str, facts: InstrumentFile, contract: str) -> Instrument:
    def ticks(price: Decimal | None) -> int | None:
        return None if price is None else int(price / facts.tick)

    return Instrument(
        product=product,
        contract=contract,
        expires=facts.expires,
        tick=facts.tick,
        tick_value=facts.tick_value,
        kind=facts.kind,
        currency=facts.currency,
        exchange=facts.exchange,
        primary_exchange=facts.primary_exchange,
        months=facts.months,
        calendar=facts.calendar,
        zone=facts.zone,
        regular_open=facts.regular_open,
        regular_close=facts.regular_close,
        commission=facts.commission,
        slippage_ticks=facts.slippage_ticks,
        events=facts.events,
        round_ticks=facts.round_ticks,
        major_round_ticks=facts.major_round_ticks,
        max_spread_ticks=facts.max_spread_ticks,
        stale_ns=facts.stale_after,
        max_order=facts.max_order,
        max_position=facts.max_position,
        collar_ticks=facts.collar_ticks,
        min_stop_ticks=facts.min_stop_ticks,
        max_stop_ticks=facts.max_stop_ticks,
        max_bracket_risk=facts.max_bracket_risk_usd,
        max_order_notional=facts.max_order_notional_usd,
        max_position_notional=facts.max_position_notional_usd,
        margin_percent=facts.initial_margin_percent,
        band_low=ticks(facts.band_low),
        band_high=ticks(facts.band_high),
    )


def _generic_stock(name: str, tick: Decimal) -> Instrument:
    """A stock that nobody described: one share, New York hours, the limits of the shipped stocks."""
    dollar = max(1, int(1 / tick))
    return Instrument(
        product=name,
        contract=name,
        tick=tick,
        tick_value=tick,
        kind="stock",
        exchange="SMART",
        calendar="NYSE",
        commission=Decimal("0.01"),
        slippage_ticks=2,
        events=("fomc", "cpi", "nfp", "ppi"),
        round_ticks=dollar,
        major_round_ticks=5 * dollar,
        max_spread_ticks=5,
        max_order=100,
        max_position=200,
        collar_ticks=30,
        min_stop_ticks=6,
        max_stop_ticks=150,
        max_bracket_risk=Decimal(200),
        max_order_notional=Decimal(100_000),
        max_position_notional=Decimal(200_000),
        generic=True,
    )
