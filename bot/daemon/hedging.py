"""Whether a strategy's hedge can be had where it is to run, and the hedges of a run."""

from collections.abc import Sequence

from bot import plugins
from bot.config import StrategyFile
from bot.config.hedging import hedge_of
from bot.domain.hedge import Hedge
from bot.domain.instrument import Instrument
from bot.errors import ConfigError
from bot.ports import Strategy

NO_DATA = "name a tape of {0} as well (or adapters.synthetic.instrument), or leave [hedge] out"


def unhedged(spec: StrategyFile, made: Strategy | None, products: Sequence[str] | None) -> str:
    """Why a strategy's hedge cannot be had on a market of `products` (None: unknown); empty where it can."""
    if spec.hedge is None:
        return ""
    if made is not None and not plugins.quotes(made):
        return f"strategy {spec.strategy} has a [hedge] and sends no quotes: only a market maker's inventory is hedged"
    if products is not None and spec.hedge.instrument not in products:
        told = ", ".join(products) or "nothing"
        return f"there is no data of {spec.hedge.instrument}, which hedges {spec.name}: the market has {told}"
    return ""


def hedges_of(specs: Sequence[StrategyFile], instruments: Sequence[Instrument]) -> dict[str, Hedge]:
    """Strategy → its hedge; each one's own instrument is among these. Raises ConfigError where its hedge is not."""
    products, found = [one.product for one in instruments], dict[str, Hedge]()
    for spec in specs:
        if spec.hedge is None:
            continue
        if why := unhedged(spec, None, products):
            raise ConfigError(why, do=NO_DATA.format(spec.hedge.instrument))
        at = products.index(spec.instrument), products.index(spec.hedge.instrument)
        hedge = hedge_of(spec.name, spec.hedge, instruments[at[0]], instruments[at[1]], at)
        assert hedge is not None, "who read the file has refused a hedge without a ratio"
        found[spec.name] = hedge
    return found
