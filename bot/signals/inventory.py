"""What makers hold, as far as a tape can show it: whatever takers bought, somebody who was quoting sold.

Definition
    q_hat = −phi · Σ s·q·exp(−(t − tᵢ)/tau) over prints with a known side s, in contracts or shares: phi is the share of
    the passive side that is market-making. Positive is long. Counted by whole seconds: what was traded in a second
    fades from its end on.
    q = q_hat / (phi · sd), free of units: sd of the net volume of five minutes, looked at every minute (`look`); not
    known (NaN) before five such looks of the day.
    q_v = −(CVD − CVD when it last crossed its own average of span tau): what makers took on since flow turned.
    confidence = 1 − Σ doubt / Σ volume, fading alike: a side that is not known is all doubt.
    Everything begins anew with each day's opens and after a halt; a tape holds one contract.
Source
    Specification of signals §8. Who quotes is not on the tape, so phi is a guess and only the sign and the course of q
    mean anything. Stoll 1978, Ho & Stoll 1981: why a maker's inventory matters at all.
"""

import math

import numpy as np

from bot.config.params import SECOND_NS
from bot.kernel import Row, part
from bot.signals import baseline
from bot.signals.growth import FORGOTTEN

STRETCHES = 5
"""Stretches between two looks, of which one usual flow is made."""
LOOKS_MIN = 5
_RING = 8  # a power of two above STRETCHES

STATE = np.dtype(
    [
        ("fade", "f8"),  # exp(−1 s/tau)
        ("last", "i8"),  # the newest second in which something was heard
        ("buy", "i8"),  # traded by then since the tape began
        ("sell", "i8"),
        ("unknown", "i8"),
        ("unsure", "f8"),
        ("q", "f8"),  # −Σ s·q, fading: phi is left to the reader
        ("volume", "f8"),
        ("doubt", "f8"),
        ("cvd", "i8"),  # since the day or trading began
        ("average", "f8"),  # of it
        ("above", "i8"),  # +1, −1; 0 before it has left its average
        ("turned", "i8"),  # cvd when it crossed it
        ("stretches", "i8"),
        ("cvds", "i8", (_RING,)),  # at the end of each
        ("traded", "i8", (_RING,)),
        ("looks", baseline.SAMPLES),
    ],
    align=True,
)


@part
def restart(s: Row) -> None:
    """Trading stopped or went on: what makers hold is not known any more."""
    s.q = s.volume = s.doubt = s.average = 0.0
    s.cvd = s.above = s.turned = s.stretches = 0


@part
def new_day(s: Row) -> None:
    """Nor is what was usual."""
    restart(s)
    s.looks.n = 0


@part
def learn(s: Row, tau: int, traded: Row, at: int) -> None:
    """A second in which something was heard is over, and `traded` is all that was traded so far."""
    keep = s.fade if at - s.last == SECOND_NS else math.exp(-min((at - s.last) / tau, FORGOTTEN))
    delta = traded.buy - s.buy - (traded.sell - s.sell)
    unknown = traded.unknown - s.unknown
    s.q = s.q * keep - delta
    s.volume = s.volume * keep + (traded.buy - s.buy + traded.sell - s.sell + unknown)
    s.doubt = s.doubt * keep + (traded.unsure - s.unsure + unknown)
    s.buy, s.sell, s.unknown, s.unsure, s.last = traded.buy, traded.sell, traded.unknown, traded.unsure, at
    s.cvd += delta
    s.average += (1.0 - keep) * (s.cvd - s.average)
    above = 1 if s.cvd > s.average else -1 if s.cvd < s.average else s.above
    if above != s.above:
        s.above, s.turned = above, s.cvd


@part
def look(s: Row) -> None:
    """A stretch is over: look at the last five, if anything was traded in them."""
    k = s.stretches & (_RING - 1)
    volume = s.buy + s.sell
    s.cvds[k], s.traded[k] = s.cvd, volume
    then = (s.stretches - STRETCHES) & (_RING - 1)
    if s.stretches >= STRETCHES and volume > s.traded[then]:
        baseline.add(s.looks, s.cvd - s.cvds[then])
    s.stretches += 1


@part
def in_units(s: Row) -> float:
    """q: what makers hold in usual flows of five stretches; NaN while those are not known."""
    if s.looks.n < LOOKS_MIN or s.looks.var <= 0.0:
        return np.nan
    return float(s.q / math.sqrt(s.looks.var))


@part
def confidence(s: Row) -> float:
    """How sure the sides are that it rests on; 0 without any."""
    return float(1.0 - s.doubt / s.volume) if s.volume > 0.0 else 0.0
