"""docs/metrics.md tells every metric as the catalogue has it."""

from bot.metrics.names import METRICS
from tests.rooms.metrics.manual import MANUAL, manual


def test_the_manual_tells_every_metric() -> None:
    text = MANUAL.read_text(encoding="utf-8")
    assert text == manual(text), "python -m tests.rooms.metrics.manual writes the table anew"
    assert len({metric.name for metric in METRICS}) == len(METRICS)
