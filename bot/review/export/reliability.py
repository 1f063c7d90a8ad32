"""The reliability of a model as a drawing and as lines of a table: what was said (across) against what came (up)."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.review.export.markup import Html, length, svg, tag

SIZE, LEFT, RIGHT, TOP, BOTTOM = 640, 64, 28, 12, 404
"""A square between the axes is 392 high; across it has the drawing's width."""
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
HEADS = ("Round trips", "Said", "From p0 to p1", "Won")
"""Of `lines`."""
Bin = Mapping[str, Any]


def drawing(name: str, bins: Sequence[Bin], key: str) -> Html:
    """A circle a bin with the interval of its share; on the dashed line what came is what was said.

    A bin of too few for a share is not drawn. `key` makes its ids unique on a page.
    """
    known = [one for one in bins if one["won"]["value"] is not None]
    said = "; ".join(f"said {percent(one['said']['p'])}, won {interval(one)}" for one in known)
    return svg(
        key,
        (SIZE, BOTTOM + 40),
        "What was said and what came",
        f"Chances of winning as {name} said them against the share that won: {said or 'too few to tell'}.",
        tag("line", class_="zero", x1=_x(0), y1=_y(0), x2=_x(1), y2=_y(1)),
        [tag("text", percent(at), x=_x(at), y=BOTTOM + 18, text_anchor="middle") for at in TICKS],
        [tag("text", percent(at), x=LEFT - 6, y=length(float(_y(at)) + 4), text_anchor="end") for at in TICKS],
        tag("text", "won", x=LEFT + 8, y=TOP + 8),
        tag("text", "said", x=_x(0.5), y=BOTTOM + 36, text_anchor="middle"),
        [_bin(one) for one in known],
    )


def _bin(one: Bin) -> list[Html]:
    said, won = one["said"], one["won"]
    return [
        tag("line", class_="reach", x1=_x(said["p"]), x2=_x(said["p"]), y1=_y(won["low"]), y2=_y(won["high"])),
        tag("line", class_="reach", x1=_x(said["p0"]), x2=_x(said["p1"]), y1=_y(won["value"]), y2=_y(won["value"])),
        tag("circle", class_="equity", cx=_x(said["p"]), cy=_y(won["value"]), r=5),
    ]


def _x(share: float) -> str:
    return length(LEFT + (SIZE - RIGHT - LEFT) * share)


def _y(share: float) -> str:
    return length(BOTTOM - (BOTTOM - TOP) * share)


def percent(value: float | None) -> str:
    """62 %"""
    return "–" if value is None else f"{100 * value:.0f} %"


def interval(one: Bin) -> str:
    """The share of a bin that won with its interval, or why there is none."""
    won = one["won"]
    if won["value"] is None:
        return str(won["words"])
    return f"{percent(won['value'])} ({percent(won['low'])} … {percent(won['high'])})"


def lines(bins: Sequence[Bin]) -> list[tuple[str, str, str, str]]:
    """A line a bin: how many, what was said, the mean of its lower and upper bounds, what came."""
    return [
        (
            f"{one['count']:,}",
            percent(one["said"]["p"]),
            f"{percent(one['said']['p0'])} … {percent(one['said']['p1'])}",
            interval(one),
        )
        for one in bins
    ]
