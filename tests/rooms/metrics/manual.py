"""The table of docs/metrics.md, made from the catalogue. `python -m tests.rooms.metrics.manual` writes it anew."""

import re
from collections.abc import Iterator
from pathlib import Path

from bot.metrics.names import METRICS, PREFIX

MANUAL = Path(__file__).parents[3] / "docs/metrics.md"
_MARKED = re.compile(r"(<!-- metrics -->\n).*?(<!-- end -->)", re.DOTALL)


def manual(text: str) -> str:
    """`text` with everything between its marks made anew."""
    return _MARKED.sub(lambda mark: f"{mark[1]}{''.join(_table())}{mark[2]}", text)


def _table() -> Iterator[str]:
    yield "| name | type | labels | meaning |\n|---|---|---|---|\n"
    for one in METRICS:
        labels = ", ".join(f"`{label}`" for label in one.labels) or "-"
        yield f"| `{PREFIX}{one.name}` | {one.kind} | {labels} | {one.about} |\n"


if __name__ == "__main__":
    MANUAL.write_text(manual(MANUAL.read_text(encoding="utf-8")), encoding="utf-8")
