"""The calibration as a picture: what was promised against what came true, on days that the model had not seen."""

from html import escape

from bot.models.record import Model

_SIZE, _EDGE = 420, 48
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:currentColor}.axis{stroke:currentColor;stroke-width:1;fill:none}"
    ".ideal{stroke:currentColor;stroke-dasharray:4 4;opacity:.5}.bin{fill:#2f6db5;fill-opacity:.75}"
)


def svg(model: Model) -> str:
    """A bubble a bin, as large as the bin, over promised (across) and won (up); on the dashed line they are equal."""
    tested = model.tested
    largest = max(one.count for one in tested.table)
    inner = _SIZE - 2 * _EDGE

    def at(promised: float, came: float) -> tuple[float, float]:
        return round(_EDGE + promised * inner, 1), round(_SIZE - _EDGE - came * inner, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE} {_SIZE}" role="img" '
        f'aria-label="calibration of {escape(model.strategy)}"><style>{_STYLE}</style>',
        f'<rect class="axis" x="{_EDGE}" y="{_EDGE}" width="{inner}" height="{inner}"/>',
        f'<line class="ideal" x1="{_EDGE}" y1="{_SIZE - _EDGE}" x2="{_SIZE - _EDGE}" y2="{_EDGE}"/>',
    ]
    for one in tested.table:
        x, y = at(one.promised, one.won)
        told = f"promised {one.promised:.1%}, won {one.won:.1%} of {one.count}"
        radius = round(3 + 7 * (one.count / largest) ** 0.5, 1)
        parts.append(f'<circle class="bin" cx="{x}" cy="{y}" r="{radius}"><title>{told}</title></circle>')
    for tick in (0, 0.25, 0.5, 0.75, 1):
        x, y = at(tick, tick)
        parts.append(f'<text x="{x}" y="{_SIZE - _EDGE + 18}" text-anchor="middle">{tick:.0%}</text>')
        parts.append(f'<text x="{_EDGE - 8}" y="{y + 4}" text-anchor="end">{tick:.0%}</text>')
    parts.append(f'<text x="{_SIZE / 2}" y="{_SIZE - 8}" text-anchor="middle">promised chance of winning</text>')
    parts.append(f'<text x="{_EDGE}" y="{_EDGE - 12}">share that won, days not seen in training</text></svg>')
    return "\n".join(parts) + "\n"


def page(model: Model) -> str:
    """The picture and its table as a page that needs nothing else."""
    rows = "".join(
        f"<tr><td>{one.count}</td><td>{one.promised:.1%}</td><td>{one.won:.1%}</td></tr>" for one in model.tested.table
    )
    name, scores = escape(model.strategy), model.tested.venn_abers
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>model of {name}</title>'
        "<style>body{font:15px system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;"
        "color-scheme:light dark}svg{max-width:420px}td,th{padding:.2rem .8rem;text-align:right}</style>"
        f"<h1>Model of {name}</h1><p>{model.candidates} candidates, {model.won} won; calibration error "
        f"{scores.ece:.3f} on {model.tested.candidates} of {model.tested.days} days that it had not seen. "
        f"Model {model.hash}.</p>{svg(model)}<table><caption>ten bins of equal mass</caption>"
        f"<tr><th>candidates</th><th>promised</th><th>won</th></tr>{rows}</table></html>\n"
    )
