"""Groups of round trips with every figure's interval, the number of tries, and what may be said of them.

Round trips of unlike markets are never pooled, whatever is asked: live, the demo, replays, synthetic ones, a drill's,
and those of different fill models are groups of their own.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from bot.journal.filters import Filters
from bot.journal.reading import Reader, RunInfo
from bot.journal.values import money_text
from bot.review import SESSIONS_MIN
from bot.review.deflated import best_of, deflated, moments
from bot.review.estimates import Bootstrap, Estimate, Sample, too_few
from bot.review.looks import mean_r
from bot.review.tries import Setting, settings, tried
from bot.review.trips import Trip, apart, trips

DEFLATED_MIN = 0.95
"""The deflated figure that is asked for before a gain is more than the best of what was tried."""
UNTAGGED = "untagged"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Keys = Callable[[Trip], Sequence[str]]
BY: Mapping[str, Keys] = {
    "strategy": lambda trip: (trip.strategy,),
    "instrument": lambda trip: (trip.instrument,),
    "kind": lambda trip: (trip.kind,),
    "hour": lambda trip: (f"{trip.hour:02}:00",),
    "weekday": lambda trip: (WEEKDAYS[trip.weekday],),
    "regime": lambda trip: (trip.regime,),
    "fill-model": lambda trip: (trip.fill_model,),
    "session": lambda trip: (day_text(trip.session),),
    "tag": lambda trip: trip.tags or (UNTAGGED,),
    "exit-reason": lambda trip: (trip.exit_reason,),
    "config": lambda trip: (trip.config_hash,),
}
"""What round trips are grouped by → the groups of one. By tag it is in as many groups as it has tags."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the figures are wanted by, and how their intervals are drawn."""

    by: tuple[str, ...] = ("strategy",)
    bootstrap: Bootstrap = field(default_factory=Bootstrap)


@dataclass(frozen=True, slots=True)
class Group:
    """Round trips that belong together. `by` says by what, in the order asked; the fill model is always among it."""

    by: Mapping[str, str]
    market: str
    drill: bool
    trips: Sequence[Trip]

    @property
    def name(self) -> str:
        """What people read."""
        return " · ".join((*self.by.values(), *apart(self.market, drill=self.drill)))


def groups(found: Iterable[Trip], by: Sequence[str]) -> list[Group]:
    """Round trips by what was asked for, in order of the groups' names; weekdays in order of the week."""
    wanted = tuple(dict.fromkeys((*by, "fill-model")))
    made: dict[tuple[str, bool, tuple[str, ...]], list[Trip]] = defaultdict(list)
    for trip in found:
        keys: list[tuple[str, ...]] = [()]
        for name in wanted:
            keys = [(*key, one) for key in keys for one in BY[name](trip)]
        for key in keys:
            made[trip.market, trip.drill, key].append(trip)
    names = [name.replace("-", "_") for name in wanted]
    return [
        Group(dict(zip(names, key, strict=True)), market, drill, mine)
        for (market, drill, key), mine in sorted(made.items(), key=lambda item: (item[0][:2], _ordered(item[0][2])))
    ]


def _ordered(key: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    return tuple((WEEKDAYS.index(one), one) if one in WEEKDAYS else (0, one) for one in key)


def stats(reader: Reader, runs: Sequence[RunInfo], filters: Filters, asked: Asked) -> list[dict[str, Any]]:
    """One object a group of the round trips of `runs`; money is decimal text, estimates have their interval."""
    found = trips(reader, runs, filters)
    if not found:
        return []
    return stats_of(found, settings(reader).values(), lambda: trips(reader, reader.runs, Filters()), asked)


def stats_of(
    found: Sequence[Trip], known: Collection[Setting], journal: Callable[[], Sequence[Trip]], asked: Asked
) -> list[dict[str, Any]]:
    """The same of round trips that are there already: `known` are the settings ever used, `journal` has all of its own.

    It is asked only when there is enough to be held against what was tried.
    """
    parts = groups(found, asked.by)
    everything: Sequence[Trip] | None = None
    shapes = []
    for group in parts:
        mine = tried(known, {trip.instrument for trip in group.trips}, drill=group.drill)
        if everything is None and len(mine) > 1 and not too_few(len(group.trips), len(_sessions(group.trips))):
            everything = journal()
        shapes.append(figures(group, asked.bootstrap, Tried(mine, len(parts), everything or ())))
    return shapes


@dataclass(frozen=True, slots=True)
class Tried:
    """What a group is the best of: the settings tried on its products, and the groups it was shown among.

    Who looks at twenty hours of the day and takes the best one has tried twenty things.
    """

    settings: Collection[str] = ()
    groups: int = 1
    everything: Iterable[Trip] = ()
    """The journal's round trips: what the Sharpe ratios of the tries are made of."""


def figures(group: Group, bootstrap: Bootstrap, among: Tried) -> dict[str, Any]:
    """The object of one group."""
    mine = group.trips
    sample = Sample([trip.session for trip in mine], bootstrap)
    net = [float(trip.net) for trip in mine]
    won, lost = np.maximum(net, 0), np.maximum(np.negative(net), 0)
    expectancy = sample.mean([trip.r_net for trip in mine])
    needed = sample.needed([trip.r_net for trip in mine])
    tries = set(among.settings) | {trip.setting for trip in mine}
    sharpe = _deflated(sample, [trip.r_net for trip in mine], Tried(tries, among.groups, among.everything))
    return {
        "group": group.name,
        "by": dict(group.by),
        "fill_model": group.by["fill_model"],
        "market": group.market,
        "drill": group.drill,
        "round_trips": len(mine),
        "sessions": sample.sessions,
        "won": sum(trip.net > 0 for trip in mine),
        "lost": sum(trip.net < 0 for trip in mine),
        "net": money_text(sum((trip.net for trip in mine), Decimal(0))),
        "r": _sum([trip.r for trip in mine]),
        "r_net": _sum([trip.r_net for trip in mine]),
        "win_rate": sample.mean([float(trip.net > 0) for trip in mine]).shape(),
        "expectancy_r": sample.mean([trip.r for trip in mine]).shape(),
        "expectancy_r_net": expectancy.shape(),
        "expectancy_ticks": sample.mean([trip.ticks for trip in mine]).shape(),
        "mean_r": mean_r(mine, bootstrap.level, among.groups),
        "profit_factor": _factor(sample.quotient(sample.sums(won), sample.sums(lost))),
        "drawdown_r": sample.drawdown([trip.r_net for trip in mine]).shape(),
        "mae_ticks": sample.mean([trip.mae_ticks for trip in mine]).shape(),
        "mfe_ticks": sample.mean([trip.mfe_ticks for trip in mine]).shape(),
        "slippage_ticks": sample.mean([trip.slippage_ticks for trip in mine]).shape(),
        "minutes": sample.mean([trip.minutes for trip in mine]).shape(),
        "tries": len(tries),
        "deflated_sharpe": sharpe,
        "needed": {"value": None if needed.value is None else int(needed.value), "words": needed.words},
        "words": verdict(expectancy, needed, sharpe),
        "level": bootstrap.level,
        "draws": bootstrap.draws,
        "seed": bootstrap.seed,
    }


def verdict(expectancy: Estimate, needed: Estimate, sharpe: Mapping[str, Any]) -> str:
    """What may be said of a group in one line: R after costs, held against zero and against what was tried."""
    if expectancy.value is None:
        return expectancy.words
    assert expectancy.low is not None
    assert expectancy.high is not None
    if expectancy.high < 0:
        return "loses after costs"
    if expectancy.low <= 0:
        return f"cannot be told from nothing: {needed.words}" if needed.value else "cannot be told from nothing"
    if sharpe["value"] is None or sharpe["value"] < DEFLATED_MIN:
        return f"gains after costs, but no more than the best of what was tried may by chance: {sharpe['words']}"
    return f"gains after costs: {sharpe['words']}"


def _factor(estimate: Estimate) -> dict[str, Any]:
    words = "no losing round trip" if estimate.words == "nothing to divide by" else estimate.words
    return {**estimate.shape(), "words": words}


def _deflated(sample: Sample, r_net: Sequence[float | None], among: Tried) -> dict[str, Any]:
    """The deflated Sharpe ratio of results per session, with what it was deflated by."""
    tries = len(among.settings) * among.groups
    shape: dict[str, Any] = {"value": None, "sharpe": None, "best_of_tries": None, "tries": tries}
    if few := too_few(sample.n, sample.sessions):
        return {**shape, "words": few}
    seen = moments(sample.sums(r_net).tolist())
    if seen is None:
        return {**shape, "words": "every session came to the same"}
    ratios = sharpes(among.everything, among.settings)
    # With fewer than two tries to measure, what estimates of a Sharpe ratio of zero scatter by.
    spread = float(np.std(ratios, ddof=1)) if len(ratios) > 1 else math.sqrt(1 / (sample.sessions - 1))
    value = deflated(seen, tries, spread)
    looked = f"{counted(len(among.settings), 'try', 'tries')} in {counted(among.groups, 'group', 'groups')}"
    return {
        "value": round(value, 6),
        "sharpe": round(seen.sharpe, 6),
        "best_of_tries": round(best_of(tries, spread), 6),
        "tries": tries,
        "words": f"deflated {value:.2f} of {DEFLATED_MIN:.2f} after {looked}",
    }


def counted(number: int, one: str, more: str) -> str:
    """A number with its word."""
    return f"{number:,} {one if number == 1 else more}"


def sharpes(everything: Iterable[Trip], tries: Collection[str]) -> list[float]:
    """The Sharpe ratio per session of each of these settings that was tried for long enough to have one."""
    results: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for trip in everything:
        if trip.setting in tries and trip.r_net is not None:
            results[trip.setting][trip.session] += trip.r_net
    found = [moments(list(one.values())) for one in results.values() if len(one) >= SESSIONS_MIN]
    return [one.sharpe for one in found if one is not None]


def _sessions(found: Iterable[Trip]) -> set[int]:
    return {trip.session for trip in found}


def _sum(values: Sequence[float | None]) -> float | None:
    """The sum; None when one of them is not known."""
    known = [value for value in values if value is not None]
    return round(math.fsum(known), 6) if len(known) == len(values) else None


def day_text(session: int) -> str:
    """A session's date as people write it."""
    return date(session // 10_000, session // 100 % 100, session % 100).isoformat()
