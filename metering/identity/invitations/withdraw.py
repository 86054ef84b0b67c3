"""Withdraw an invitation."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.models import Invitation


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, actor: str, now: datetime) -> Invitation:
    """The invitation, whose link opens nothing any more. Again: nothing changes.

    Raises InvalidRequest for one that was accepted: the person is a user by now.
    """
    row: Invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if row.withdrawn_at is not None:
        return row
    if row.accepted_at is not None:
        raise InvalidRequest("This invitation was accepted. Deactivate the person instead.")
    row.withdrawn_at, row.digest = now, None
    row.save(update_fields=["withdrawn_at", "digest"])
    record_change(
        action="invitation.withdrawn",
        actor=actor,
        target=row,
        tenant_id=row.tenant_id,
        now=now,
        facts={"email": row.email},
    )
    return row
