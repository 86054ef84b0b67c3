"""Revoke an ATI token for good."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.models import ATIToken


@transaction.atomic
def revoke_token(*, token: ATIToken, actor: str, now: datetime) -> ATIToken:
    """The revoked token. One that was revoked before keeps its first moment."""
    row: ATIToken = ATIToken.objects.select_for_update().get(pk=token.pk)
    if row.revoked_at is not None:
        return row
    row.revoked_at = now
    row.save(update_fields=["revoked_at"])
    record_change(
        action="token.revoked",
        actor=actor,
        target=row,
        tenant_id=row.tenant_id,
        now=now,
        facts={"prefix": row.prefix},
    )
    return row
