"""What limits denied, or would have denied, by rule: read this before a limit is enforced."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from metering.decisions.decision import Verdict
from metering.errors import InvalidRequest
from metering.models import PolicyDecision, Tenant

VERDICTS = tuple(verdict.value for verdict in Verdict)
MAX_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFilter:
    """One tenant's decisions or (None) everybody's, of minutes in [since, until)."""

    tenant: Tenant | None = None
    since: datetime | None = None
    until: datetime | None = None
    verdict: str | None = None

    def rows(self) -> "QuerySet[PolicyDecision]":
        """Raises InvalidRequest for an unknown verdict."""
        if self.verdict is not None and self.verdict not in VERDICTS:
            raise InvalidRequest(
                f"{self.verdict!r} is not a verdict; there are {', '.join(VERDICTS)}.", param="verdict"
            )
        chosen = Q()
        if self.tenant is not None:
            chosen &= Q(tenant_id=self.tenant.pk)
        if self.since is not None:
            chosen &= Q(minute__gte=self.since)
        if self.until is not None:
            chosen &= Q(minute__lt=self.until)
        if self.verdict is not None:
            chosen &= Q(verdict=self.verdict)
        return PolicyDecision.objects.filter(chosen)


def decision_report(chosen: DecisionFilter) -> Iterator[dict[str, Any]]:
    """One row for each tenant, verdict and rule, the most frequent first: calls, principals, and the last time."""
    slugs: dict[UUID, str] = dict(Tenant.objects.values_list("id", "slug"))
    keys = ("tenant_id", "verdict", "mode", "code", "rule", "rule_id", "task")
    rows = (
        chosen.rows()
        .order_by()
        .values(*keys)
        .annotate(
            calls=Sum("count"),
            principals=Count(Coalesce("user_id", "token_id"), distinct=True),
            last=Max("last_at"),
        )
        .order_by("-calls", *keys)
    )
    for row in rows[:MAX_ROWS].iterator():
        yield {
            "tenant": slugs.get(row["tenant_id"]),
            "verdict": row["verdict"],
            "rule": row["rule"],
            "rule_id": row["rule_id"],
            "mode": row["mode"],
            "code": row["code"],
            "task": row["task"],
            "calls": row["calls"],
            "principals": row["principals"],
            "last_at": row["last"],
        }
