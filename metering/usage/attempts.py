"""Every vendor attempt and API call, one row each, with the state of its reservation."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from metering.amounts import WRITE_PARTS
from metering.labels import LABELS
from metering.models import Tenant, UsageLog, UsageReservation
from metering.types import Outcome, ReservationState
from metering.usage.filters import UsageFilter
from metering.usage.lines import COUNTED
from metering.usage.reporting import reporting_database

PAGE = 2_000
_SHOWN = {name if label.is_list else label.report: name for name, label in LABELS.items() if label.report}
_OF = {
    "attempt_id": "id",
    **{name: name for name in ("request_id", "reservation_id", "attempt", "state", "outcome", "provisional")},
    **{name: name for name in ("tenant", "task")},
    "model": "request_model",
    "response_model": "response_model",
    **{report: name for report, name in _SHOWN.items() if LABELS[name].is_shared},
    **{name: name for name in (*COUNTED, "cost_nano_usd", "estimated", "latency_ms", "started_at")},
    **{report: name for report, name in _SHOWN.items() if not LABELS[name].is_shared},
    **{name: name for name in ("partly_priced", "own_key", "service_tier", "estimate_reason", "reported")},
    **{name: name for name in (*WRITE_PARTS, "list_cost_nano_usd", "vendor_cost_nano_usd", "fee_units")},
}
"""The attribute behind each field."""
COLUMNS = tuple(_OF)
"""Every field of a row, in order."""


def usage_by_attempt(chosen: UsageFilter) -> Iterator[dict[str, Any]]:
    """Rows in the order of their reservations, read a page at a time: no long transaction, bounded memory.

    A reservation that is still held has no attempt yet; one that was released never sent one.
    """
    page = attempts_page(chosen, limit=PAGE)
    while page:
        yield from page
        page = attempts_page(chosen, limit=PAGE, after=page[-1]["attempt_id"])


@reporting_database()
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
    found = {
        "state": ReservationState(state).name.lower(),
        "provisional": provisional,
        "tenant": tenant,
    }
    return {
        name: found[name] if name in found else getattr(row, attribute) for name, attribute in _OF.items()
    }
