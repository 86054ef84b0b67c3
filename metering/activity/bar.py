"""A part of a time, with its calls."""

from dataclasses import dataclass, field
from datetime import datetime

from metering.activity.status import Status

MOST_BARS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The calls between `since` and `until`, which is not part of it."""

    since: datetime
    until: datetime
    calls: dict[Status, int] = field(default_factory=dict)

    def of(self, *statuses: Status) -> int:
        return sum(self.calls.get(status, 0) for status in statuses)
