"""Which rows of the usage log a report is about."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from metering.ids import first_id_at
from metering.models import Tenant, UsageLog


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFilter:
    """One tenant's use or (None) everybody's, of reservations made in [since, until)."""

    tenant: Tenant | None = None
    since: datetime | None = None
    until: datetime | None = None

    def rows(self) -> "QuerySet[UsageLog]":
        """An attempt's id lies in its reservation's millisecond: the time range prunes partitions."""
        rows: QuerySet[UsageLog] = UsageLog.objects.all()
        if self.tenant is not None:
            rows = rows.filter(tenant_id=self.tenant.pk)
        if self.since is not None:
            rows = rows.filter(id__gte=first_id_at(self.since))
        if self.until is not None:
            rows = rows.filter(id__lt=first_id_at(self.until))
        return rows
