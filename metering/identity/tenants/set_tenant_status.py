"""Suspend, close or reactivate a tenant."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.models import Tenant


@transaction.atomic
def set_tenant_status(*, tenant: Tenant, status: Tenant.Status, actor: str, now: datetime) -> Tenant:
    """The tenant with its new status; every token of a tenant that is not ACTIVE is refused.

    Raises InvalidRequest when a closed tenant would be opened again.
    """
    row = Tenant.objects.select_for_update().get(pk=tenant.pk)
    if row.status == status:
        return row
    if row.status == Tenant.Status.CLOSED:
        raise InvalidRequest(f"The tenant {row.slug!r} is closed for good.", param="status")
    before, row.status = row.status, status
    row.save(update_fields=["status"])
    record_change(
        action="tenant.status_changed",
        actor=actor,
        target=row,
        tenant_id=row.id,
        now=now,
        facts={"before": before, "after": status},
    )
    return row
