"""What was used in windows that had begun when a look at the log begins, read once for all subjects of one kind."""

from datetime import datetime
from uuid import UUID

from metering.ledger.commands import MeterKey
from metering.ledger.windows import window_bounds
from metering.simulation.use_by_subject import NOBODY, SHARED, Counted, Use, use_by_subject
from metering.types import Dimension, SubjectType, Window


class UsedBefore:
    """Of the windows that were open at `since`. Where a sum takes too long, `is_unknown`, and they count as empty."""

    def __init__(self, since: datetime) -> None:
        self._since = since
        self._known: dict[tuple[Counted, UUID, datetime], Use] = {}
        self.is_unknown = False

    def of(self, meter: MeterKey) -> int:
        dimension, per = Dimension(meter.dimension), SubjectType(meter.subject_type)
        if dimension is Dimension.CONCURRENCY:
            return 0
        start, _ = window_bounds(
            Window(meter.window), self._since, timezone=meter.timezone, week_start=meter.week_start
        )
        if start >= self._since:
            return 0
        owner = NOBODY if per in SHARED or meter.tenant_id is None else meter.tenant_id
        counted = Counted(per, dimension, meter.task, meter.model_class)
        return self._read(counted, owner, start).get((owner, meter.subject_id), 0)

    def _read(self, counted: Counted, owner: UUID, start: datetime) -> Use:
        key = (counted, owner, start)
        if key not in self._known:
            tenants = None if owner == NOBODY else [owner]
            found = None
            if not self.is_unknown:  # once is enough to wait for what takes too long
                found = use_by_subject(counted, tenants=tenants, since=start, until=self._since)
            self.is_unknown = found is None
            self._known[key] = found or {}
        return self._known[key]
