"""Counters, histograms and gauges as plain Python values.

The hot path counts here for a fraction of a microsecond; prometheus_client's multiprocess values cost 2 µs for
a counter and 5 µs for a histogram, because each writes to a memory map. Here a process writes all of its values
to a file once a second (exchange.py), and prometheus_client renders the sum.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

Labels = tuple[str, ...]
Series = dict[Labels, list[float]]
"""Values by labels: one of a counter or gauge; of a histogram, one for each bucket, then the sum."""


class Counter:
    """A value that only grows. Its labels must come from a closed vocabulary."""

    width = 1
    """Numbers of a cell."""

    def __init__(self, name: str, meaning: str, labels: Labels = ()) -> None:
        self.name, self.meaning, self.labels = name, meaning, labels
        self.series: Series = {}

    def add(self, *labels: str, by: float = 1) -> None:
        """Adds `by` to the value with these labels."""
        cell = self.series.get(labels)
        if cell is None:
            cell = self.series[labels] = [0.0]
        cell[0] += by

    def merge(self, values: Sequence[Sequence[float]]) -> list[float]:
        """The sums of all processes, of those that have ended too."""
        return [sum(column) for column in zip(*values, strict=True)]

    def family(self, series: Series) -> Metric:
        """Return the metric as prometheus_client exposes it."""
        family = CounterMetricFamily(self.name, self.meaning, labels=self.labels)
        for labels, (value,) in series.items():
            family.add_metric(labels, value)
        return family


class Histogram(Counter):
    """Counts values by bucket."""

    def __init__(self, name: str, meaning: str, bounds: Sequence[float], labels: Labels = ()) -> None:
        super().__init__(name, meaning, labels)
        self.bounds = tuple(bounds)
        self.width = len(self.bounds) + 2

    def observe(self, value: float, *labels: str) -> None:
        """Count one value."""
        cell = self.series.get(labels)
        if cell is None:
            cell = self.series[labels] = [0.0] * self.width
        cell[bisect_left(self.bounds, value)] += 1
        cell[-1] += value

    def family(self, series: Series) -> Metric:
        """For prometheus_client, whose buckets are cumulative."""
        family = HistogramMetricFamily(self.name, self.meaning, labels=self.labels)
        for labels, cell in series.items():
            buckets, total = [], 0.0
            for bound, count in zip((*map(str, self.bounds), "+Inf"), cell[:-1], strict=True):
                total += count
                buckets.append((bound, total))
            family.add_metric(labels, buckets, sum_value=cell[-1])
        return family


class Gauge(Counter):
    """A value as it is now, read when it is asked for. Of several living processes the sum, or the worst."""

    def __init__(
        self,
        name: str,
        meaning: str,
        labels: Labels = (),
        *,
        merge: Callable[[Sequence[float]], float] = sum,
    ) -> None:
        super().__init__(name, meaning, labels)
        self._merge = merge
        self.read: Callable[[], float | Mapping[Labels, float]] | None = None
        """The function that reads the value, or the values by labels, or None while there is none."""

    def sample(self) -> None:
        """Read the value that it has now."""
        found = self.read() if self.read is not None else {}
        values = found if isinstance(found, Mapping) else {(): found}
        self.series = {labels: [float(value)] for labels, value in values.items()}

    def merge(self, values: Sequence[Sequence[float]]) -> list[float]:
        """The values of living processes only."""
        return [self._merge([value for (value,) in values])]

    def family(self, series: Series) -> Metric:
        """Return the metric as prometheus_client exposes it."""
        family = GaugeMetricFamily(self.name, self.meaning, labels=self.labels)
        for labels, (value,) in series.items():
            family.add_metric(labels, value)
        return family
