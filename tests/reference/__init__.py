"""Reference detectors: the formulas of the specification of signals §3.1, §4, §5, §6 and §7 with §13's settings, as the
page has them, without guards, memory between days or care for speed. They say how well the page itself sees, so that
the detectors that ship can be compared with it on the same tapes. Nothing here was taken from `bot/signals`."""

from collections.abc import Sequence

import numpy as np

from bot.domain.market import OFF_GRID, PRINT, QUARANTINED, Ticks
from tests.reference.absorption import absorptions
from tests.reference.bars import bars_of
from tests.reference.confluence import confluences
from tests.reference.imbalance import imbalances
from tests.reference.rejection import rejections
from tests.reference.seen import Seen
from tests.reference.sweep import sweeps

__all__ = ["KINDS", "Seen", "detect"]

KINDS = ("absorption", "rejection", "absorption_rejection", "imbalance", "sweep")


def detect(ticks: Ticks, product: str, open_ns: int, bar_s: int = 60) -> Sequence[Seen]:
    """All detections on one day's ticks (sides known), by time; `open_ns` is the day's anchor, a bar lasts `bar_s`."""
    prints = ticks[(ticks["kind"] == PRINT) & (ticks["flags"] & (OFF_GRID | QUARANTINED) == 0)]
    bars = bars_of(prints, open_ns, bar_s)
    absorbed = absorptions(ticks, product, slow=bar_s >= 900)
    candles = rejections(bars)
    found = [
        *absorbed,
        *(one for one in candles if one.kind == "rejection"),
        *confluences(absorbed, candles, bars),
        *imbalances(prints, open_ns, 300),
        *sweeps(ticks, product, slow=bar_s >= 900),
    ]
    assert np.all(np.diff(ticks["ts"]) >= 0), "in arrival order"
    return sorted(found, key=lambda one: (one.ts, one.kind))
