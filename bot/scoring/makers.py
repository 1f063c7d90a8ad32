"""What a tape shows of market makers: what they earn, how they move their quotes, and whose model of them it bears out.

Definition, all distances in ticks, s = +1 for a print that a buyer caused, −1 for a seller's
    spread       effective 2s(p − mid), realised 2s(p − mid 30 s later), impact 2s(mid 30 s later − mid), by volume:
                 realised + impact = effective, print by print.
    steps        by how many ticks bid and offer change from one whole touch to the next.
    consumption  volume bought at the ask while it stands until it lifts; lifts in 1,000 units of such volume; where the
                 mid is 30 s after a lift, less where it goes on average in that half hour. The bid alike.
    regression   change of mid, and of spread, over the next 30 s on q, every 30 s: over all such stretches, and over
                 those in which nothing was traded. The literature has quotes fall when makers are long (slope of the
                 mid below 0, of the spread 0), the lesson has them part (slope of the spread above 0, of the mid 0).
                 Where an interval holds 0, nothing is claimed.
    readings     what the mid did after an imbalance, with its side, by its reading: pushed or absorbed.
Source
    Specification of signals §3.1, §8, §17 (M02, M04, M05, M08, M12, M14). Huang & Stoll 1996 (realised spread).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bot.domain.market import ABSENT
from bot.scoring import interval
from bot.scoring.blocks import Figure, blocks, mean, slope
from bot.scoring.path import Ints, Path

SECOND_NS = 1_000_000_000
AFTER_NS = 30 * SECOND_NS
HALF_HOUR_NS = 1800 * SECOND_NS
MARKOUTS_S = (5, 15, 30, 60, 300, 900)
STEPS_MAX = 5
READINGS = {1: "pushed", -1: "absorbed", 0: "neither"}
Row = dict[str, Any]


def half_spreads(path: Path) -> Mapping[str, Ints]:
    """Of each print with a side and a mid then and 30 s later: effective, realised, impact and size."""
    bid, ask, known = path.later(path.print_ts, AFTER_NS)
    whole = (path.print_bid != ABSENT) & (path.print_ask > path.print_bid)
    use = (path.side != 0) & whole & known
    # Twice the distance to a mid is 2p − (bid + ask): whole ticks, nothing is rounded.
    now, then, twice, side = (
        (path.print_bid + path.print_ask)[use],
        (bid + ask)[use],
        2 * path.price[use],
        path.side[use],
    )
    return {
        "ts": path.print_ts[use],
        "effective": side * (twice - now),
        "realised": side * (twice - then),
        "impact": side * (then - now),
        "size": path.size[use],
    }


def spread_rows(path: Path) -> Row:
    """Mean effective, realised spread and impact by volume; and the quoted spread by time."""
    seen = half_spreads(path)
    block, unit = blocks(seen["ts"], path.session(seen["ts"]))
    size = seen["size"].astype(float)
    figures = {name: mean(seen[name].astype(float), block, unit, size) for name in ("effective", "realised", "impact")}
    stood = np.diff(path.ts, append=path.last_ns).astype(float)
    whole = (path.bid != ABSENT) & (path.ask > path.bid)
    quoted = float(np.average((path.ask - path.bid)[whole], weights=stood[whole])) if stood[whole].sum() > 0 else None
    return {"quoted": quoted, **{name: figure.facts() for name, figure in figures.items()}}


def step_rows(path: Path) -> list[Row]:
    """How often bid and offer stepped by one tick, two, …; STEPS_MAX stands for all longer ones."""
    whole = (path.bid != ABSENT) & (path.ask > path.bid)
    pairs = whole[1:] & whole[:-1]
    found = []
    for name, side in (("bid", path.bid), ("ask", path.ask)):
        steps = np.diff(side)[pairs]
        lengths = np.abs(steps[steps != 0])
        counts = np.bincount(np.minimum(lengths, STEPS_MAX), minlength=STEPS_MAX + 1)[1:]
        found.append(
            {
                "side": name,
                "steps": len(lengths),
                "counts": {str(k + 1): int(count) for k, count in enumerate(counts)},
                "one_tick_share": float(counts[0] / len(lengths)) if len(lengths) else None,
                "net": int(steps.sum()),
            }
        )
    return found


def consumption_rows(path: Path) -> list[Row]:
    """How much takers buy at the ask before it lifts, and sell at the bid before it drops."""
    return [_consumption(path, side) for side in (1, -1)]


def _consumption(path: Path, side: int) -> Row:
    price = path.ask if side > 0 else path.bid
    begins = np.flatnonzero(np.diff(price, prepend=price[:1] - 1) != 0) if len(price) else np.zeros(0, np.int64)
    level, since = price[begins], path.row[begins]
    mine = np.flatnonzero(path.side == side)
    stand = np.searchsorted(since, path.print_row[mine], "right") - 1
    held = (stand >= 0) & (level[stand] != ABSENT) & (side * (path.price[mine] - level[stand]) >= 0)
    taken = np.bincount(stand[held], path.size[mine][held], max(1, len(level)))[: len(level)]
    after = np.append(level[1:], ABSENT)
    lifted = (level != ABSENT) & (after != ABSENT) & (side * (after - level) > 0) & (taken > 0)
    volume, lifts = int(taken.sum()), int(lifted.sum())
    low, high = interval.count(lifts)
    at = path.ts[begins[1:][lifted[:-1]]]
    return {
        "side": "ask" if side > 0 else "bid",
        "volume": volume,
        "lifts": lifts,
        "median_until": float(np.median(taken[lifted])) if lifts else None,
        "lifts_per_1000": 1000 * lifts / volume if volume else None,
        "low": 1000 * low / volume if volume else None,
        "high": 1000 * high / volume if volume else None,
        "markout": _beyond_chance(path, at, side).facts(),
    }


def _moves(path: Path, at: Ints, after: int) -> tuple[Any, Any]:
    """Change of the mid over the next `after` ns in ticks, and where it is known."""
    bid, ask, known = path.touch(at)
    then_bid, then_ask, then_known = path.later(at, after)
    return 0.5 * (then_bid + then_ask - bid - ask), known & then_known


def _beyond_chance(path: Path, at: Ints, side: int) -> Figure:
    """Where the mid goes within 30 s of `at`, with `side`, less where it goes from any second of the same half hour."""
    seconds = np.arange(path.ts[0], path.last_ns, SECOND_NS) if len(at) else np.zeros(0, np.int64)
    any_move, any_known = _moves(path, seconds, AFTER_NS)
    first = int(path.ts[0] // HALF_HOUR_NS) if len(at) else 0
    index = (seconds // HALF_HOUR_NS - first)[any_known]
    total, count = np.bincount(index, any_move[any_known]), np.bincount(index)
    move, known = _moves(path, at, AFTER_NS)
    usual = (total / np.maximum(count, 1))[at[known] // HALF_HOUR_NS - first] if known.any() else 0.0
    block, unit = blocks(at[known], path.session(at[known]))
    return mean(side * (move[known] - usual), block, unit)


def regression_rows(path: Path, stamps: Ints, q: Any) -> list[Row]:
    """Change of mid and spread over the next 30 s on q."""
    bid, ask, now = path.touch(stamps)
    then_bid, then_ask, then = path.later(stamps, AFTER_NS)
    use = now & then & ~np.isnan(q)
    traded = np.searchsorted(path.print_ts, stamps + AFTER_NS, "right") > np.searchsorted(
        path.print_ts, stamps, "right"
    )
    changes = {"d_mid": 0.5 * (then_bid + then_ask - bid - ask), "d_spread": 1.0 * (then_ask - then_bid - ask + bid)}
    found = []
    for over, chosen in (("all", use), ("untraded", use & ~traded)):
        block, unit = blocks(stamps[chosen], path.session(stamps[chosen]))
        slopes = {name: slope(q[chosen], change[chosen], block, unit) for name, change in changes.items()}
        says = verdict(slopes["d_mid"], slopes["d_spread"])
        found += [{"over": over, "change": name, **one.facts(), "says": says} for name, one in slopes.items()]
    return found


def verdict(d_mid: Figure, d_spread: Figure) -> str:
    """Whose model the slopes of a stretch bear out; nobody's where their intervals hold zero."""
    falls, parts = d_mid.sure and (d_mid.value or 0) < 0, d_spread.sure and (d_spread.value or 0) > 0
    if d_mid.low is None or d_spread.low is None:
        return "insufficient"
    if falls and not d_spread.sure:
        return "literature"
    if parts and not d_mid.sure:
        return "seed"
    return "both" if falls and parts else "neither" if d_mid.sure or d_spread.sure else "no claim"


def reading_rows(path: Path, imbalances: Sequence[tuple[int, int, int]]) -> list[Row]:
    """Markouts of imbalances, given as (known ns, side, reading), for each reading apart."""
    found = []
    for reading, name in READINGS.items():
        mine = [(known, side) for known, side, said in imbalances if said == reading]
        at, sides = (np.array([one[k] for one in mine], np.int64) for k in (0, 1))
        row: Row = {"reading": name, "signals": len(mine)}
        for seconds in MARKOUTS_S:
            move, known = _moves(path, at, seconds * SECOND_NS)
            block, unit = blocks(at[known], path.session(at[known]))
            row[f"{seconds}s"] = mean((sides * move)[known], block, unit).facts()
        found.append(row)
    return found
