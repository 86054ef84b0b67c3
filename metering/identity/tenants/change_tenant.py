"""Change how a tenant is named and counted."""

from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from django.db import transaction

from metering.audit import record_change
from metering.identity.validate import validate
from metering.models import Tenant


class TenantChanges(TypedDict, total=False):
    """New values; what is not named stays as it is. The status has a verb of its own."""

    name: str
    timezone: str
    week_start: int
    enforcement_mode: str
    markup_percent: Decimal


@transaction.atomic
def change_tenant(*, tenant: Tenant, changes: TenantChanges, actor: str, now: datetime) -> Tenant:
    """The tenant with the new values, in force on every process within a second.

    A time zone counts from the next window that opens. Raises InvalidRequest for a malformed value.
    """
    row = Tenant.objects.select_for_update().get(pk=tenant.pk)
    before = {name: getattr(row, name) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    validate(row)
    changed = {
        name: [before[name], getattr(row, name)] for name in before if before[name] != getattr(row, name)
    }
    if changed:
        row.save(update_fields=list(changed))
        record_change(
            action="tenant.changed", actor=actor, target=row, tenant_id=row.pk, now=now, facts=changed
        )
    return row
