"""Change whom a tenant's statements go to, and what billing systems call it."""

from datetime import datetime
from typing import Any, TypedDict

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.identity.validate import validate
from metering.models import BillingProfile, Tenant, User


class ProfileChanges(TypedDict, total=False):
    """New values; what is not named stays as it is."""

    statements_to: str
    recipient: User | None
    customer_id: str


@transaction.atomic
def change_profile(*, tenant: Tenant, changes: ProfileChanges, actor: str, now: datetime) -> BillingProfile:
    """The profile with the new values. Raises InvalidRequest for a malformed value, or a person of another tenant."""
    Tenant.objects.select_for_update().get(pk=tenant.pk)
    row = BillingProfile.objects.for_tenant(tenant).first() or BillingProfile(tenant=tenant)
    before = {name: _told(getattr(row, name)) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    if row.statements_to == BillingProfile.Recipients.PERSON and row.recipient is None:
        raise InvalidRequest("Say who the one person is.", param="recipient")
    if row.recipient is not None and row.recipient.tenant_id != tenant.pk:
        raise InvalidRequest("Statements go to people of the tenant.", param="recipient")
    validate(row)
    changed = {name: [before[name], _told(getattr(row, name))] for name in before}
    changed = {name: pair for name, pair in changed.items() if pair[0] != pair[1]}
    if changed or row._state.adding:
        row.save()
    if changed:
        record_change(
            action="billing.changed", actor=actor, target=row, tenant_id=tenant.pk, now=now, facts=changed
        )
    return row


def _told(value: Any) -> str:
    return value.email if isinstance(value, User) else str(value or "")
