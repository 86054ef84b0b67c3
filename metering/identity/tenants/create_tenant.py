"""Create a tenant."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.identity.validate import validate
from metering.models import Tenant


@transaction.atomic
def create_tenant(
    *, slug: str, name: str, actor: str, now: datetime, timezone: str = "UTC", week_start: int = 0
) -> tuple[Tenant, bool]:
    """The tenant and whether it is new; asking again with the same facts gives the same tenant.

    Raises InvalidRequest when a value is malformed or the slug belongs to a tenant with other facts.
    """
    existing = Tenant.objects.filter(slug=slug).first()
    if existing is not None:
        if (existing.name, existing.timezone, existing.week_start) != (name, timezone, week_start):
            raise InvalidRequest(f"There is already another tenant {slug!r}.", param="slug")
        return existing, False
    tenant = Tenant(slug=slug, name=name, timezone=timezone, week_start=week_start, created_at=now)
    validate(tenant)
    tenant.save(force_insert=True)
    record_change(
        action="tenant.created",
        actor=actor,
        target=tenant,
        tenant_id=tenant.id,
        now=now,
        facts={"slug": slug, "name": name, "timezone": timezone},
    )
    return tenant, True
