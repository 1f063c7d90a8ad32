"""What a model sees of a candidate: numbers of its signal's evidence, and the hour. The same in training and live.

tail_per_atr    tail ÷ ATR of the trigger's bars
hour_sin_k      sin(2πk·m/1440), hour_cos_k likewise: m is the minute of the day in New York, k is 1 or 2
any other       the evidence of that name
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

MOST = 14
"""So many features, at most."""
PREFERRED = (
    *("z", "share", "rho", "tail_per_atr", "clv", "effort", "relief"),
    *("burst", "pen", "s", "imbalance_z", "micro", "q", "rv_ratio", "spread"),
)
"""What a model goes by unless other evidence is named: absorption, rejection, sweep, imbalance, makers, market."""
HARMONICS = tuple(f"hour_{wave}_{k}" for k in (1, 2) for wave in ("sin", "cos"))
_NEW_YORK = ZoneInfo("America/New_York")
_DAY_MINUTES = 1440


def offered(evidence: Iterable[str]) -> list[str]:
    """Those of PREFERRED that this evidence can give, in order, no more than leave room for the hour."""
    names = set(evidence)
    found = [name for name in PREFERRED if name in names or (name == "tail_per_atr" and {"tail", "atr_ticks"} <= names)]
    return found[: MOST - len(HARMONICS)]


def numbers(names: Sequence[str], evidence: Mapping[str, float | None], known_ns: int) -> list[float]:
    """The features of one candidate in order of `names`; NaN where the evidence has none."""
    hours = _hours(known_ns) if any(name in HARMONICS for name in names) else {}
    return [hours[name] if name in hours else _number(name, evidence) for name in names]


def _number(name: str, evidence: Mapping[str, float | None]) -> float:
    if name == "tail_per_atr":
        tail, atr = _number("tail", evidence), _number("atr_ticks", evidence)
        return tail / atr if atr > 0 else math.nan
    value = evidence.get(name)
    return math.nan if value is None or not math.isfinite(value) else float(value)


def _hours(known_ns: int) -> dict[str, float]:
    seconds, rest = divmod(known_ns, 10**9)
    at = datetime.fromtimestamp(seconds, UTC).astimezone(_NEW_YORK)
    minute = at.hour * 60 + at.minute + (at.second + rest / 1e9) / 60
    found: dict[str, float] = {}
    for k in (1, 2):
        angle = 2 * math.pi * k * minute / _DAY_MINUTES
        found |= {f"hour_sin_{k}": math.sin(angle), f"hour_cos_{k}": math.cos(angle)}
    return found
