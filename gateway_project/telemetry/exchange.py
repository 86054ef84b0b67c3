"""The processes of one server tell each other what they counted, through small files in one folder.

Each writes its own once a second, whole, so that a reader never sees half of one. What a process counted stays
when it ends (its last second may be missing after a kill); its gauges count as long as its file is fresh. What the
servers before this one counted is gathered in one file, so that a counter goes on where it was.
"""

import os
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
from prometheus_client.core import Metric

from gateway_project.telemetry.tally import Counter, Gauge, Series

FRESH_S = 5.0
GONE_S = 60.0
"""A process that has not published for so long does not live any more, and will not count on."""
EARLIER = "earlier.json"
Tallies = dict[str, list[tuple[tuple[str, ...], list[float]]]]
_decode = msgspec.json.Decoder(Tallies).decode


class Exchange:
    """One process's place in the folder. Without a folder it speaks for itself alone."""

    def __init__(self, metrics: Iterable[Counter], folder: Path | None) -> None:
        self.metrics = tuple(metrics)
        self._folder = folder
        self._name = f"{os.getpid()}-{uuid.uuid4().hex[:8]}.json"

    def publish(self) -> None:
        """Write down what this process has counted."""
        if self._folder is None:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self._folder / f"{self._name}.partial"
        partial.write_bytes(msgspec.json.encode(self._own()))
        partial.replace(self._folder / self._name)

    def collect(self) -> list[Metric]:
        """The sums over all processes, for prometheus_client's registry."""
        tallies = [(True, self._own()), *self._others()]
        return [metric.family(_merged(metric, tallies)) for metric in self.metrics]

    def _own(self) -> Tallies:
        for metric in self.metrics:
            if isinstance(metric, Gauge):
                metric.sample()
        return {
            metric.name: [(labels, list(cell)) for labels, cell in list(metric.series.items())]
            for metric in self.metrics
        }

    def _others(self) -> list[tuple[bool, Tallies]]:
        files = self._folder.glob("*.json") if self._folder is not None else ()
        return _read(file for file in files if file.name != self._name)


def gather_earlier(metrics: Iterable[Counter], folder: Path) -> None:
    """Puts what processes have counted that are long gone into one file, so that restarts leave no more than that.

    Gauges go, and so does what a metric of this version cannot take over, because its labels or buckets are others.
    Files of processes that may still live stay as they are: a worker may outlive its server.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    old = [file for file in folder.glob("*.json") if file.name == EARLIER or _age_s(file) > GONE_S]
    tallies = _read(old)
    kept = {
        metric.name: list(_merged(metric, tallies).items())
        for metric in metrics
        if not isinstance(metric, Gauge)
    }
    partial = folder / f"{EARLIER}.partial"
    partial.write_bytes(msgspec.json.encode(kept))
    partial.replace(folder / EARLIER)
    for file in old:
        if file.name != EARLIER:
            file.unlink(missing_ok=True)


def _age_s(file: Path) -> float:
    return time.time() - file.stat().st_mtime


def _read(files: Iterable[Path]) -> list[tuple[bool, Tallies]]:
    """Each file's tallies, and whether its process still lives. What cannot be read is left out."""
    found: list[tuple[bool, Tallies]] = []
    for file in files:
        with suppress(OSError, msgspec.DecodeError):
            found.append((_age_s(file) < FRESH_S, _decode(file.read_bytes())))
    return found


def _merged(metric: Counter, tallies: list[tuple[bool, Tallies]]) -> Series:
    cells: dict[tuple[str, ...], list[list[float]]] = {}
    for fresh, tally in tallies:
        if fresh or not isinstance(metric, Gauge):
            for labels, cell in tally.get(metric.name, ()):
                if (len(labels), len(cell)) != (len(metric.labels), metric.width):
                    continue  # of another version
                cells.setdefault(labels, []).append(cell)
    return {labels: metric.merge(values) for labels, values in cells.items()}
