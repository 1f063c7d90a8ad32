"""The arithmetic of a configuration, without a broker: tick grids, sides, sizes, money at risk, claims.

Codes (each opens its fault's message): CLAIM_STOP_TICKS, CLAIM_TARGET_TICKS, CLAIM_RR, CLAIM_SPREAD_TICKS, OFF_TICK,
STOP_WRONG_SIDE, TARGET_WRONG_SIDE, RR_BELOW_MIN, STOP_INSIDE_SPREAD, STOP_RANGE, QTY, RISK, TIMEFRAME, HOURS,
MANAGE, INSTRUMENT. Source: signal notes §10; risk = side × (entry − stop), reward = side × (target − entry), in ticks;
reward:risk is an exact fraction; break-even win rate p* = (risk + c) / (risk + reward) with c the costs in ticks.
"""

from collections.abc import Iterator
from fractions import Fraction

from bot.config.claims import claim_faults, ratio_text, reward_risk_faults
from bot.config.instrument_file import InstrumentFile
from bot.config.params import SECOND_NS, duration_text
from bot.config.placing import Placing
from bot.config.strategy_file import StrategyFile
from bot.domain.instrument import Instrument
from bot.domain.sizing import round_trip_cost
from bot.errors import Fault

_DAY_NS = 86_400 * SECOND_NS


def lint_instrument(product: str, facts: InstrumentFile, place: Placing) -> list[Fault]:
    """What is wrong with one table of instruments.toml."""
    faults = []
    if facts.tick * facts.multiplier != facts.tick_value:
        value = facts.tick * facts.multiplier
        message = f"tick {facts.tick} × multiplier {facts.multiplier} is {value}, not {facts.tick_value}"
        return [place.fault((product, "tick_value"), message, allowed=f'"{value}"')]
    if facts.min_stop_ticks > facts.max_stop_ticks:
        message = f"STOP_RANGE {facts.min_stop_ticks} is more than max_stop_ticks = {facts.max_stop_ticks}"
        faults.append(place.fault((product, "min_stop_ticks"), message, allowed=f"1 to {facts.max_stop_ticks}"))
    if facts.regular_open >= facts.regular_close:
        message = f"HOURS the regular hours end at {facts.regular_close}, before they begin"
        allowed = f'later than "{facts.regular_open}"'
        faults.append(place.fault((product, "regular_close"), message, allowed=allowed))
    if facts.timeframe_min > facts.timeframe_max:
        message = f"TIMEFRAME {duration_text(facts.timeframe_min)} is more than timeframe_max"
        allowed = f'at most "{duration_text(facts.timeframe_max)}"'
        faults.append(place.fault((product, "timeframe_min"), message, allowed=allowed))
    if facts.max_order > facts.max_position:
        message = f"QTY {facts.max_order} is more than max_position = {facts.max_position}"
        faults.append(place.fault((product, "max_order"), message, allowed=f"1 to {facts.max_position}"))
    at_risk = facts.max_stop_ticks * facts.tick_value * facts.max_order
    if at_risk > facts.max_bracket_risk_usd:
        message = (
            f"RISK a bracket of {facts.max_order} with a stop of {facts.max_stop_ticks} ticks risks {at_risk:.2f}, "
            f"more than max_bracket_risk_usd = {facts.max_bracket_risk_usd}"
        )
        most = int(facts.max_bracket_risk_usd / (facts.tick_value * facts.max_order))
        faults.append(place.fault((product, "max_stop_ticks"), message, allowed=f"at most {most}"))
    for key in ("band_low", "band_high"):
        price = getattr(facts, key)
        if price is not None and price % facts.tick:
            message = f"OFF_TICK {price} is no multiple of the tick {facts.tick}"
            faults.append(place.fault((product, key), message, allowed=f'"{price // facts.tick * facts.tick}"'))
    return faults


def lint_strategy(spec: StrategyFile, instrument: Instrument | None, place: Placing) -> list[Fault]:
    """What is wrong or doubtful about one strategy; without its `instrument` only what needs none."""
    faults = [*_times(spec, place), *_hours(spec, place), *_one_size(spec, place), *_manage(spec, place)]
    if instrument is not None:
        faults += [*_sizes(spec, instrument, place), *_distances(spec, instrument, place)]
        if spec.expect is not None:
            faults += claim_faults(spec, spec.expect, instrument, place)
    return faults


def _times(spec: StrategyFile, place: Placing) -> Iterator[Fault]:
    if spec.timeframe % SECOND_NS or spec.timeframe < SECOND_NS:
        message = "TIMEFRAME bars are whole seconds long, from 1 s"
        yield place.fault(("timeframe",), message, allowed='timeframe = "1s", "5s", "1m", "5m" …')
        return
    if _DAY_NS % spec.timeframe:
        message = f"TIMEFRAME a day is no multiple of {duration_text(spec.timeframe)}: the session's last bar is cut"
        yield place.fault(("timeframe",), message, level="warning")
    if spec.context is not None and (spec.context < spec.timeframe or spec.context % spec.timeframe):
        yield place.fault(
            ("context",),
            f"TIMEFRAME the context of {duration_text(spec.context)} is no multiple of the timeframe "
            f"{duration_text(spec.timeframe)}",
            allowed=f'context = "{duration_text(5 * spec.timeframe)}", or another multiple',
        )


def _hours(spec: StrategyFile, place: Placing) -> Iterator[Fault]:
    hours = spec.hours
    if hours.start is not None and hours.start == hours.end:
        message = f"HOURS from {hours.start} to {hours.end} is no time at all"
        yield place.fault(("hours", "end"), message, allowed="another time of day than start")
    if spec.blackout.flatten_before is not None and spec.on_blackout != "flatten":
        message = f'HOURS on_blackout = "{spec.on_blackout}" does not leave: flatten_before means nothing'
        yield place.fault(("blackout", "flatten_before"), message, do='write on_blackout = "flatten", or take it out')
    if spec.entry.ttl == 0:
        message = "an entry that lives for no time is never filled"
        yield place.fault(("entry", "ttl"), message, allowed='ttl = "2m", or any other time')


def _one_size(spec: StrategyFile, place: Placing) -> Iterator[Fault]:
    bracket = spec.bracket
    if bracket.contracts is None and bracket.risk_usd is None:
        message = "QTY neither contracts nor risk_usd says how much"
        yield place.fault(("bracket",), message, allowed="contracts = 1, or risk_usd = 100")
    if bracket.contracts is not None and bracket.risk_usd is not None:
        message = "QTY contracts and risk_usd both say how much"
        yield place.fault(("bracket", "risk_usd"), message, do="keep one of the two")


def _manage(spec: StrategyFile, place: Placing) -> Iterator[Fault]:
    """Stops that move: each wish whole, and every stop behind the print that moves it."""
    manage, target = spec.manage, spec.bracket.target_ticks
    after, plus = manage.breakeven_after_ticks, manage.breakeven_plus_ticks
    if after is None and plus:
        message = f"MANAGE breakeven_plus_ticks = {plus} moves nothing without breakeven_after_ticks"
        yield place.fault(("manage", "breakeven_plus_ticks"), message, do=f"write breakeven_after_ticks = {plus + 1}")
    if after is not None and plus >= after:
        message = f"MANAGE a stop {plus} ticks beyond the entry is not behind a print {after} ticks beyond it"
        yield place.fault(("manage", "breakeven_plus_ticks"), message, allowed=f"0 to {after - 1}")
    if manage.trail_after_ticks is not None and manage.trail_ticks is None:
        message = "MANAGE trail_after_ticks moves nothing without trail_ticks"
        yield place.fault(("manage", "trail_after_ticks"), message, do="write trail_ticks = 4, say")
    for key, start in (("breakeven_after_ticks", after), ("trail_after_ticks", manage.trail_after_ticks)):
        if start is not None and isinstance(target, int) and start >= target > 0:
            message = f"MANAGE the target at {target} ticks is reached before {key} = {start}: the stop never moves"
            yield place.fault(("manage", key), message, level="warning", allowed=f"1 to {target - 1}")


def _sizes(spec: StrategyFile, instrument: Instrument, place: Placing) -> Iterator[Fault]:
    bracket, most = spec.bracket, instrument.max_bracket_risk
    if bracket.contracts is not None and bracket.contracts > instrument.max_order:
        message = f"QTY {bracket.contracts} is more than {instrument.product}'s max_order"
        yield place.fault(("bracket", "contracts"), message, allowed=f"1 to {instrument.max_order}")
    elif bracket.contracts is not None and isinstance(bracket.stop_ticks, int):
        at_risk = instrument.money(bracket.stop_ticks, bracket.contracts)
        if at_risk > most:
            message = f"RISK {bracket.stop_ticks} ticks on {bracket.contracts} risk {at_risk:.2f} {instrument.currency}"
            yield place.fault(("bracket", "stop_ticks"), message, allowed=f"at most {most} a bracket")
    if bracket.risk_usd is not None and bracket.risk_usd > most:
        message = f"RISK {bracket.risk_usd} is more than {instrument.product} may risk in one bracket"
        yield place.fault(("bracket", "risk_usd"), message, allowed=f"at most {most}")
    if bracket.risk_usd is not None:
        stop = bracket.stop_ticks if isinstance(bracket.stop_ticks, int) else instrument.min_stop_ticks
        least = instrument.money(stop) + round_trip_cost(instrument)
        if bracket.risk_usd < least:
            message = f"QTY one unit with a stop of {stop} ticks risks {least:.2f} with costs: every entry is SIZE_ZERO"
            yield place.fault(("bracket", "risk_usd"), message, level="warning", allowed=f"at least {least:.2f}")


def _distances(spec: StrategyFile, instrument: Instrument, place: Placing) -> Iterator[Fault]:
    stop, target = spec.bracket.stop_ticks, spec.bracket.target_ticks
    if isinstance(stop, int):
        if stop <= 0:
            message = f"STOP_WRONG_SIDE a stop of {stop} ticks does not lie behind the entry"
            yield place.fault(("bracket", "stop_ticks"), message, allowed="whole ticks, 1 or more")
            return
        if not instrument.min_stop_ticks <= stop <= instrument.max_stop_ticks:
            yield place.fault(
                ("bracket", "stop_ticks"),
                f"STOP_RANGE {stop} ticks of {instrument.product} = {instrument.money(stop):.2f} {instrument.currency}",
                allowed=f"{instrument.min_stop_ticks} to {instrument.max_stop_ticks}",
            )
    if isinstance(target, int):
        if target <= 0:
            message = f"TARGET_WRONG_SIDE a target of {target} ticks does not lie before the entry"
            yield place.fault(("bracket", "target_ticks"), message, allowed="whole ticks, 1 or more")
        elif isinstance(stop, int):
            yield from reward_risk_faults(("bracket", "target_ticks"), stop, target, place)


def notes(spec: StrategyFile, instrument: Instrument) -> list[str]:
    """What a careful person wants to read about a correct bracket: money at risk, break-even win rate."""
    bracket = spec.bracket
    fixed = isinstance(bracket.stop_ticks, int)
    stop = bracket.stop_ticks if isinstance(bracket.stop_ticks, int) else instrument.max_stop_ticks
    bound = "" if fixed else "at most "
    if bracket.contracts is not None:
        at_risk = instrument.money(stop, bracket.contracts)
        unit = instrument.money(1)
        sum_ = f"{bracket.contracts} × {stop} ticks × {unit}"
        text = f"{bound}{at_risk:.2f} {instrument.currency} at risk a bracket ({sum_})"
    else:
        text = f"at most {bracket.risk_usd} {instrument.currency} at risk a bracket, costs included"
    told = [text]
    if fixed and isinstance(bracket.target_ticks, int) and stop > 0:
        told.append(_break_even(stop, bracket.target_ticks, instrument))
    return told


def _break_even(risk: int, reward: int, instrument: Instrument) -> str:
    cost = 2 * instrument.commission
    bare = Fraction(risk, risk + reward)
    after = (risk + Fraction(cost) / Fraction(instrument.tick_value)) / (risk + reward)
    return (
        f"reward:risk {ratio_text(Fraction(reward, risk))}, break-even win rate {float(bare):.1%} "
        f"({float(after):.1%} after {cost} {instrument.currency} costs)"
    )
