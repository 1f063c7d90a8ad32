"""Short ways to say what was seen and what happened, in seconds after ten o'clock; the market is ES, level 16800."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from bot.config.params import MINUTE_NS, SECOND_NS
from bot.scoring import Detection, Matched, Watched, match
from bot.tape.labels import Label
from tests.tapes import ns

TEN = ns("2026-05-27 10:00")
HOUR = 3600
TICK = Decimal("0.25")
LEVEL = 16800


def at(seconds: float) -> int:
    return TEN + round(seconds * SECOND_NS)


def saw(
    kind: str,
    seconds: float,
    *,
    side: int = 1,
    price: int = LEVEL,
    known: float | None = None,
    vetoed_by: tuple[int, ...] = (),
    timeframe_ns: int = MINUTE_NS,
) -> Detection:
    """A detection confirmed at `seconds`, known then too unless told."""
    return Detection(
        kind, side, at(seconds), at(seconds if known is None else known), price, 1.0, timeframe_ns, vetoed_by
    )


def happened(kind: str, start: float, end: float, *, price: float = LEVEL / 4, strength: float = 1.0) -> Label:
    return Label(kind, at(start), at(end), price, strength, "")


def decoy(note: str, start: float, end: float) -> Label:
    return Label("null", at(start), at(end), float("nan"), 1.0, note)


def watched(*detections: Detection, **more: Any) -> Watched:
    """An hour of tape."""
    kinds = ("absorption", "absorption_early", "rejection", "imbalance")
    return Watched("ES", TICK, TEN, at(HOUR), kinds, detections, **more)


def outcomes(detections: Sequence[Detection], labels: Sequence[Label], **more: Any) -> list[str]:
    """What each detection was, by confirmation."""
    return [outcome for _, outcome in matched(detections, labels, **more).detections]


def matched(detections: Sequence[Detection], labels: Sequence[Label], **more: Any) -> Matched:
    return match(watched(*detections, **more), labels)
