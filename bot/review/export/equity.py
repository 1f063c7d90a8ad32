"""The running sum of R after costs and how far it lies below its highest, as numbers and as a drawing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from bot.review import words
from bot.review.export.markup import Html, length, svg, tag
from bot.review.stats import Group, day_text

POINTS_MAX = 400
"""Above this many round trips a curve has a point a session."""
DOTS_MAX = 60
WIDTH, LEFT, RIGHT = 960, 64, 8
TOP, MIDDLE, BELOW, BOTTOM = 12, 196, 224, 288
"""The running sum is drawn from TOP to MIDDLE, the drawdown from BELOW to BOTTOM."""


@dataclass(frozen=True, slots=True)
class Point:
    """What the curve stands at after a round trip, or after a session."""

    name: str
    r: float
    drawdown: float  # R below the highest so far, which is at least 0; positive
    asked: bool  # it belongs to what the report is about


def points(group: Group, asked: Collection[str]) -> list[Point]:
    """The curve of a group in order of exits; `asked` are the ids of the round trips that the report is about.

    A round trip without an R (its entry filled on its stop) moves nothing.
    """
    trips = sorted(group.trips, key=attrgetter("exit_ns", "seq"))
    if len(trips) <= POINTS_MAX:
        steps = [(words.moment(trip.exit_ns), [trip]) for trip in trips]
    else:
        trips.sort(key=attrgetter("session", "exit_ns", "seq"))
        steps = [(day_text(session), list(some)) for session, some in groupby(trips, attrgetter("session"))]
    found: list[Point] = []
    r = highest = 0.0
    for name, some in steps:
        r += sum(trip.r_net or 0.0 for trip in some)
        highest = max(highest, r)
        found.append(Point(name, r, highest - r, any(trip.id in asked for trip in some)))
    return found


def deepest(curve: Sequence[Point]) -> float:
    """The deepest fall of a curve in R."""
    return max((point.drawdown for point in curve), default=0.0)


def caption(group: Group, curve: Sequence[Point], unknown: int) -> str:
    """What the drawing shows, in words."""
    step = "round trip, in order of exits" if len(group.trips) <= POINTS_MAX else "session"
    marked = " What is reviewed here is shaded." if not all_asked(curve) and any(point.asked for point in curve) else ""
    without = f" {unknown} without an R move nothing." if unknown else ""
    return (
        f"Running sum of R after costs, a point a {step}; below it how far it lies under its highest. It ends at "
        f"{words.signed(curve[-1].r)} R, its deepest fall was {deepest(curve):.2f} R.{marked}{without}"
    )


def drawing(name: str, curve: Sequence[Point], key: str) -> Html:
    """The curve with its drawdown below; `key` makes its ids unique on a page."""
    low, high = min(0.0, *(point.r for point in curve)), max(0.0, *(point.r for point in curve))
    upper = _Scale(low, high, MIDDLE, TOP)
    lower = _Scale(0.0, deepest(curve), BELOW, BOTTOM)
    xs = [LEFT + (WIDTH - RIGHT - LEFT) * at / len(curve) for at in range(len(curve) + 1)]
    line = _path(xs, [upper.at(0.0), *(upper.at(point.r) for point in curve)])
    fall = _path(xs, [lower.at(0.0), *(lower.at(point.drawdown) for point in curve)])
    said = (
        f"Running sum of R after costs of {name}, {len(curve)} points from {curve[0].name} to {curve[-1].name}: "
        f"ends at {words.signed(curve[-1].r)} R, deepest drawdown {deepest(curve):.2f} R."
    )
    marked = [] if all_asked(curve) else [at for at, point in enumerate(curve) if point.asked]
    return svg(
        key,
        (WIDTH, BOTTOM + 26),
        "Equity in R with drawdown",
        said,
        [_band(xs[at], xs[at + 1]) for at in marked],
        tag("line", class_="zero", x1=LEFT, x2=WIDTH - RIGHT, y1=length(upper.at(0)), y2=length(upper.at(0))),
        tag("path", class_="fall", d=f"{fall}L{length(xs[-1])} {BELOW}L{LEFT} {BELOW}Z"),
        tag("path", class_="equity", d=line),
        [tag("circle", class_="equity", cx=length(xs[at + 1]), cy=length(upper.at(p.r)), r=3) for at, p in _few(curve)],
        [_label(upper.at(value), value) for value in dict.fromkeys((low, 0.0, high))],
        tag("text", "0", x=LEFT - 6, y=BELOW + 4, text_anchor="end"),
        tag("text", words.signed(-deepest(curve)), x=LEFT - 6, y=BOTTOM + 4, text_anchor="end"),
        tag("text", curve[0].name, x=LEFT, y=BOTTOM + 20),
        tag("text", curve[-1].name, x=WIDTH - RIGHT, y=BOTTOM + 20, text_anchor="end"),
    )


def all_asked(curve: Sequence[Point]) -> bool:
    """Whether the report is about all of a curve: then no part of it is marked."""
    return all(point.asked for point in curve)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Values from `low` to `high` between two heights."""

    low: float
    high: float
    at_low: int
    at_high: int

    def at(self, value: float) -> float:
        size = self.high - self.low
        return self.at_low + (self.at_high - self.at_low) * ((value - self.low) / size if size else 0.0)


def _path(xs: Sequence[float], ys: Sequence[float]) -> str:
    return "M" + "L".join(f"{length(x)} {length(y)}" for x, y in zip(xs, ys, strict=True))


def _few(curve: Sequence[Point]) -> list[tuple[int, Point]]:
    return list(enumerate(curve)) if len(curve) <= DOTS_MAX else []


def _band(left: float, right: float) -> Html:
    return tag("rect", class_="asked", x=length(left), y=TOP, width=length(right - left), height=BOTTOM - TOP)


def _label(y: float, value: float) -> Html:
    return tag("text", words.signed(value) if value else "0", x=LEFT - 6, y=length(y + 4), text_anchor="end")
