"""Whether what a model says of the chance of winning comes true: its words held against how candidates ended.

    won          the target came before the stop and any time-out, as in training (`bot.domain.abstain.won`); what a
                 tape's end or a person's hand ended says nothing and is only counted (`silent`)
    taken        what the model let pass and what then was a round trip: a selected sample, for of what it turned down
                 no round trip tells
    refused      what was refused, whoever did it, and would have filled: by what it would have made alone
    gap          won − p on average; `promise_gap`: won − p0, of which a promise that is kept is not below zero
    brier        mean of (p − y)², y = 1 for a win, else 0; log_loss: mean of −ln of what it said of what came
    base         the share that won in all other sessions, (won + 1) ÷ (n + 2): what one says who knows nothing else
    gain         log loss of the base rate − that of the model
    bins         at most five of equal mass by p, alike p together, each of 30 or more

Intervals draw whole sessions, as all of these do; that of a bin's share is widened to Wilson's, for of forty that all
won no draw has lost.

Sources
    G. Brier, Verification of forecasts expressed in terms of probability (Monthly Weather Review 78, 1950);
    E. Wilson, Probable inference, the law of succession, and statistical inference (JASA 22, 1927).
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.domain.abstain import Said, won
from bot.models.betting import finite
from bot.models.monitor import ALARM, Monitor
from bot.review import ROUND_TRIPS_MIN
from bot.review.estimates import Bootstrap, Estimate, Sample, too_few
from bot.review.refused import Refused
from bot.review.trips import Trip, apart

TAKEN, REFUSED = "taken", "refused"
BINS = 5
_TINY = 1e-12
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Key:
    """What is never pooled: another model, strategy, market or fill model, and what was only asked of a tape."""

    market: str
    drill: bool
    strategy: str
    model: str
    fill_model: str
    counted: str

    @property
    def name(self) -> str:
        """What people read."""
        asked = (REFUSED,) if self.counted == REFUSED else ()
        return " · ".join(
            (self.strategy, f"model {self.model}", self.fill_model, *apart(self.market, drill=self.drill), *asked)
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """One candidate that a model has put a number on, and how it ended; `won` is None where that says nothing."""

    key: Key
    session: int
    said: Said
    won: bool | None


def taken(found: Iterable[Trip]) -> list[Judged]:
    """Round trips that a model let pass."""
    return [
        Judged(_key(trip, trip.said), trip.session, trip.said, won(trip.exit_reason)) for trip in found if trip.said
    ]


def turned_down(found: Iterable[Refused]) -> list[Judged]:
    """Refusals that a model has put a number on, and that would have filled."""
    return [
        Judged(replace(_key(one, one.said), counted=REFUSED), one.session, one.said, won(one.made.end))
        for one in found
        if one.said and one.made is not None and one.filled
    ]


def _key(one: Trip | Refused, said: Said) -> Key:
    return Key(one.market, one.drill, one.strategy, said.model, one.fill_model, TAKEN)


def calibration(
    found: Iterable[Judged], journal: Callable[[], Sequence[Trip]], bootstrap: Bootstrap
) -> list[dict[str, Any]]:
    """One object (CALIBRATION of `bot.journal.figure_shapes`) a strategy, model, market, fill model and way to count.

    `journal` has all round trips that there are: what a model's monitor has heard does not depend on what is looked at.
    It is asked only where a model was.
    """
    parts: dict[Key, list[Judged]] = defaultdict(list)
    for one in found:
        parts[one.key].append(one)
    everything = journal() if parts else ()
    return [figures(key, parts[key], monitor(everything, key), bootstrap) for key in sorted(parts, key=_order)]


def _order(key: Key) -> tuple[object, ...]:
    return key.market, key.drill, key.strategy, key.model, key.fill_model, key.counted != TAKEN


def monitor(everything: Iterable[Trip], key: Key) -> Monitor:
    """The monitor of the newest account that a model's promises were held against: each account begins with none."""
    own = replace(key, counted=TAKEN)
    mine = [
        (trip, trip.said, is_won)
        for trip in everything
        if trip.said is not None and _key(trip, trip.said) == own and (is_won := won(trip.exit_reason)) is not None
    ]
    mine.sort(key=lambda one: one[0].seq)
    heard = Monitor()
    for trip, said, is_won in mine:
        if trip.account == mine[-1][0].account:
            heard.add(said.p0, is_won, trip.exit_ns)
    return heard


def figures(key: Key, judged: Sequence[Judged], heard: Monitor, bootstrap: Bootstrap) -> dict[str, Any]:
    """The object of one group."""
    told = [one for one in judged if one.won is not None]
    sample = Sample([one.session for one in told], bootstrap)
    y, p0, p, p1 = (np.array([value(one) for one in told], float) for value in _NUMBERS)
    base = sample.elsewhere(y)
    gap, promise_gap = sample.mean(y - p), sample.mean(y - p0)
    gain = sample.mean(_log_loss(base, y) - _log_loss(p, y))
    return {
        "group": key.name,
        "strategy": key.strategy,
        "model": key.model,
        "fill_model": key.fill_model,
        "market": key.market,
        "drill": key.drill,
        "counted": key.counted,
        "judged": len(told),
        "silent": len(judged) - len(told),
        "sessions": sample.sessions,
        "won": int(y.sum()),
        "said": _said(p0, p, p1),
        "win_rate": sample.mean(y).shape(),
        "gap": gap.shape(),
        "promise_gap": promise_gap.shape(),
        "brier": sample.mean((p - y) ** 2).shape(),
        "base_brier": sample.mean((base - y) ** 2).shape(),
        "log_loss": sample.mean(_log_loss(p, y)).shape(),
        "base_log_loss": sample.mean(_log_loss(base, y)).shape(),
        "gain": gain.shape(),
        "bins": _bins(sample, [one.session for one in told], y, p0, p, p1),
        "monitor": {"outcomes": heard.outcomes, "e": finite(heard.e), "alarm_ns": heard.alarm_ns},
        "words": verdict(gap, promise_gap, gain),
        "level": bootstrap.level,
        "draws": bootstrap.draws,
        "seed": bootstrap.seed,
    }


_NUMBERS: Sequence[Callable[[Judged], float]] = (
    lambda one: float(bool(one.won)),
    lambda one: one.said.p0,
    lambda one: one.said.p,
    lambda one: one.said.p1,
)


def verdict(gap: Estimate, promise_gap: Estimate, gain: Estimate) -> str:
    """What may be said of a model in one line: whether it is right, and whether it knows anything."""
    if gap.value is None:
        return gap.words
    if _below(promise_gap):
        kept = "wins come less often than even the lower bound promises"
    elif _below(gap):
        kept = "wins come less often than it says"
    elif _above(gap):
        kept = "wins come more often than it says"
    else:
        kept = "nothing speaks against what it says"
    known = "better" if _above(gain) else "worse" if _below(gain) else "as far as can be told no better"
    return f"{kept}; {known} than the base rate"


def _below(found: Estimate) -> bool:
    return found.high is not None and found.high < 0


def _above(found: Estimate) -> bool:
    return found.low is not None and found.low > 0


def watched(heard: Mapping[str, Any]) -> str:
    """A group's `monitor` in words: whether its outcomes have closed the model."""
    if not heard["outcomes"]:
        return "its monitor has heard no outcome yet"
    bet = f"E {heard['e']:,.2f} of {ALARM:g} after {heard['outcomes']:,} outcomes"
    return f"open, {bet}" if heard["alarm_ns"] is None else f"closed by its outcomes, {bet}"


def _log_loss(p: Floats, y: Floats) -> Floats:
    return np.asarray(-np.log(np.maximum(np.where(y > 0, p, 1 - p), _TINY)))


def _said(p0: Floats, p: Floats, p1: Floats) -> dict[str, float | None]:
    """What it said on average: the lower bound, one number, the upper one."""
    return {
        name: round(float(some.mean()), 6) if len(some) else None for name, some in (("p0", p0), ("p", p), ("p1", p1))
    }


def _bins(
    sample: Sample, sessions: Sequence[int], y: Floats, p0: Floats, p: Floats, p1: Floats
) -> list[dict[str, Any]]:
    """Candidates by what was said of them, from the least likely; none while all of them are too few."""
    if too_few(sample.n, sample.sessions):
        return []
    place, days = binned(p, min(BINS, sample.n // ROUND_TRIPS_MIN)), np.asarray(sessions)
    return [
        {
            "count": int(held.sum()),
            "low": round(float(p[held].min()), 6),
            "high": round(float(p[held].max()), 6),
            "said": _said(p0[held], p[held], p1[held]),
            "won": _share(sample, y, held, len(np.unique(days[held]))).shape(),
        }
        for held in (place == at for at in np.unique(place))
    ]


def binned(p: Floats, bins: int) -> NDArray[np.int64]:
    """The bin of each p: about as many in each, and what is alike together."""
    _, at, counts = np.unique(p, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    return np.asarray((bins * middle / len(p)).astype(np.int64)[at])


def _share(sample: Sample, y: Floats, held: NDArray[np.bool_], sessions: int) -> Estimate:
    """The share of a bin that won: drawn by sessions, and no narrower than Wilson's interval."""
    count, hits = int(held.sum()), int(y[held].sum())
    if few := too_few(count, sessions):
        return Estimate(None, None, None, count, sessions, few)
    drawn = sample.mean(np.where(held, y, np.nan))
    low, high = wilson(hits, count, sample.bootstrap.level)
    known = [bound for bound in (drawn.low, drawn.high) if bound is not None]
    words = f"{100 * sample.bootstrap.level:g} % interval of {sessions} sessions"
    return Estimate(drawn.value, min(low, *known), max(high, *known), count, sessions, words)


def wilson(hits: int, of: int, level: float) -> tuple[float, float]:
    """The interval of a share of independent tries."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = (hits + z * z / 2) / (of + z * z)
    half = z / (of + z * z) * math.sqrt(hits * (of - hits) / of + z * z / 4)
    return middle - half, middle + half
