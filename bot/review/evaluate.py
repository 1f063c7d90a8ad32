"""Whether what strategies did is more than chance: markouts, random entries like theirs, bounds for every look.

    mean R       of round trips, after costs, by session, as `confidence` bounds it
    random       what each taken proposal made by the fill model, less what random entries like it made (`matched`)
    markouts     where price stood after what was taken and filled, taken and not filled, refused
    costs        the mean of the taken ones at no costs, the instrument's and twice those, by every fill model

Costs are commission, and what a stop paid beyond its trigger: spread and slippage. At 0 × a stop fills at its trigger.

Sources: signals.md E2 to E8.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from bot.domain.order import Role
from bot.domain.what_if import HORIZONS_S, STILL_OPEN
from bot.journal.filters import Filters
from bot.journal.reading import Reader, RunInfo
from bot.review.confidence import by_chance
from bot.review.estimates import Bootstrap, Sample
from bot.review.looks import mean_r
from bot.review.refused import BLOCKED, Ask, Draws, Refused, wanted
from bot.review.stats import Asked, stats_of
from bot.review.tries import settings
from bot.review.trips import BROKER, Trip, apart, trips
from bot.review.verdict import verdict

MODELS = ("touch", "queue", "through")
"""The fill models that a tape can always be asked by: generous, usual, strict."""
TIMES = (0, 1, 2)
"""How often costs are paid."""


class Key(NamedTuple):
    """What is never pooled."""

    market: str
    drill: bool
    strategy: str
    fill_model: str


class Asks(NamedTuple):
    """Who is asked what proposals would have made: by each run's own model, by others, and at random times."""

    own: Ask
    models: Mapping[str, Ask]
    draws: Draws


@dataclass
class _Group:
    """What is known of one strategy in one market."""

    trips: list[Trip] = field(default_factory=list)
    wanted: list[Refused] = field(default_factory=list)
    models: dict[str, list[Refused]] = field(default_factory=lambda: defaultdict(list))
    stats: Mapping[str, Any] | None = None

    @property
    def taken(self) -> list[Refused]:
        """What the gate let through and a tape could be asked about."""
        return [one for one in self.wanted if one.verdict != BLOCKED and one.made is not None]


class Evaluated(NamedTuple):
    """One object a group, and the runs whose tape could not be asked → why."""

    groups: list[dict[str, Any]]
    untold: dict[str, str]


def evaluate(
    reader: Reader, runs: Sequence[RunInfo], filters: Filters, asks: Asks | None, bootstrap: Bootstrap
) -> Evaluated:
    """One object a strategy, market and fill model of `runs`. Without `asks` no tape is read: round trips alone."""
    groups: dict[Key, _Group] = defaultdict(_Group)
    found = trips(reader, runs, filters)
    for trip in found:
        groups[Key(trip.market, trip.drill, trip.strategy, trip.fill_model)].trips.append(trip)
    asked, known = Asked(("strategy",), bootstrap), settings(reader).values()
    for shape in stats_of(found, known, lambda: trips(reader, reader.runs, Filters()), asked) if found else ():
        groups[Key(shape["market"], shape["drill"], shape["by"]["strategy"], shape["fill_model"])].stats = shape
    untold: dict[str, str] = {}
    if asks is not None:
        untold = _ask(reader, runs, filters, asks, groups)
    return Evaluated([figures(key, groups[key], bootstrap, len(groups)) for key in sorted(groups)], untold)


def _ask(
    reader: Reader, runs: Sequence[RunInfo], filters: Filters, asks: Asks, groups: dict[Key, _Group]
) -> dict[str, str]:
    own = {run.run: run.fill_model or BROKER for run in runs}

    def key_of(one: Refused) -> Key:
        return Key(one.market, one.drill, one.strategy, own[one.run])

    found = wanted(reader, runs, filters, asks.own, draws=asks.draws)
    for one in found.refused:
        groups[key_of(one)].wanted.append(one)
        groups[key_of(one)].models[one.fill_model].append(one)
    for model, ask in asks.models.items():
        others = [run for run in runs if own[run.run] != model and run.run not in found.untold]
        for one in wanted(reader, others, filters, ask).refused:
            groups[key_of(one)].models[model].append(one)
    return found.untold


def figures(key: Key, group: _Group, bootstrap: Bootstrap, among: int) -> dict[str, Any]:
    """The object of one group, one of `among` that are shown side by side."""
    told = [one for one in group.wanted if one.made is not None]
    taken = group.taken
    filled = [one for one in taken if one.filled]
    costs = _costs(group)
    means = {row["fill_model"]: row["r"] for row in costs if row["times"] == 1 and row["fill_model"] in MODELS}
    shape = {
        "group": " · ".join((key.strategy, key.fill_model, *apart(key.market, drill=key.drill))),
        "strategy": key.strategy,
        "fill_model": key.fill_model,
        "market": key.market,
        "drill": key.drill,
        "round_trips": len(group.trips),
        "sessions": len({trip.session for trip in group.trips}),
        "wanted": len(group.wanted),
        "untold": len(group.wanted) - len(told),
        "taken": len(taken),
        "filled": len(filled),
        "refused": len(told) - len(taken),
        "mean_r": mean_r(group.trips, bootstrap.level, among),
        "random": random_entries(taken, bootstrap),
        "markouts": _markouts(told, bootstrap),
        "costs": costs,
        "turns": any((value or 0) > 0 for value in means.values())
        and any((value or 0) < 0 for value in means.values()),
        "tries": group.stats["tries"] if group.stats else 0,
        "deflated_sharpe": group.stats["deflated_sharpe"] if group.stats else None,
        "level": bootstrap.level,
        "among": among,
        "seed": bootstrap.seed,
    }
    return {**shape, **verdict(shape)}


def random_entries(taken: Sequence[Refused], bootstrap: Bootstrap) -> dict[str, Any]:
    """What proposals made beside random entries like them, R after costs; who does not fill gains nothing.

    `p`: how often days that toss a coin for their sign come to as much.
    """
    pairs = []
    for one in taken:
        assert one.made is not None
        own = one.r_net if one.filled else 0.0
        if one.drawn and own is not None and one.made.end != STILL_OPEN:
            by_chance_ = [(drawn.ticks - one.cost_ticks) / drawn.risk if drawn.risk else 0.0 for drawn in one.drawn]
            pairs.append((one.session, own, math.fsum(by_chance_) / len(by_chance_)))
    shape = {
        "n": len(pairs),
        "unmatched": len(taken) - len(pairs),
        "entries": sum(len(one.drawn or ()) for one in taken),
    }
    if not pairs:
        return {**shape, "sessions": 0, "r": None, "r_random": None, "difference": None, "p": None}
    sessions, own_r, random_r = (np.array(column) for column in zip(*pairs, strict=True))
    days = Sample(sessions.tolist(), bootstrap)
    sums = days.sums(own_r - random_r)
    return {
        **shape,
        "sessions": days.sessions,
        "r": round(float(own_r.mean()), 6),
        "r_random": round(float(random_r.mean()), 6),
        "difference": round(float((own_r - random_r).mean()), 6),
        "p": round(by_chance(sums, bootstrap.draws, bootstrap.seed), 6),
    }


def _costs(group: _Group) -> list[dict[str, Any]]:
    rows = []
    for model in sorted(group.models, key=lambda name: MODELS.index(name) if name in MODELS else len(MODELS)):
        filled = [one for one in group.models[model] if one.verdict != BLOCKED and one.filled]
        for times in TIMES:
            values = [value for one in filled if (value := _r_at(one, times)) is not None]
            mean = round(math.fsum(values) / len(values), 6) if values else None
            rows.append({"fill_model": model, "times": times, "r": mean, "filled": len(filled)})
    return rows


def _r_at(one: Refused, times: int) -> float | None:
    """R of a filled proposal when its costs are paid so many times."""
    made = one.made
    if made is None or made.ticks is None or not made.risk:
        return None
    beyond = made.side * (made.stop - made.vwap(made.left)) if made.end == Role.STOP.value else 0
    paid = max(float(beyond), 0.0)
    return (float(made.ticks) + paid - times * (one.cost_ticks + paid)) / float(made.risk)


def _markouts(told: Sequence[Refused], bootstrap: Bootstrap) -> list[dict[str, Any]]:
    """By what became of it: ticks in its favour so long after the signal was known, and after the first fill."""
    taken = [one for one in told if one.verdict != BLOCKED]
    filled = [one for one in taken if one.made and one.made.units]
    unfilled = [one for one in taken if one.made and not one.made.units]
    refused = [one for one in told if one.verdict == BLOCKED]
    quick = replace(bootstrap, draws=min(bootstrap.draws, 500))
    rows = []
    for at, after in enumerate(HORIZONS_S):
        row: dict[str, Any] = {"after_s": after}
        for name, some in (("filled", filled), ("unfilled", unfilled), ("refused", refused)):
            row[name] = _mean(some, at, quick)
        row["from_fill"] = _mean(filled, at, quick, from_fill=True)
        mids = [one.made.from_mid[at] if one.made and one.made.from_mid else None for one in told]
        rows.append({**row, "censored": mids.count(None)})
    return rows


def _mean(some: Sequence[Refused], at: int, bootstrap: Bootstrap, *, from_fill: bool = False) -> dict[str, Any]:
    made = [(one.made.from_fill if from_fill else one.made.from_mid) if one.made else () for one in some]
    values = [ticks[at] if ticks else None for ticks in made]
    known = [value for value in values if value is not None]
    estimate = Sample([one.session for one in some], bootstrap).mean(values).shape()
    return {**estimate, "value": round(math.fsum(known) / len(known), 6) if known else None, "n": len(known)}
