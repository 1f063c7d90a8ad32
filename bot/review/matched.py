"""Random entries that are like those a strategy wanted: the same hour, the same market, the same bracket, by chance.

A strategy that buys in lively half-hours with wide targets gains and loses as such half-hours do. What its signals
add shows only beside entries that differ in one thing: that nobody saw anything. Each wish is given `each` of them, at
times

    of the same class of days    as long a session, with a blackout or without one
    in the same half-hour        counted from the opening of regular hours
    in the same third            of that half-hour, by how much the middle has moved in the last five minutes
    at the same spread           in ticks

at least `apart_ns` from anything the strategy wanted, outside its blackouts, in the run's own tapes. Side, size,
distances, ttl and time stop are the wish's own; its limit stands as far from the touch as the wish's did. Where fewer
such seconds are there than are asked for, they are drawn again; where there is none the wish has no match.

Source: signals.md E3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.domain.market import Days
from bot.domain.what_if import Draw, Standing, Wish

SECOND_NS = 1_000_000_000
HALF_HOUR_NS = 1_800 * SECOND_NS
MOVED_NS = 300 * SECOND_NS
"""Over how long the market's liveliness is measured."""
THIRDS = (1 / 3, 2 / 3)

Windows = Sequence[tuple[int, int]]
"""[from, to) in which entries are shut, ns UTC."""
Bools = NDArray[np.bool_]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Moments:
    """Every stamp of one instrument with what makes two of them alike."""

    standing: Standing
    classes: Numbers
    """One number for class of days, half-hour, third and spread together."""
    shut: Bools
    until: Numbers
    """When the session of each ends."""


def matched(
    wishes: Sequence[Wish],
    standing: Mapping[str, Standing],
    hours: Mapping[str, Days],
    shut: Mapping[str, Windows],
    draw: Draw,
) -> dict[str, list[Wish]]:
    """Wish id → its random entries; those without terms, without a quote and without a match have none.

    `standing` holds the quotes of each product before full seconds and before each wish's `known_ns`, `hours` its
    sessions, `shut` the blackouts of each strategy. A wish's entries depend on its time and on `draw.seed`, not on
    which others are asked for beside it, but for the times that those keep free.
    """
    found: dict[str, list[Wish]] = {}
    for strategy, product in sorted({(one.strategy, one.product) for one in wishes}):
        if product not in standing or not len(standing[product].ts):
            continue
        moments = _moments(standing[product], hours[product], shut.get(strategy, ()))
        mine = [one for one in wishes if (one.strategy, one.product) == (strategy, product)]
        free = _apart(moments.standing.ts, [one.known_ns for one in mine], draw.apart_ns) & ~moments.shut
        free &= moments.standing.ts % SECOND_NS == 0
        by_class = {number: np.flatnonzero(free & (moments.classes == number)) for number in np.unique(moments.classes)}
        for wish in mine:
            at = int(np.searchsorted(moments.standing.ts, wish.known_ns))
            if wish.terms is None or at == len(moments.classes) or moments.standing.ts[at] != wish.known_ns:
                continue
            if len(pool := by_class[moments.classes[at]]):
                found[wish.id] = _entries(wish, moments, at, pool, draw)
    return found


def _moments(standing: Standing, hours: Days, shut: Windows) -> _Moments:
    ts = standing.ts
    session = np.clip(np.searchsorted(hours["open"], ts, side="right") - 1, 0, None)
    day = hours[session]
    begins = np.array([window[0] for window in shut], np.int64)
    ends = np.array([window[1] for window in shut], np.int64)
    closed = (ts < day["open"]) | (ts >= day["close"])
    for begin, end in shut:
        closed |= (begin <= ts) & (ts < end)
    news = np.array([bool(((begins < one["close"]) & (ends > one["open"])).any()) for one in hours])[session]
    lengths = (day["close"] - day["open"]) // HALF_HOUR_NS
    half_hours = (ts - day["anchor"]) // HALF_HOUR_NS
    thirds = _thirds(_moved(standing, session), half_hours)
    parts = (news, lengths, half_hours, thirds, standing.ask - standing.bid)
    _, classes = np.unique(
        np.stack([np.asarray(part, np.int64) for part in parts], axis=1), axis=0, return_inverse=True
    )
    return _Moments(standing, classes.ravel(), closed, day["close"])


def _moved(standing: Standing, session: Numbers) -> Numbers:
    """The sum of squared moves of the middle over the five minutes before each stamp."""
    middles = standing.bid + standing.ask
    moves = np.diff(middles, prepend=middles[:1])
    moves[np.diff(session, prepend=session[:1]) != 0] = 0  # a night is no move
    run = np.cumsum(moves**2)
    back = np.searchsorted(standing.ts, standing.ts - MOVED_NS)
    return np.asarray(run - run[back])


def _thirds(moved: Numbers, half_hours: Numbers) -> Numbers:
    """In which third of its half-hour each stamp is: 0 calm, 2 lively."""
    thirds = np.zeros(len(moved), np.int64)
    for half_hour in np.unique(half_hours):
        rows = half_hours == half_hour
        thirds[rows] = np.searchsorted(np.quantile(moved[rows], THIRDS), moved[rows])
    return thirds


def _apart(ts: Numbers, wanted: Sequence[int], apart_ns: int) -> Bools:
    """Which stamps are far enough from all that was wanted."""
    known = np.sort(np.asarray(wanted, np.int64))
    after = np.searchsorted(known, ts)
    before = np.where(after > 0, ts - known[np.maximum(after - 1, 0)], apart_ns)
    ahead = np.where(after < len(known), known[np.minimum(after, len(known) - 1)] - ts, apart_ns)
    return np.asarray((before >= apart_ns) & (ahead >= apart_ns))


def _entries(wish: Wish, moments: _Moments, at: int, pool: NDArray[np.intp], draw: Draw) -> list[Wish]:
    assert wish.terms is not None
    chance = np.random.default_rng((draw.seed, wish.known_ns, wish.side + 1))
    rows = chance.choice(pool, draw.each, replace=len(pool) < draw.each)
    standing, terms = moments.standing, wish.terms
    touch = standing.ask if wish.side > 0 else standing.bid
    entries = []
    for number, row in enumerate(rows.tolist()):
        by = int(touch[row] - touch[at])
        moved = replace(terms, entry=terms.entry + by, stop=terms.stop + by, target=terms.target + by)
        known_ns, until_ns = int(standing.ts[row]), int(moments.until[row])
        own = f"{wish.id}~{number}"
        entries.append(replace(wish, id=own, known_ns=known_ns, until_ns=until_ns, at_first=False, terms=moved))
    return entries
