"""Which kinds of detections are counted, and when one is of a label: how late it may come, how far off it may stand.

Source: specification of signals §15. A detection made at a bar's end may come a bar later than what made it, so where
§15 says 75 s for one-minute bars, one bar and 15 s is meant.
"""

from dataclasses import dataclass

from bot.config.params import MINUTE_NS, SECOND_NS

COUNTED = ("absorption", "rejection", "absorption_rejection", "imbalance", "sweep", "accumulation")
"""Kinds that a strategy may act on; weaker ones (`absorption_early`, `exhaustion`, …) stand apart."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What time and price a detection of a kind has to keep to its label."""

    late_ns: int
    """It may be confirmed this long after the label's end."""
    bars: int = 0
    """And this many bars of its own timeframe."""
    level: bool = False
    """Its price has to be near the label's."""

    def until(self, t_end: int, timeframe_ns: int) -> int:
        """The last moment for a label that ended at `t_end`, ns UTC."""
        return t_end + self.late_ns + self.bars * timeframe_ns


FITS = {
    "absorption": Fit(60 * SECOND_NS, level=True),
    "rejection": Fit(15 * SECOND_NS, bars=1),
    "absorption_rejection": Fit(15 * SECOND_NS, bars=1, level=True),
    "imbalance": Fit(120 * SECOND_NS),
    "sweep": Fit(60 * SECOND_NS, level=True),
    "accumulation": Fit(0, bars=1),
    "exhaustion": Fit(60 * SECOND_NS, level=True),
}
_OTHERS = Fit(MINUTE_NS)


def fit_of(kind: str) -> Fit:
    """The fit of a kind; a variant (`imbalance_15m`) has that of the longest kind that it is named after."""
    named = [known for known in FITS if kind == known or kind.startswith(f"{known}_")]
    return FITS[max(named, key=len)] if named else _OTHERS
