"""Counters and histograms for what happens tens of thousands of times a second, as ``prometheus_client`` collects them.

An event loop has one thread, so that nothing here is locked; ``collect`` is called in the same one.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class Counts(Collector):
    """A counter for each combination of labels."""

    def __init__(self, name: str, documentation: str, labels: Sequence[str]) -> None:
        """Count nothing yet."""
        self._about = (name, documentation)
        self._labels = labels
        self._counts: dict[tuple[str, ...], int] = {}
        self._began: dict[tuple[str, ...], float] = {}

    def add(self, *labels: str) -> None:
        """Count one."""
        try:
            self._counts[labels] += 1
        except KeyError:
            self._counts[labels] = 1
            self._began[labels] = time.time()

    def describe(self) -> Iterator[CounterMetricFamily]:
        """Yield the family without samples."""
        yield CounterMetricFamily(*self._about, labels=self._labels)

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the family."""
        (family,) = self.describe()
        for labels, count in self._counts.items():
            family.add_metric(labels, count, created=self._began[labels])
        yield family


@dataclass(slots=True)
class _Spread:
    counts: list[int]
    total: float = 0.0
    began: float = field(default_factory=time.time)


class Durations(Collector):
    """A histogram of seconds for each combination of labels."""

    def __init__(self, name: str, documentation: str, labels: Sequence[str], bounds: Sequence[float]) -> None:
        """Count nothing yet; ``bounds`` are the upper ends of the buckets, rising, without infinity."""
        self._about = (name, documentation)
        self._labels = labels
        self._bounds = tuple(bounds)
        self._spreads: dict[tuple[str, ...], _Spread] = {}

    def add(self, seconds: float, *labels: str) -> None:
        """Count one that took ``seconds``."""
        spread = self._spreads.get(labels)
        if spread is None:
            spread = self._spreads[labels] = _Spread([0] * (len(self._bounds) + 1))
        spread.counts[bisect_left(self._bounds, seconds)] += 1
        spread.total += seconds

    def describe(self) -> Iterator[HistogramMetricFamily]:
        """Yield the family without samples."""
        yield HistogramMetricFamily(*self._about, labels=self._labels)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Yield the family."""
        (family,) = self.describe()
        names = [*map(floatToGoString, self._bounds), "+Inf"]
        for labels, spread in self._spreads.items():
            buckets = list(zip(names, accumulate(spread.counts), strict=True))
            family.add_metric(labels, buckets, spread.total)
            about = dict(zip(self._labels, labels, strict=True))
            family.add_sample(f"{family.name}_created", about, spread.began)
        yield family
