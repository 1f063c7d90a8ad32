"""What the rules cost or saved: refusals in groups, with what they would have made and what may be said of it.

By rule a refusal is counted three times over, never added up:
    every   for each rule that refused it
    first   for the rule that the gate asked first
    alone   for the one rule that refused it when no other did: what would have passed without that rule
Otherwise it is counted `once`. Unlike markets and fill models are never pooled, as with round trips.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.domain.what_if import HORIZONS_S, NOT_FILLED, NOT_PRICED, STILL_OPEN
from bot.review.estimates import Bootstrap, Estimate, Sample
from bot.review.refused import Refused
from bot.review.trips import apart

COUNTED = ("every", "first", "alone")
ONCE = "once"
RULE = "rule"
ALL = "all"
NOBODY = "no tape could be asked"
BY: Mapping[str, Callable[[Refused], str]] = {
    "strategy": lambda one: one.strategy,
    "kind": lambda one: one.kind,
    "instrument": lambda one: one.instrument,
}
"""What refusals are grouped by, beside `rule`."""


@dataclass(frozen=True, slots=True)
class Group:
    """Refusals that belong together."""

    by: Mapping[str, str]
    counted: str
    fill_model: str
    market: str
    drill: bool
    refused: Sequence[Refused]

    @property
    def name(self) -> str:
        """What people read."""
        return " · ".join((*(self.by.values() or (ALL,)), self.fill_model, *apart(self.market, drill=self.drill)))


def groups(found: Sequence[Refused], by: Sequence[str]) -> list[Group]:
    """Everything together first, then by what was asked for, in order of names."""
    ways = COUNTED if RULE in by else (ONCE,)
    made: dict[tuple[str, bool, str, tuple[str, ...], str], list[Refused]] = defaultdict(list)
    for one in found:
        made[one.market, one.drill, one.fill_model, (), ONCE].append(one)
        for way in ways if by else ():
            for key in _keys(one, by, way):
                made[one.market, one.drill, one.fill_model, key, way].append(one)
    order = (ONCE, *COUNTED)
    return [
        Group(dict(zip(by, key, strict=True)) if key else {}, way, model, market, drill, mine)
        for (market, drill, model, key, way), mine in sorted(
            made.items(), key=lambda item: (*item[0][:4], order.index(item[0][4]))
        )
    ]


def _keys(one: Refused, by: Sequence[str], way: str) -> list[tuple[str, ...]]:
    rules = one.rules if way == "every" else one.rules[:1]
    if way == "alone" and len(one.rules) > 1:
        return []
    keys: list[tuple[str, ...]] = [()]
    for name in by:
        keys = [(*key, value) for key in keys for value in (rules if name == RULE else (BY[name](one),))]
    return keys


def worth(found: Sequence[Refused], by: Sequence[str], bootstrap: Bootstrap) -> list[dict[str, Any]]:
    """One object a group of refusals; estimates have their interval."""
    parts = groups(found, tuple(dict.fromkeys(by)))
    looks = {way: sum(group.counted == way and bool(group.by) for group in parts) for way in (ONCE, *COUNTED)}
    return [figures(group, bootstrap, looks[group.counted] if group.by else 1) for group in parts]


def figures(group: Group, bootstrap: Bootstrap, looks: int) -> dict[str, Any]:
    """The object of one group, one of `looks` that are shown side by side."""
    told = [one for one in group.refused if one.made is not None]
    filled = [one for one in told if one.filled]
    ends = [one.made.end for one in told if one.made is not None]
    sample = Sample([one.session for one in filled], bootstrap)
    r_net = [one.r_net for one in filled]
    return {
        "group": group.name,
        "by": dict(group.by),
        "counted": group.counted,
        "fill_model": group.fill_model,
        "market": group.market,
        "drill": group.drill,
        "refused": len(group.refused),
        "untold": len(group.refused) - len(told),
        "unpriced": ends.count(NOT_PRICED),
        "unfilled": ends.count(NOT_FILLED),
        "open": ends.count(STILL_OPEN),
        "filled": len(filled),
        "sessions": sample.sessions,
        "won": sum((value or 0) > 0 for value in r_net),
        "lost": sum((value or 0) < 0 for value in r_net),
        "r": _sum([one.r for one in filled]),
        "r_net": _sum(r_net),
        "expectancy_r": sample.mean([one.r for one in filled]).shape(),
        "expectancy_r_net": sample.mean(r_net).shape(),
        "expectancy_ticks": sample.mean([one.ticks for one in filled]).shape(),
        "markouts": _markouts(told, bootstrap),
        "words": _verdict(group, filled, bootstrap, looks) if told else NOBODY,
        "level": bootstrap.level,
        "draws": bootstrap.draws,
        "seed": bootstrap.seed,
    }


def _verdict(group: Group, filled: Sequence[Refused], bootstrap: Bootstrap, looks: int) -> str:
    """Cost, saved, or not to be told: at a level that holds for all groups side by side (Bonferroni)."""
    strict = replace(bootstrap, level=1 - (1 - bootstrap.level) / max(1, looks))
    estimate = Sample([one.session for one in filled], strict).mean([one.r_net for one in filled])
    return said(estimate, "the rule" if RULE in group.by else "the rules")


def said(estimate: Estimate, whom: str) -> str:
    """What an interval of R after costs says of whoever refused."""
    if estimate.value is None:
        return estimate.words
    if estimate.low is not None and estimate.low > 0:
        return f"speaks against {whom}: what was refused would have gained after costs"
    if estimate.high is not None and estimate.high < 0:
        return f"speaks for {whom}: what was refused would have lost after costs"
    return f"no evidence against {whom}, nor for it"


def _markouts(told: Sequence[Refused], bootstrap: Bootstrap) -> list[dict[str, Any]]:
    filled = [one for one in told if one.made is not None and one.made.from_fill]
    all_of, filled_of = (Sample([one.session for one in some], bootstrap) for some in (told, filled))
    shapes = []
    for at, after in enumerate(HORIZONS_S):
        mids = [one.made.from_mid[at] if one.made and one.made.from_mid else None for one in told]
        fills = [one.made.from_fill[at] if one.made else None for one in filled]
        shapes.append(
            {
                "after_s": after,
                "from_mid": all_of.mean(mids).shape(),
                "from_fill": filled_of.mean(fills).shape(),
                "censored": mids.count(None),
            }
        )
    return shapes


def _sum(values: Sequence[float | None]) -> float:
    """The sum of those that have an R; an entry filled on its stop has none."""
    return round(math.fsum(value for value in values if value is not None), 6)
