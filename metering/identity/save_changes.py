"""Save a locked and validated row with its new values, and put on record what became different."""

from collections.abc import Mapping
from datetime import datetime

from metering.audit import record_change
from metering.models import ATIToken, User


def save_changes(
    row: ATIToken | User,
    *,
    action: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
    actor: str,
    now: datetime,
) -> None:
    """`before` and `after` are the row's image as the audit trail shows it; equal ones are no change."""
    if after == before:
        return
    row.save()
    record_change(
        action=action,
        actor=actor,
        target=row,
        tenant_id=row.tenant_id,
        now=now,
        facts={name: [before[name], after[name]] for name in after if after[name] != before[name]},
    )
