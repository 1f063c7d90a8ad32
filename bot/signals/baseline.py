"""What a level usually takes before it breaks: the baseline that an absorbed volume is compared with.

Definition
    Every broken level gives x = ln(1 + V). Mean and variance follow with a = max(1/200, 1/n): a plain average of the
    first two hundred, exponential after. One baseline per half hour since the session's open is carried over the days,
    one is the day's own; the half hour's speaks once it has enough samples, else the day's, else nobody.
Source
    Specification of signals §4.
"""

import numpy as np

from bot.kernel import Row, part

HALF_HOUR_NS = 1_800_000_000_000
BUCKETS = 51  # 25 hours, the longest day, and one to spare
_SPAN = 200

SAMPLES = np.dtype([("n", "i8"), ("mu", "f8"), ("var", "f8")], align=True)
STATE = np.dtype([("open", "i8"), ("day", SAMPLES), ("buckets", SAMPLES, (BUCKETS,))], align=True)


@part
def add(b: Row, x: float) -> None:
    """Take one sample."""
    b.n += 1
    if b.n == 1:
        b.mu, b.var = x, 0.0
        return
    a = 1.0 / min(b.n, _SPAN)
    d = x - b.mu
    b.mu += a * d
    b.var += a * (d * d - b.var)


@part
def bucket(s: Row, ts: int) -> int:
    """Index of the half hour that `ts` lies in."""
    return int(min(BUCKETS - 1, max(0, (ts - s.open) // HALF_HOUR_NS)))


@part
def learn(s: Row, ts: int, x: float) -> None:
    """Take one sample into the day's baseline and the half hour's."""
    add(s.day, x)
    add(s.buckets[bucket(s, ts)], x)


@part
def new_day(s: Row, opened: int) -> None:
    """Forget the day's own baseline; the half hours stay."""
    s.open = opened
    s.day.n = 0


@part
def look(
    s: Row, ts: int, warmup: int, season_warmup: int, fixed_mu: float, fixed_sd: float
) -> tuple[float, float, int, int]:
    """(mu, sd, samples, until when unless more is learnt); sd is 0 when there is no baseline yet.

    A fixed one has no need to warm up.
    """
    k = bucket(s, ts)
    until = s.open + (k + 1) * HALF_HOUR_NS
    if fixed_sd > 0.0:
        return fixed_mu, fixed_sd, int(s.day.n), until
    b = s.buckets[k] if s.buckets[k].n >= max(warmup, season_warmup) else s.day
    return b.mu, np.sqrt(b.var) if b.n >= warmup else 0.0, b.n, until
