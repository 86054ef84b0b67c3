"""The plan of a tenant, where one has to be named: the one that most of its live tokens are on."""

from datetime import datetime

from django.db.models import Count

from metering.models import ATIToken, Tenant
from metering.policy.values import PolicySubject


def usual_plan(tenant: Tenant, now: datetime) -> str:
    """Its code; empty without a live token. Of two that are as frequent, the first by code."""
    live = ATIToken.objects.for_tenant(tenant).live(now).order_by()
    counted = live.values("plan_tier_id").annotate(n=Count("pk")).order_by("-n", "plan_tier_id")
    return str(counted.values_list("plan_tier_id", flat=True).first() or "")


def anybody_of(tenant: Tenant, plan: str) -> PolicySubject:
    """A caller on the plan about whom nothing else is known."""
    return PolicySubject(tenant.pk, plan, None, None, None)
