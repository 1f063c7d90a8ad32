"""Status and journal in Prometheus's words (its text format 0.0.4)."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from bot.journal.place import Place
from bot.metrics.names import METRICS, PREFIX, Metric, Sample, Spread
from bot.metrics.of_journal import Counting
from bot.metrics.of_status import naked, samples

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
NANO = 1_000_000_000
Family = GaugeMetricFamily | CounterMetricFamily | HistogramMetricFamily


@dataclass(frozen=True, slots=True)
class Seen:
    """What a desk has said of itself, and when by a clock that nobody sets."""

    status: Mapping[str, Any]
    at_ns: int
    naked_since_ns: int | None
    """Since when a position has had no stop, by the same clock."""

    @property
    def age_s(self) -> float:
        """Seconds since then."""
        return (time.monotonic_ns() - self.at_ns) / NANO

    @property
    def naked_s(self) -> float:
        """How long a position has been without a stop; 0 while each has one."""
        return 0.0 if self.naked_since_ns is None else (time.monotonic_ns() - self.naked_since_ns) / NANO


class Exposition(Collector):
    """What one desk exports. `see` is called by whoever hears of the desk, `text` by any thread."""

    def __init__(self, find: Callable[[], Place]) -> None:
        self._counting = Counting(find)
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self.seen: Seen | None = None
        """The newest that is known; None: there is no desk."""

    def see(self, status: Mapping[str, Any] | None) -> None:
        """Take newer facts; None: no desk answers."""
        if status is None:
            self.seen = None
            return
        now, before = time.monotonic_ns(), None if self.seen is None else self.seen.naked_since_ns
        since = (now if before is None else before) if naked(status) else None
        self.seen = Seen(status, now, since)

    def text(self) -> bytes:
        """All of it, as of now."""
        return generate_latest(self._registry)

    def describe(self) -> Iterator[Family]:
        """Names alone: a registry asks when it gets to know us."""
        return (_family(metric) for metric in METRICS)

    def collect(self) -> Iterator[Family]:
        """Every metric with its values, in the order of the catalogue; one without a value has its name only."""
        seen = self.seen
        desk = "" if seen is None else str(seen.status["desk"])
        found: dict[str, list[Sample]] = {metric.name: [] for metric in METRICS}
        for sample in [*_of_the_desk(seen), *self._counting.samples()]:
            found[sample.name].append(sample)
        for metric in METRICS:
            family = _family(metric)
            for sample in found[metric.name]:
                _add(family, sample, (desk, *sample.labels))
            yield family


def _of_the_desk(seen: Seen | None) -> Iterator[Sample]:
    if seen is None:
        yield Sample("up", 0)
        yield Sample("ready", 0)
        return
    yield from samples(seen.status, seen.age_s, seen.naked_s)


def _family(metric: Metric) -> Family:
    kinds = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily, "histogram": HistogramMetricFamily}
    made: Family = kinds[metric.kind](PREFIX + metric.name, metric.about, labels=("desk", *metric.labels))
    return made


def _add(family: Family, sample: Sample, labels: tuple[str, ...]) -> None:
    if isinstance(family, HistogramMetricFamily):
        assert isinstance(sample.value, Spread), sample.name
        bounds = [*map(str, map(float, sample.value.bounds)), "+Inf"]
        buckets = list(zip(bounds, accumulate(sample.value.counts), strict=True))
        family.add_metric(labels, buckets, sample.value.total)
    else:
        assert not isinstance(sample.value, Spread), sample.name
        family.add_metric(labels, sample.value)
