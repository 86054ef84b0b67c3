"""Writes down what this process answered, and reads how well the gateway does, for /metrics.

What is counted here was counted anyway, for `gateway_requests_total`: a call has no work from it. Counted are requests
of the wire protocols and of the API. The gateway failed itself where it answered 500 or 503 (an error of its own,
overload, the ledger away), vendors where it answered 502 or 504.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from gateway_project.http.paths import OPERATIONS
from gateway_project.telemetry import metrics
from gateway_project.telemetry.tally import Gauge
from metering.proof.accuracy import accuracy
from metering.proof.availability import Served, add_served, availability

LONG = timedelta(days=30)
"""What the gauges are of."""
OWN_FAILURES, VENDORS_FAILURES = ("500", "503"), ("502", "504")
_NOT_COUNTED = (*OPERATIONS, "other", "/admin/*", "/static/*")
"""Monitoring, paths that there are not, and the console."""


class ServedCounts:
    """What this process has counted and not written down yet."""

    def __init__(self) -> None:
        self._written = _counted()

    def write_down(self, now: datetime) -> None:
        """Add what came since the last time to this hour. What cannot be written now is written the next time."""
        counted = _counted()
        more = Served(
            answered=counted.answered - self._written.answered,
            failed=counted.failed - self._written.failed,
            vendor_failed=counted.vendor_failed - self._written.vendor_failed,
        )
        if more.answered:
            add_served(more, now=now)
        self._written = counted


def _counted() -> Served:
    answered = failed = vendor_failed = 0
    for (route, status), (count,) in list(metrics.requests.series.items()):
        if route in _NOT_COUNTED:
            continue
        answered += int(count)
        failed += int(count) if status in OWN_FAILURES else 0
        vendor_failed += int(count) if status in VENDORS_FAILURES else 0
    return Served(answered=answered, failed=failed, vendor_failed=vendor_failed)


def read_levels(now: datetime) -> None:
    """Read the gauges' values: a few rows of rollups, hours and compared days."""
    share = availability(since=now - LONG, until=now).availability
    found = accuracy(since=now - LONG, until=now)
    _show(metrics.availability, {(): share} if share is not None else {})
    exact = found.exactness.exact_share
    _show(metrics.exact_share, {(): exact} if exact is not None else {})
    shares = {(name,): each.accuracy for name, each in found.deviation_of.items()}
    _show(metrics.accuracy, {labels: each for labels, each in shares.items() if each is not None})


def _show(gauge: Gauge, values: Mapping[tuple[str, ...], object]) -> None:
    known = {labels: float(str(value)) for labels, value in values.items()}
    gauge.read = lambda: known
