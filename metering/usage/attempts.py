"""Every vendor attempt and API call, one row each, with the state of its reservation."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from metering.models import Tenant, UsageLog, UsageReservation
from metering.types import Outcome, ReservationState
from metering.usage.filters import UsageFilter

PAGE = 2_000
COLUMNS = (
    *("attempt_id", "request_id", "reservation_id", "attempt", "state", "outcome", "provisional", "tenant"),
    *("task", "model", "response_model", "provider", "input_tokens", "output_tokens", "cached_input_tokens"),
    *("cache_write_tokens", "reasoning_tokens", "api_calls", "files", "cost_nano_usd", "estimated"),
    *("latency_ms", "started_at", "team", "user", "token", "agent", "conversation", "trace"),
    *("partly_priced", "service_tier", "estimate_reason", "reported"),
)
"""Every field of a row, in order."""


def usage_by_attempt(chosen: UsageFilter) -> Iterator[dict[str, Any]]:
    """Rows in the order of their reservations, read a page at a time: no long transaction, bounded memory.

    A reservation that is still held has no attempt yet; one that was released never sent one.
    """
    page = attempts_page(chosen, limit=PAGE)
    while page:
        yield from page
        page = attempts_page(chosen, limit=PAGE, after=page[-1]["attempt_id"])


def attempts_page(chosen: UsageFilter, *, limit: int, after: UUID | None = None) -> list[dict[str, Any]]:
    """At most `limit` attempts that come after the one with this id."""
    rows = chosen.rows().order_by("id")
    page = list((rows if after is None else rows.filter(id__gt=after))[:limit])
    if not page:
        return []
    tenants = {row.tenant_id for row in page}
    slugs: dict[UUID, str] = dict(Tenant.objects.filter(pk__in=tenants).values_list("id", "slug"))
    reservations = {row.reservation_id for row in page}
    states = dict(UsageReservation.objects.filter(id__in=reservations).values_list("id", "state"))
    return [_as_json(row, states.get(row.reservation_id), slugs.get(row.tenant_id)) for row in page]


def _as_json(row: UsageLog, state: int | None, tenant: str | None) -> dict[str, Any]:
    provisional = row.outcome == Outcome.PROVISIONAL
    if state is None:
        # Reservations are kept for less long than their attempts.
        state = ReservationState.EXPIRED if provisional else ReservationState.SETTLED
    return {
        "attempt_id": row.id,
        "request_id": row.request_id,
        "reservation_id": row.reservation_id,
        "attempt": row.attempt,
        "state": ReservationState(state).name.lower(),
        "outcome": row.outcome,
        "provisional": provisional,
        "tenant": tenant,
        "task": row.task,
        "model": row.request_model,
        "response_model": row.response_model,
        "provider": row.provider_name,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "cached_input_tokens": row.cached_input_tokens,
        "cache_write_tokens": row.cache_write_tokens,
        "reasoning_tokens": row.reasoning_tokens,
        "api_calls": row.api_calls,
        "files": row.files,
        "cost_nano_usd": row.cost_nano_usd,
        "estimated": row.estimated,
        "latency_ms": row.latency_ms,
        "started_at": row.started_at,
        "team": row.team_id,
        "user": row.user_id,
        "token": row.token_id,
        "agent": row.agent_id,
        "conversation": row.conversation_id,
        "trace": row.trace_id,
        "partly_priced": row.partly_priced,
        "service_tier": row.service_tier,
        "estimate_reason": row.estimate_reason,
        "reported": row.reported,
    }
