"""R of a session and its bounds at every look so far, and what may be said of them alone."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from bot.review.confidence import LEAST_R, MOST_R, SESSIONS_MAX, looks, sessions_for
from bot.review.trips import Trip
from bot.review.words import signed

Shape = Mapping[str, Any]


def mean_r(found: Collection[Trip], level: float, among: int = 1) -> dict[str, Any]:
    """R after costs of a session (the mean of its round trips, clipped), and its bounds at every look so far.

    With `among` groups side by side each is bounded at a level of 1 − (1 − level) ÷ among (Bonferroni), so that all
    bounds hold together. `needed`: how many sessions it takes in all until such a mean lies above zero; null for never.
    """
    by_session: dict[int, list[float]] = defaultdict(list)
    for trip in found:
        if trip.r_net is not None:
            by_session[trip.session].append(min(max(trip.r_net, LEAST_R), MOST_R))
    means = np.array([np.mean(by_session[session]) for session in sorted(by_session)])
    strict = 1 - (1 - level) / max(1, among)
    shape: dict[str, Any] = {"value": None, "low": None, "high": None, "sessions": len(means), "needed": None}
    if not len(means):
        return {**shape, "n": 0, "level": strict}
    bounds = looks(means, strict)
    needed = sessions_for(float(means.mean()), float(means.std(ddof=1)), strict) if len(means) > 1 else None
    return {
        **shape,
        "value": round(float(means.mean()), 6),
        "low": round(float(bounds.low[-1]), 6),
        "high": round(float(bounds.high[-1]), 6),
        "n": sum(map(len, by_session.values())),
        "needed": needed,
        "level": strict,
    }


def said(mean: Shape) -> str:
    """What its bounds say without a tape; nothing of an edge, which random entries have a word in."""
    if mean["value"] is None:
        return "no round trip"
    if mean["high"] < 0:
        return f"loses after costs: {bounds(mean)}"
    if mean["low"] > 0:
        return f"{bounds(mean)}; paperpit journal evaluate tells whether random entries do as well"
    return f"nothing is shown: {bounds(mean)}; {lacking(mean)}"


def bounds(mean: Shape) -> str:
    """The mean with what it lies between."""
    return (
        f"{signed(mean['value'])} R a session, {signed(mean['low'])} to {signed(mean['high'])} at every look "
        f"({100 * mean['level']:.4g} %)"
    )


def lacking(mean: Shape) -> str:
    """How many sessions such a mean would take to show."""
    there = f"{mean['sessions']:,} {'is' if mean['sessions'] == 1 else 'are'} there"
    if mean["value"] <= 0:
        return "a mean that is not above zero shows no edge, however many sessions"
    if mean["needed"] is None:
        if mean["sessions"] < 2:
            return f"{there}, which says nothing of how sessions vary"
        return f"such a mean would take more than {SESSIONS_MAX:,} sessions, {there}"
    return f"such a mean would take about {max(mean['needed'], mean['sessions'] + 1):,} sessions, {there}"
