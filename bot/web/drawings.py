"""Drawings of the statistics page, made on the server: how results spread, and how far prices went against and for."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.review import words
from bot.review.export.markup import Html, length, svg, tag
from bot.review.trips import Trip

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 960, 64, 16, 12, 260
INSIDE = 14
"""Room between an axis and the circles that lie on it."""
STEP_R, LEAST_R, MOST_R = 0.5, -4.0, 8.0
"""Results of half an R together; what lies beyond the ends is in the last step."""
REACH = 0.99
"""Share of round trips that the scatter's axes hold; what lies beyond is drawn at their ends."""


@dataclass(frozen=True, slots=True)
class Step:
    """Results from `low` up to `high` R after costs; an end is None where there is no bound."""

    low: float | None
    high: float | None
    count: int

    @property
    def name(self) -> str:
        """As people read it."""
        if self.low is None:
            return f"below {words.signed(self.high, 1)}"
        if self.high is None:
            return f"{words.signed(self.low, 1)} and more"
        return f"{words.signed(self.low, 1)} to {words.signed(self.high, 1)}"


def steps(trips: Sequence[Trip]) -> list[Step]:
    """How results in R after costs spread, from the lowest to the highest; those without an R are left out."""
    known = [trip.r_net for trip in trips if trip.r_net is not None]
    if not known:
        return []
    counts = Counter(math.floor(min(max(r, LEAST_R - STEP_R), MOST_R) / STEP_R) for r in known)
    below, beyond = round(LEAST_R / STEP_R) - 1, round(MOST_R / STEP_R)
    return [
        Step(
            None if at == below else at * STEP_R,
            None if at == beyond else (at + 1) * STEP_R,
            counts[at],
        )
        for at in range(min(counts), max(counts) + 1)
    ]


def spread(name: str, found: Sequence[Step], key: str) -> Html:
    """A bar a step; `key` makes its ids unique on a page."""
    most = max(step.count for step in found)
    wide = (WIDTH - RIGHT - LEFT) / len(found)
    said = f"Results in R after costs of {name}: most often {max(found, key=lambda step: step.count).name} R."
    return svg(
        key,
        (WIDTH, BOTTOM + 26),
        "How results spread",
        said,
        [_bar(LEFT + at * wide, wide, step, most) for at, step in enumerate(found)],
        tag("line", class_="zero", x1=LEFT, x2=WIDTH - RIGHT, y1=BOTTOM, y2=BOTTOM),
        tag("text", f"{most:,}", x=LEFT - 6, y=TOP + 8, text_anchor="end"),
        tag("text", "0", x=LEFT - 6, y=BOTTOM + 4, text_anchor="end"),
        [
            tag(
                "text",
                words.signed(step.low, 0) if step.low else "0",
                x=length(LEFT + at * wide),
                y=BOTTOM + 18,
                text_anchor="middle",
            )
            for at, step in enumerate(found)
            if step.low is not None and step.low.is_integer()
        ],
    )


def _bar(x: float, wide: float, step: Step, most: int) -> Html:
    high = (BOTTOM - TOP) * step.count / most
    loses = step.high is not None and step.high <= 0
    return tag(
        "rect",
        class_="losing" if loses else "winning",
        x=length(x + 1),
        y=length(BOTTOM - high),
        width=length(wide - 2),
        height=length(high),
    )


@dataclass(frozen=True, slots=True)
class Spot:
    """Round trips that went the same way: ticks against and for, both positive, and whether they won."""

    against: int
    favour: int
    won: bool
    count: int


def spots(trips: Sequence[Trip]) -> list[Spot]:
    """Where round trips lie by how far the price went against and for them; the most common last."""
    seen = Counter(
        (trip.mae_ticks, trip.mfe_ticks, trip.net > 0)
        for trip in trips
        if trip.mae_ticks is not None and trip.mfe_ticks is not None
    )
    return [Spot(*where, count) for where, count in sorted(seen.items(), key=lambda item: (item[1], item[0]))]


def scatter(name: str, found: Sequence[Spot], key: str) -> Html:
    """A circle for each place, full where they won and hollow where not; its area is how many there are."""
    width = _reach([(spot.against, spot.count) for spot in found])
    height = _reach([(spot.favour, spot.count) for spot in found])
    most = max(spot.count for spot in found)
    count = sum(spot.count for spot in found)
    said = f"How far the price went against (across) and for (up) {count:,} round trips of {name}, in ticks."
    return svg(
        key,
        (WIDTH, BOTTOM + 26),
        "Ticks against and for",
        said,
        tag("line", class_="zero", x1=LEFT, x2=WIDTH - RIGHT, y1=BOTTOM, y2=BOTTOM),
        tag("line", class_="zero", x1=LEFT, x2=LEFT, y1=TOP, y2=BOTTOM),
        [
            tag(
                "circle",
                class_="won" if spot.won else "lost",
                cx=length(LEFT + INSIDE + (WIDTH - RIGHT - LEFT - 2 * INSIDE) * min(spot.against, width) / width),
                cy=length(BOTTOM - INSIDE - (BOTTOM - TOP - 2 * INSIDE) * min(spot.favour, height) / height),
                r=length(2.5 + 9 * math.sqrt(spot.count / most) if most > 1 else 4),
            )
            for spot in found
        ],
        tag("text", "0", x=LEFT - 6, y=BOTTOM - INSIDE + 4, text_anchor="end"),
        tag("text", f"{height} for", x=LEFT - 6, y=TOP + INSIDE + 4, text_anchor="end"),
        tag("text", "0", x=LEFT + INSIDE, y=BOTTOM + 18, text_anchor="middle"),
        tag("text", f"{width} against", x=WIDTH - RIGHT, y=BOTTOM + 18, text_anchor="end"),
    )


def _reach(found: Sequence[tuple[int, int]]) -> int:
    """The length of an axis: it holds nearly all."""
    left = REACH * sum(count for _, count in found)
    for value, count in sorted(found):
        left -= count
        if left <= 0:
            return max(1, value)
    return 1
