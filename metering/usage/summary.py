"""Usage summed by day, model, user, team, task, agent or conversation."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, DateTimeField, Expression, F, Func, Q, Sum
from django.db.models.functions import TruncDate

from metering.errors import InvalidRequest
from metering.models import Tenant
from metering.money import usd_text
from metering.types import Outcome
from metering.usage.filters import UsageFilter

COLUMN_OF = {
    "model": "request_model",
    "user": "user_id",
    "team": "team_id",
    "task": "task",
    "agent": "agent_id",
    "conversation": "conversation_id",
}
GROUPS = ("day", *COLUMN_OF)
OF_ONE_TENANT = frozenset({"user", "team", "agent", "conversation"})
"""Names that mean something inside one tenant only: two tenants' rows are never added up."""
SUMS = (
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "api_calls",
    "files",
    "cost_nano_usd",
)


class ReservationMoment(Func):
    """When the reservation was made: the milliseconds in an attempt's UUIDv7."""

    template = (
        "to_timestamp(('x' || left(replace(%(expressions)s::text, '-', ''), 12))::bit(48)::bigint / 1000.0)"
    )
    output_field = DateTimeField()


def usage_summary(chosen: UsageFilter, *, by: str) -> Iterator[dict[str, Any]]:
    """One row for each group: distinct reservations, attempts, sums, and how many attempts were estimated.

    Days are those of the tenant's time zone, of UTC for everybody. Raises InvalidRequest for an unknown group.
    """
    if by not in GROUPS:
        raise InvalidRequest(f"{by!r} is not a grouping; there are attempt, {', '.join(GROUPS)}.", param="by")
    keys = ["group", "tenant_id"] if by in OF_ONE_TENANT else ["group"]
    slugs = dict(Tenant.objects.values_list("id", "slug"))
    rows = (
        chosen.rows()
        .annotate(group=_expression(by, chosen.tenant))
        .order_by(*keys)
        .values(*keys)
        .annotate(
            requests=Count("reservation_id", distinct=True),
            attempts=Count("id"),
            estimated_attempts=Count("id", filter=Q(estimated=True)),
            provisional_attempts=Count("id", filter=Q(outcome=Outcome.PROVISIONAL)),
            **{f"sum_{name}": Sum(name) for name in SUMS},
        )
    )
    for row in rows.iterator():
        tenant = {"tenant": slugs.get(row["tenant_id"])} if "tenant_id" in row else {}
        yield {
            by: row["group"],
            **tenant,
            "requests": row["requests"],
            "attempts": row["attempts"],
            "estimated": row["estimated_attempts"],
            "provisional": row["provisional_attempts"],
            **{name: row[f"sum_{name}"] for name in SUMS},
            "cost_usd": usd_text(row["sum_cost_nano_usd"]),
        }


def _expression(by: str, tenant: Tenant | None) -> Expression | F:
    if by != "day":
        return F(COLUMN_OF[by])
    return TruncDate(ReservationMoment("id"), tzinfo=ZoneInfo(tenant.timezone if tenant else "UTC"))
