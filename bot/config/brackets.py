"""Brackets as a strategy's file states them: what the shipped strategies, and others that like, do alike.

A strategy says where its entry belongs, its stop and its target; this turns them into a proposal, or into a refusal
with every reason.
"""

import math
from collections.abc import Sequence

from bot.config.strategy_file import StrategyFile
from bot.domain.decision import Proposal, Reason, Refusal, Signal
from bot.domain.instrument import Instrument
from bot.domain.sizing import size
from bot.errors import ConfigError
from bot.ports import DeskView

STOP_MIN_TICKS = 2
STOP_LEAST_MAX_TICKS = 4


def need_size(spec: StrategyFile) -> None:
    """Raise ConfigError unless the file says how large a bracket is, in one way."""
    if (spec.bracket.contracts is None) == (spec.bracket.risk_usd is None):
        raise ConfigError("needs a size: either contracts or risk_usd", where=f"{spec.name} [bracket]")


def stop_behind(spec: StrategyFile, side: int, entry: int, extreme: int) -> int:
    """The stop, ticks: one tick beyond `extreme`, or the file's fixed distance."""
    fixed = spec.bracket.stop_ticks
    return extreme - side if fixed == "cluster" else entry - side * fixed


def target_at(spec: StrategyFile, side: int, entry: int, zone: float) -> int | None:
    """The target, ticks: `zone` if there is one (no NaN) and it is far enough, or the file's fixed distance.

    Never an invented one.
    """
    fixed = spec.bracket.target_ticks
    if fixed != "zone":
        return entry + side * fixed
    far = not math.isnan(zone) and side * (int(zone) - entry) >= spec.bracket.min_target_ticks
    return int(zone) if far else None


def stop_range(spec: StrategyFile, risk: int, atr: float, most_atr: float, behind: str) -> list[Reason]:
    """Why a stop that the market has set is no stop: at the entry, or further than `most_atr` ATR (4 ticks at least).

    `behind` says in words what it stands behind. A fixed distance is its author's business.
    """
    longest = max(STOP_LEAST_MAX_TICKS, int(most_atr * atr))
    if spec.bracket.stop_ticks != "cluster" or STOP_MIN_TICKS <= risk <= longest:
        return []
    message = f"the stop behind {behind} is {risk} ticks away, allowed are {STOP_MIN_TICKS} to {longest}"
    return [Reason("STOP_RANGE", message, {"risk_ticks": risk, "longest": longest, "atr_ticks": atr})]


def bracket(
    spec: StrategyFile,
    facts: Instrument,
    signal: Signal,
    desk: DeskView,
    *,
    entry: int,
    stop: int,
    target: int | None,
    why: str,
    reasons: Sequence[Reason] = (),
) -> tuple[Proposal | Refusal]:
    """The signal's side at `entry` (ticks), one at a time; every reason against it where there is any.

    Without a `target` there is no trade. The size is the file's.
    """
    side, risk = signal.side, signal.side * (entry - stop)
    against = list(reasons)
    if target is None:
        against.append(Reason("NO_TARGET", "no liquidity zone lies in the way of the move", {"entry": entry}))
    if desk.open_brackets or desk.position:
        held = {"open_brackets": desk.open_brackets, "position": desk.position}
        against.append(Reason("ONE_AT_A_TIME", "an entry works or a position is held already", held))
    quantity = 0
    if risk > 0:
        terms = spec.bracket
        quantity, none = size(facts, risk, contracts=terms.contracts, risk_usd=terms.risk_usd)
        against += [none] if none else []
    if against or target is None:
        return (Refusal(spec.name, signal.instrument, side, signal.id, signal.known, tuple(against)),)
    return (
        Proposal(
            strategy=spec.name,
            instrument=signal.instrument,
            side=side,
            quantity=quantity,
            entry=entry,
            stop=stop,
            target=target,
            signal_id=signal.id,
            known=signal.known,
            ttl_ns=spec.entry.ttl,
            time_stop_ns=spec.time_stop or 0,
            why=why,
        ),
    )
