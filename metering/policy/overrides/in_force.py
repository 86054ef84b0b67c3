"""Reads the overrides that are in force together with their budgets, in the same statement."""

from datetime import datetime
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, Sum
from django.db.models.functions import JSONObject, Now

from metering.models import Budget, BudgetOverride
from metering.policy.overrides.raises import Override


def with_overrides(
    budgets: QuerySet[Budget], tenant_id: UUID | None, *, at: datetime | None = None
) -> QuerySet[Budget]:
    """Let each budget bring its overrides along: those that concern a tenant, or (None) all.

    Those of now by the database's clock, or those of a moment; in sum where they end together.
    """
    rows = BudgetOverride.objects
    standing = (rows.in_force(Now()) if at is None else rows.in_force_at(at)).filter(budget=OuterRef("pk"))
    if tenant_id is not None:
        standing = standing.filter(Q(tenant=None) | Q(tenant=tenant_id))
    # Those of one counter that end together are one fact: a tenant may pay beforehand any number of times.
    sums = standing.order_by().values("tenant_id", "subject_id", "ends_at").annotate(added=Sum("amount"))
    facts = sums.order_by("tenant_id", "subject_id", "ends_at").values(
        fact=JSONObject(tenant="tenant_id", subject="subject_id", amount="added", ends_at="ends_at")
    )
    return budgets.annotate(overrides_in_force=ArraySubquery(facts))


def overrides_of(budget: Budget) -> tuple[Override, ...]:
    """Return the overrides that a budget has brought along."""
    facts = budget.overrides_in_force  # type: ignore[attr-defined]
    return tuple([_override(each) for each in facts]) if facts else ()


def _override(fact: dict[str, str | int | None]) -> Override:
    tenant, ends_at, subject = fact["tenant"], fact["ends_at"], fact["subject"]
    return Override(
        tenant_id=UUID(str(tenant)) if tenant is not None else None,
        subject_id=str(subject) if subject is not None else None,
        amount=int(fact["amount"] or 0),
        ends_at=datetime.fromisoformat(str(ends_at)) if ends_at is not None else None,
    )
