"""Move a tenant to another plan."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.identity.find import find_plan
from metering.models import ATIToken, Tenant


@transaction.atomic
def assign_plan(*, tenant: Tenant, plan_code: str, actor: str, now: datetime) -> int:
    """How many live tokens were moved; revoked and expired ones keep the plan they ended with.

    Raises NotFound for an unknown plan.
    """
    plan = find_plan(plan_code)
    others = ATIToken.objects.for_tenant(tenant).live(now).exclude(plan_tier=plan)
    before = sorted(others.order_by().values_list("plan_tier_id", flat=True).distinct())
    moved = others.update(plan_tier=plan)
    if moved:
        record_change(
            action="tenant.plan_assigned",
            actor=actor,
            target=tenant,
            tenant_id=tenant.id,
            now=now,
            facts={"before": before, "plan": plan_code, "tokens": moved},
        )
    return moved
