"""What can be wrong with a maker's [hedge]: which instrument, how much of it, and what may stand in the way of so much.

Every message opens with the code HEDGE.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from bot.config.placing import Placing
from bot.config.strategy_file import HedgeSettings, StrategyFile
from bot.domain.hedge import Hedge, ratio_of
from bot.domain.instrument import Instrument
from bot.errors import Fault


def hedge_of(
    name: str, settings: HedgeSettings, one: Instrument, by: Instrument, at: tuple[int, int] = (0, 1)
) -> Hedge | None:
    """The hedge of a strategy for instruments of these indices; None where nobody says the ratio."""
    ratio = ratio_of(one, by) if settings.ratio is None else Fraction(settings.ratio)
    if ratio is None:
        return None
    return Hedge(
        strategy=name,
        instrument=at[0],
        by=at[1],
        ratio=ratio,
        threshold=Fraction(settings.threshold),
        stop_ticks=settings.stop_ticks,
        reach_ticks=settings.reach_ticks,
        patience_ns=settings.patience,
    )


def hedge_faults(
    spec: StrategyFile, one: Instrument | None, by: Instrument | None, place: Placing, known: Iterable[str]
) -> Iterator[Fault]:
    """What is wrong with the hedge of `one` by `by` (None: no such instrument); `known` are all products."""
    hedge = spec.hedge
    if hedge is None:
        return
    named = ("hedge", "instrument")
    if by is None:
        message = f"HEDGE {hedge.instrument} is not in instruments.toml: nobody knows what a tick of it is worth"
        yield place.fault(named, message, allowed=", ".join(known))
    elif by.product != hedge.instrument:
        message = f"HEDGE a hedge names a product, {hedge.instrument} is a contract of {by.product}"
        yield place.fault(named, message, do=f'write instrument = "{by.product}"')
    elif hedge.instrument == spec.instrument:
        message = f"HEDGE {spec.instrument} against itself is no hedge: it would only be smaller"
        yield place.fault(named, message, allowed="another product; [params] most is how much is held")
    elif one is not None and one.currency != by.currency:
        message = f"HEDGE {one.product} is traded in {one.currency} and {by.product} in {by.currency}"
        yield place.fault(named, message, allowed=f"a product in {one.currency}")
    elif one is not None:
        yield from _amounts(spec, hedge, one, by, place)


def _amounts(
    spec: StrategyFile, hedge: HedgeSettings, one: Instrument, by: Instrument, place: Placing
) -> Iterator[Fault]:
    made = hedge_of(spec.name, hedge, one, by)
    if made is None:
        message = f"HEDGE {by.product} is no micro of {one.product}: multipliers do not tell how they move together"
        allowed = f'ratio = "0.002", say: units of {by.product} that move as one {one.product}'
        yield place.fault(("hedge",), message, allowed=allowed)
        return
    if not by.min_stop_ticks <= hedge.stop_ticks <= by.max_stop_ticks:
        message = f"HEDGE a stop of {hedge.stop_ticks} ticks is none that {by.product} may have"
        allowed = f"{by.min_stop_ticks} to {by.max_stop_ticks}"
        yield place.fault(("hedge", "stop_ticks"), message, allowed=allowed)
    if hedge.reach_ticks > by.collar_ticks:
        message = f"HEDGE reach_ticks = {hedge.reach_ticks} is beyond {by.product}'s collar_ticks"
        yield place.fault(("hedge", "reach_ticks"), message, allowed=f"0 to {by.collar_ticks}")
    most = spec.params.get("most")
    units = most if isinstance(most, int) else spec.bracket.contracts or 1
    wanted = abs(made.wanted(units, 0))
    if not wanted:
        message = f"HEDGE {units} {one.product} are {float(units * made.ratio):g} {by.product}: nothing is ever hedged"
        yield place.fault(("hedge", "threshold"), message, do="hold more, hedge in smaller units, or leave [hedge] out")
    if wanted > by.max_position:
        message = f"HEDGE {units} {one.product} want {wanted} {by.product}, more than its max_position"
        do = f"[{by.product}] max_position = {wanted} in an instruments.toml beside your bot.toml"
        yield place.fault(("hedge", "ratio"), message, allowed=f"{by.max_position} of it", do=do)
