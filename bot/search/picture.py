"""The searched values as one picture: each trial a dot over each axis, and two axes against each other. Plain SVG."""

from collections.abc import Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape

from bot.search.plateau import Plateau
from bot.search.sweep import Trial

WIDE, HIGH, LEFT, TOP, GAP = 260, 180, 60, 60, 70
INK, GRID, DOT, LINE, PEAK = "#444", "#ddd", "#4292c6", "#084594", "#cb181d"
COLUMNS = 3


def drawn(view: Plateau, trials: Sequence[Trial], name: str) -> str:
    """The picture as an SVG document that needs nothing beside itself; `name` says of which sweep."""
    done = [trial for trial in trials if trial.number in view.scores]
    axes = list(view.axes)
    rows = -(-max(1, len(axes)) // COLUMNS)
    width, height = LEFT + COLUMNS * (WIDE + GAP), TOP + rows * (HIGH + GAP) + 10
    title = escape(f"{name}: R after costs per session, by the value of each setting")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{title.replace(chr(34), "&quot;")}" font-family="sans-serif" font-size="12" fill="{INK}">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-weight="bold">{title}</text>',
        f'<text x="{LEFT}" y="42">a dot is a trial, the line the mean of a value; {escape(view.words)}</text>',
    ]
    for number, axis in enumerate(axes):
        left, top = LEFT + number % COLUMNS * (WIDE + GAP), TOP + number // COLUMNS * (HIGH + GAP)
        parts += _panel(view, done, axis, left, top)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(view: Plateau, done: Sequence[Trial], axis: str, left: int, top: int) -> Iterator[str]:
    low, high = min(0.0, *view.scores.values()), max(0.0, *view.scores.values())
    span = high - low or 1.0
    known = _places(done, axis)

    def x(value: Any) -> float:
        return left + WIDE * (known[repr(value)] + 0.5) / len(known)

    def y(score: float) -> float:
        return top + HIGH * (high - score) / span

    yield f'<rect x="{left}" y="{top}" width="{WIDE}" height="{HIGH}" fill="none" stroke="{GRID}"/>'
    yield f'<line x1="{left}" y1="{y(0):.1f}" x2="{left + WIDE}" y2="{y(0):.1f}" stroke="{GRID}"/>'
    for score in dict.fromkeys((low, high)):
        yield f'<text x="{left - 6}" y="{y(score) + 4:.1f}" text-anchor="end">{score:.2g}</text>'
    for trial in done:
        best = trial.number == view.peak.number
        yield (
            f'<circle cx="{x(trial.params[axis]):.1f}" cy="{y(view.scores[trial.number]):.1f}" r="{5 if best else 3}" '
            f'fill="{PEAK if best else DOT}" fill-opacity="{1 if best else 0.5}"/>'
        )
    means = " ".join(f"{x(one.value):.1f},{y(one.score):.1f}" for one in view.axes[axis])
    yield f'<polyline points="{means}" fill="none" stroke="{LINE}" stroke-width="2"/>'
    shown = list(known)
    for text in dict.fromkeys((shown[0], shown[len(shown) // 2], shown[-1])):
        at = left + WIDE * (known[text] + 0.5) / len(known)
        yield f'<text x="{at:.1f}" y="{top + HIGH + 16}" text-anchor="middle">{escape(text.strip(chr(39)))}</text>'
    middle = f'x="{left + WIDE / 2}" y="{top + HIGH + 34}" text-anchor="middle"'
    yield f'<text {middle} font-weight="bold">{escape(axis)}</text>'


def _places(done: Sequence[Trial], axis: str) -> dict[str, int]:
    """The values of an axis in order, as text → which one it is."""
    values = {repr(trial.params[axis]): trial.params[axis] for trial in done}
    numbers = all(isinstance(value, int | float) for value in values.values())
    names = sorted(values, key=lambda text: values[text]) if numbers else list(values)
    return {text: number for number, text in enumerate(names)}
