"""Refusals: by limits, for want of room, and of credentials whose holder is known. A minute of them is one line."""

from uuid import UUID

from django.db.models import Q, QuerySet

from metering.activity.asked import Asked
from metering.activity.labels import label_lookup
from metering.activity.line import LogLine
from metering.activity.status import Status
from metering.decisions.decision import Verdict
from metering.decisions.told import told_to_tenant
from metering.models import PolicyDecision


def refusals(asked: Asked, *, before: UUID | None, limit: int) -> list[LogLine]:
    """At most `limit` of them, newest first. One query."""
    found = refused(asked, before=before).order_by("-id").defer("trace")[:limit]
    return [line_of(row) for row in (found if asked.tenant is None else told_to_tenant(found))]


def refused(asked: Asked, *, before: UUID | None = None) -> "QuerySet[PolicyDecision]":
    """The decisions that denied something. A decision's id is of the moment in which it was written."""
    end = asked.end_id if before is None else min(before, asked.end_id)
    chosen = Q(id__gte=asked.first_id, id__lt=end, verdict=Verdict.DENIED.value)
    if asked.tenant is not None:
        chosen &= Q(tenant_id=asked.tenant.pk)
    chosen &= label_lookup(asked.only)
    if asked.model:
        chosen &= Q(model=asked.model)
    if asked.codes:
        chosen &= Q(code__in=asked.codes)
    return PolicyDecision.objects.filter(chosen)


def line_of(row: PolicyDecision) -> LogLine:
    return LogLine(
        id=row.pk,
        status=Status.REFUSED,
        at=row.first_at,
        tenant_id=row.tenant_id,
        team_id=row.team_id,
        user_id=row.user_id,
        token_id=row.token_id,
        task=row.task,
        model=row.model,
        request_id=row.request_id,
        times=row.count,
        last_at=row.last_at,
        code=row.code,
        rule=row.rule,
        message=row.message,
    )
