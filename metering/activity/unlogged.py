"""Calls without an attempt in the log: those in flight, and those whose hold was given back before they were sent."""

from uuid import UUID

from django.db.models import Q, QuerySet

from metering.activity.asked import Asked
from metering.activity.labels import label_lookup
from metering.activity.line import LogLine
from metering.activity.status import OF_STATE, Status
from metering.models import UsageReservation
from metering.types import ReservationState

STATES = {Status.IN_FLIGHT: (ReservationState.HELD,), Status.NOT_SENT: (ReservationState.RELEASED,)}


def unlogged_calls(asked: Asked, *, before: UUID | None, limit: int) -> list[LogLine]:
    """At most `limit` of them, newest first. One query for each state: each has an index of its own."""
    states = (*OF_STATE,) if asked.status is None else STATES.get(asked.status, (*OF_STATE,))
    found = [
        row
        for state in states
        for row in unlogged(asked, before=before).filter(state=state).order_by("-id")[:limit]
    ]
    found.sort(key=lambda row: row.pk, reverse=True)
    return [line_of(row) for row in found[:limit]]


def unlogged(asked: Asked, *, before: UUID | None = None) -> "QuerySet[UsageReservation]":
    """Select the reservations, of any state, that the question is about."""
    end = asked.end_id if before is None else min(before, asked.end_id)
    chosen = Q(id__gte=asked.first_id, id__lt=end)
    if asked.tenant is not None:
        chosen &= Q(tenant_id=asked.tenant.pk)
    chosen &= label_lookup(asked.only)
    if asked.model:
        chosen &= Q(request_model=asked.model)
    if asked.provider:
        chosen &= Q(provider_name=asked.provider)
    return UsageReservation.objects.filter(chosen)


def line_of(row: UsageReservation) -> LogLine:
    """Make a log line of a reservation whose attempts are not in the log."""
    status = OF_STATE[ReservationState(row.state)]
    took = None if row.ended_at is None else round((row.ended_at - row.created_at).total_seconds() * 1000)
    labels = row.labels
    return LogLine(
        id=row.pk,
        status=status,
        at=row.created_at,
        tenant_id=row.tenant_id,
        team_id=labels.team_id,
        user_id=labels.user_id,
        token_id=labels.token_id,
        task=labels.task,
        model=labels.request_model,
        asked_for=labels.model_alias or "",
        provider=labels.provider_name,
        held_nano_usd=row.bound.cost_nano_usd if status is Status.IN_FLIGHT else 0,
        took_ms=took,
        agent=labels.agent_id,
        conversation=labels.conversation_id,
        tags=tuple(labels.tags),
        request_id=labels.request_id,
    )
