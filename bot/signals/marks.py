"""What a signal's evidence had to reach: for each kind the measures that a parameter of its detector bounds.

Only what has to hold by itself is here. What is weighed with other measures (an absorption's z, share and rho) has no
bound of its own, and what follows the market (a sweep's `burst_needed`) is evidence itself.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

_SECONDS = 1e-9
_PERCENT = 0.01


class Mark(NamedTuple):
    """A bound: the sign between measure and parameter, the parameter's name, and what it is multiplied by."""

    sign: Literal["≥", "≤"]
    param: str
    unit: float = 1.0
    of: str = ""
    """The kind of the detector that it listens to and whose parameter it is; empty: its own."""


_SURE = {"confidence": Mark("≥", "confidence_min")}
_ABSORBED = {"volume": Mark("≥", "volume_min"), "age": Mark("≥", "age_min", _SECONDS), **_SURE}
_WINDOW = {"z": Mark("≥", "z_min"), "prints": Mark("≥", "prints_min"), **_SURE}
_WATCHED = {"share": Mark("≥", "watch_percent", _PERCENT), **_WINDOW}

MARKS: Mapping[str, Mapping[str, Mark]] = {
    "absorption": _ABSORBED,
    "absorption_early": _ABSORBED,
    "imbalance": {"share": Mark("≥", "strong_percent", _PERCENT), **_WINDOW},
    "imbalance_watch": _WATCHED,
    "imbalance_15m": _WATCHED,
    "rejection": {
        "tail": Mark("≥", "tail_min"),
        "tail_atr": Mark("≥", "tail_atr_min"),
        "tail_share": Mark("≥", "tail_share_min"),
        "clv": Mark("≥", "clv_min"),
        "effort": Mark("≥", "effort_min"),
        "relief": Mark("≥", "relief_min"),
        "prints": Mark("≥", "prints_min"),
    },
    "rejection_minor": {
        "tail": Mark("≥", "tail_min"),
        "tail_share": Mark("≥", "minor_tail_share_min"),
        "clv": Mark("≥", "minor_clv_min"),
        "prints": Mark("≥", "prints_min"),
    },
    "absorption_rejection": {
        "volume": Mark("≥", "volume_min", of="absorption"),
        "age": Mark("≥", "age_min", _SECONDS, of="absorption"),
        "tail": Mark("≥", "tail_min", of="rejection"),
    },
    "exhaustion": {
        "td": Mark("≤", "td_max"),
        "relief": Mark("≥", "relief_min"),
        "tail_volume": Mark("≥", "tail_volume_min"),
    },
    "sweep": {
        "s": Mark("≥", "strength_min"),
        "prints": Mark("≥", "prints_min"),
        "answer": Mark("≥", "answer_min"),
        **_SURE,
    },
    "accumulation": {
        "bars": Mark("≥", "bars_min"),
        "z": Mark("≤", "z_min", -1.0),
        "tests": Mark("≥", "tests_min"),
        "edge_share": Mark("≥", "edge_share_min"),
    },
    "sweep_absorption": {
        "s": Mark("≥", "strength_min", of="sweep"),
        "answer": Mark("≥", "answer_min", of="sweep"),
        "volume": Mark("≥", "volume_min", of="absorption"),
    },
    "imbalance_pullback": {
        "share": Mark("≥", "watch_percent", _PERCENT, of="imbalance"),
        "z": Mark("≥", "z_min", of="imbalance"),
        "depth": Mark("≥", "depth_min_ticks"),
    },
    "quote_skew": _SURE,
    "quote_widen": _SURE,
}
"""Kind of signal → name in its evidence → what it had to reach."""
