"""Candidates out of a known law, and models of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bot.domain.decision import Proposal, Signal
from bot.models.fit import Candidate

DAY_NS, HALF_HOUR_NS = 86_400 * 10**9, 1_800 * 10**9
FIRST_NS = 1_767_628_800 * 10**9  # 5 January 2026, 16:00 UTC
NAMES = ("z", "share", "rho", "clv", "effort")
BREAK_EVEN = 0.44
PARAMS = "9f2c"


def evidence(chance: np.random.Generator) -> dict[str, float]:
    """Five numbers: one skewed, one bounded, two that go together."""
    z, other, u = chance.normal(size=3)
    return {
        "z": float(z),
        "share": float(0.8 * z + 0.6 * other),
        "rho": float(np.exp(0.5 * chance.normal())),
        "clv": float(chance.random()),
        "effort": float(u),
    }


def candidates(seed: int, count: int, *, slope: float = 0.0, base: float = 0.4, per_day: int = 10) -> list[Candidate]:
    """So many, `per_day` a day; the log odds of winning grow by `slope` with z (0: labels that mean nothing)."""
    chance = np.random.default_rng(seed)
    found = []
    for number in range(count):
        day, at = divmod(number, per_day)
        known = FIRST_NS + day * DAY_NS + at * HALF_HOUR_NS // 2
        seen = evidence(chance)
        odds = np.log(base / (1 - base)) + slope * seen["z"]
        won = bool(chance.random() < 1 / (1 + np.exp(-odds)))
        found.append(
            Candidate(
                f"c-{number:05}", "s", 20260105 + day, known, known + HALF_HOUR_NS // 4, seen, PARAMS, "queue",
                BREAK_EVEN, won,
            )
        )  # fmt: skip
    return found


def signal(one: Candidate, **changed: Any) -> Signal:
    """What led to it."""
    told: dict[str, Any] = {"evidence": one.evidence, "params_hash": one.params_hash} | changed
    return Signal(f"sig-{one.id}", one.known, one.known, 0, "k", 1, 16800, 1.0, 0, **told)


def proposal(one: Candidate, **changed: Any) -> Proposal:
    """A bracket of 4 ticks to the stop and 6 to the target."""
    told: dict[str, Any] = {"known": one.known, "ttl_ns": 10**9, "signal_id": f"sig-{one.id}"} | changed
    return Proposal("s", 0, 1, 1, 16801, 16797, 16807, **told)


def later(seed: int, count: int, days: int, **law: Any) -> Sequence[Candidate]:
    """Candidates of the same law, so many days after the first ones."""
    from dataclasses import replace

    return [
        replace(one, known=one.known + days * DAY_NS, end=one.end + days * DAY_NS, session=one.session + days)
        for one in candidates(seed, count, **law)
    ]
