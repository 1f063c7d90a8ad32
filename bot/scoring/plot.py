"""A tally as one picture: recall by kind and strength, false alarms an hour, each with its interval. Plain SVG."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from bot.scoring.report import rows
from bot.scoring.tally import Tally

THIRDS = {"weak": "#9ecae1", "mid": "#4292c6", "strong": "#084594"}
LINE, TOP, LEFT, WIDE, GAP = 54, 56, 150, 300, 70
INK, GRID = "#444", "#ddd"


def drawn(tally: Tally, name: str) -> str:
    """The picture as an SVG document that needs nothing beside itself; `name` says of which tape."""
    shown = [row for row in rows(tally) if row["counted"]]
    height = TOP + LINE * max(1, len(shown)) + 44
    width = LEFT + 2 * WIDE + GAP + 30
    most = _round_up(max((float(row["false_per_hour_high"] or 0) for row in shown), default=0.0))
    title = escape(f"What the detectors see of {name}: recall and false alarms an hour, with exact 95 % intervals")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="what" '
        f'aria-label="{title.replace(chr(34), "&quot;")}" font-family="sans-serif" font-size="12" fill="{INK}">',
        f'<title id="what">{title}</title><rect width="{width}" height="{height}" fill="#fff"/>',
        *_axis(LEFT, "recall", 1.0, height),
        *_legend(LEFT + 60),
        *_axis(LEFT + WIDE + GAP, "false alarms an hour", most, height),
    ]
    for number, row in enumerate(shown):
        y = TOP + LINE * number + LINE // 2
        parts.append(f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(row["kind"])}</text>')
        parts += _recalls(row["by_strength"], y)
        rate = [row["false_per_hour"], row["false_per_hour_low"], row["false_per_hour_high"]]
        parts += _bar(LEFT + WIDE + GAP, y, rate, most, "#cb181d")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _axis(left: int, title: str, most: float, height: int) -> Iterator[str]:
    yield f'<text x="{left}" y="24" font-weight="bold">{title}</text>'
    for part in (0.0, 0.5, 1.0):
        x = left + WIDE * part
        yield f'<line x1="{x:g}" y1="{TOP - 8}" x2="{x:g}" y2="{height - 36}" stroke="{GRID}"/>'
        yield f'<text x="{x:g}" y="{height - 20}" text-anchor="middle">{most * part:.2g}</text>'


def _legend(left: int) -> Iterator[str]:
    for number, (third, colour) in enumerate(THIRDS.items()):
        x = left + 64 * number
        yield f'<circle cx="{x}" cy="20" r="5" fill="{colour}"/><text x="{x + 9}" y="24">{third}</text>'


def _round_up(most: float) -> float:
    """The end of an axis: the next of 1, 2, 5 times a power of ten."""
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= most)


def _recalls(thirds: Mapping[str, Mapping[str, Any]], y: int) -> Iterator[str]:
    for number, (third, colour) in enumerate(THIRDS.items()):
        one = thirds[third]
        yield from _bar(
            LEFT, y + 14 * (number - 1), [one["recall"], one["recall_low"], one["recall_high"]], 1.0, colour
        )


def _bar(left: int, y: int, figures: Sequence[float | None], most: float, colour: str) -> Iterator[str]:
    """A dot with its interval; nothing where there is no figure."""
    value, low, high = figures
    if value is None or low is None or high is None:
        return
    at, begin, end = (left + WIDE * min(1.0, figure / most) for figure in (value, low, high))
    yield f'<line x1="{begin:.1f}" y1="{y}" x2="{end:.1f}" y2="{y}" stroke="{colour}" stroke-width="3"/>'
    yield f'<circle cx="{at:.1f}" cy="{y}" r="5" fill="{colour}"/>'
