"""End an override before its time."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.models import BudgetOverride
from metering.policy.overrides.add import facts_of


@transaction.atomic
def remove_override(*, override: BudgetOverride, actor: str, now: datetime) -> BudgetOverride:
    """The override, which raises nothing from the next call on. What was used stays used. Again: nothing changes.

    Raises InvalidRequest for one that has ended by itself.
    """
    rows = BudgetOverride.objects.select_related("budget").select_for_update(of=("self",))
    row: BudgetOverride = rows.get(pk=override.pk)
    if row.removed_at is not None:
        return row
    if row.ends_at is not None and row.ends_at <= now:
        raise InvalidRequest("This override has ended already.")
    row.removed_at, row.removed_by = now, actor
    row.save(update_fields=["removed_at", "removed_by"])
    record_change(
        action=f"{row.kind}.removed",
        actor=actor,
        target=row,
        tenant_id=row.tenant_id,
        now=now,
        facts=facts_of(row),
    )
    return row
