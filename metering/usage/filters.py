"""Which lines of the books a report is about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from metering.errors import InvalidRequest
from metering.ids import first_id_at
from metering.labels import LABELS
from metering.models import Task, Tenant, UsageLog

FEATURE = "feature"
LISTS = frozenset(name for name, label in LABELS.items() if label.is_list)


def zone_of(tenant: Tenant | None) -> str:
    """Whose days count: the tenant's, or UTC's for everybody."""
    return "UTC" if tenant is None else tenant.timezone


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFilter:
    """One tenant's use or (None) everybody's, of reservations made in [since, until)."""

    tenant: Tenant | None = None
    since: datetime | None = None
    until: datetime | None = None
    only: tuple[tuple[str, object], ...] = ()
    """Columns, and the value that each must have; of a list, that it must contain. FEATURE is the task's. One column
    may come twice: then both must be so."""
    days_in: str = ""
    """The zone that somebody wants to see days in; empty: the usual one."""

    @property
    def zone(self) -> str:
        """Whose days a report by day has: those asked for, the tenant's, or UTC's for everybody."""
        return self.days_in or zone_of(self.tenant)

    @property
    def both_ends(self) -> tuple[datetime, datetime]:
        """Of a range that has them. Raises InvalidRequest."""
        if self.since is None or self.until is None:
            raise InvalidRequest("Say since when and until when.", param="since")
        if self.since > self.until:
            raise InvalidRequest("until comes before since.", param="until")
        return self.since, self.until

    def rows(self) -> "QuerySet[UsageLog]":
        """The attempts. An attempt's id lies in its reservation's millisecond: the time range prunes partitions."""
        rows: QuerySet[UsageLog] = UsageLog.objects.all()
        if self.tenant is not None:
            rows = rows.filter(tenant_id=self.tenant.pk)
        if self.since is not None:
            rows = rows.filter(id__gte=first_id_at(self.since))
        if self.until is not None:
            rows = rows.filter(id__lt=first_id_at(self.until))
        for column, value in self.only:
            if column == FEATURE:
                rows = rows.filter(task__in=Task.objects.filter(feature_id=value).values("code"))
            elif column in LISTS:
                rows = rows.filter(**{f"{column}__contains": [value]}).exclude(**{column: []})
            else:
                rows = rows.filter(**{column: value})
        return rows

    def condition(self, params: dict[str, Any]) -> str:
        """The same as SQL on `line` (metering.usage.lines); its values are put into `params`."""
        parts: list[str] = []

        def add(column: str, operator: str, value: object) -> None:
            name = f"filter_{len(params)}"
            params[name] = value
            parts.append(f"line.{column} {operator} %({name})s")

        if self.tenant is not None:
            add("tenant_id", "=", self.tenant.pk)
        if self.since is not None:
            add("id", ">=", first_id_at(self.since))
        if self.until is not None:
            add("id", "<", first_id_at(self.until))
        for column, value in self.only:
            if column == FEATURE:
                add("task", "IN (SELECT code FROM metering_task WHERE feature_id =", value)
                parts[-1] += ")"
            elif column in LISTS:
                add(column, "@>", [value])
                parts.append(f"line.{column} <> '{{}}'")  # as the index says
            else:
                add(column, "=", value)
        return " AND ".join(parts) or "true"
