"""What a tenant's own administrators may do with vendors' keys of their tenant. The API and the console ask here.

Where a plan of the tenant contains the feature OWN_KEYS, they keep keys for the vendors whose models the plan offers.
To take a key away needs no permission. What an operator has set for a tenant is a key of the tenant all the same.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from metering.audit import record_change
from metering.catalog.provider_keys.set_key import DEFAULT_LABEL, set_provider_key, switch_provider_key
from metering.errors import FeatureNotInPlan, NotFound
from metering.models import ATIToken, Provider, ProviderKey, Tenant
from metering.note_asking import note_asking

FEATURE = "OWN_KEYS"
MOST_TESTS = 10
"""Of a tenant's keys within an hour: each test asks the vendor."""


def may_keep_keys(tenant: Tenant, *, now: datetime) -> bool:
    """Whether a plan of the tenant's live tokens contains the feature."""
    return ATIToken.objects.for_tenant(tenant).live(now).filter(plan_tier__features=FEATURE).exists()


def check_may_keep_keys(tenant: Tenant, *, now: datetime) -> None:
    """Raises FeatureNotInPlan."""
    if not may_keep_keys(tenant, now=now):
        raise FeatureNotInPlan(
            "Your plan does not contain vendor keys of your own. Ask your operator for it."
        )


def providers_open_to(tenant: Tenant, *, now: datetime) -> QuerySet[Provider]:
    """The vendors with models of classes that a plan of the tenant offers."""
    plans = ATIToken.objects.for_tenant(tenant).live(now).values("plan_tier")
    return (
        Provider.objects.filter(
            is_active=True, models__is_active=True, models__model_class__llm_access__plan__in=plans
        )
        .exclude(kind=Provider.Kind.SANDBOX)
        .distinct()
        .order_by("name")
    )


def set_own_key(
    *, tenant: Tenant, provider: str, key: str, actor: str, now: datetime, label: str = DEFAULT_LABEL
) -> ProviderKey:
    """The tenant's key for a vendor, new or in place of the one of this label.

    Raises FeatureNotInPlan; NotFound for a vendor that the tenant's plans do not offer; and what `set_provider_key`
    raises.
    """
    check_may_keep_keys(tenant, now=now)
    row = providers_open_to(tenant, now=now).filter(name=provider).first()
    if row is None:
        raise NotFound(f"There is no vendor {provider!r} on your plan.", param="provider")
    return set_provider_key(provider=row, tenant=tenant, key=key, label=label, actor=actor, now=now)


def switch_own_key(*, row: ProviderKey, is_active: bool, actor: str, now: datetime) -> bool:
    """Let a key of the tenant be used, or not any more; whether that changed anything. Raises FeatureNotInPlan for the
    first.
    """
    if is_active and row.tenant is not None:
        check_may_keep_keys(row.tenant, now=now)
    return switch_provider_key(row=row, is_active=is_active, actor=actor, now=now)


@transaction.atomic
def remove_key(*, row: ProviderKey, actor: str, now: datetime) -> None:
    """Delete a key, so that nothing opens it any more."""
    record_change(
        action="providerkey.deleted",
        actor=actor,
        target=row,
        tenant_id=row.tenant_id,
        now=now,
        facts={"provider": row.provider_id, "label": row.label, "before": {"last4": row.last4}},
    )
    row.delete()


def note_test(*, row: ProviderKey, actor: str, now: datetime) -> None:
    """Count a test of a key, before the vendor is asked. Raises RateLimited for one too many within an hour."""
    note_asking(
        what="tests of keys",
        most=MOST_TESTS,
        action="providerkey.tested",
        target=row,
        tenant_id=row.tenant_id,
        actor=actor,
        now=now,
        facts={"provider": row.provider_id, "label": row.label},
    )
