"""Raise a budget's own amount, for good."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.models import Budget
from metering.policy.edit.set_row import identity_of
from metering.types import MAX_AMOUNT, Scope


@transaction.atomic
def raise_budget(*, budget: Budget, by: int, actor: str, now: datetime) -> Budget:
    """The budget with `by` more, in the ledger's units, from the next call on.

    Raises InvalidRequest for a budget of several tenants: raising that raises it for all of them.
    """
    row: Budget = Budget.objects.select_for_update(of=("self",), no_key=True).get(pk=budget.pk)
    if not row.is_active:
        raise InvalidRequest("This budget is switched off, so there is nothing to raise.", param="budget")
    if row.tenant_id is None:
        whose = f"plan {row.scope_id}" if row.scope == Scope.PLAN else "the gateway"
        raise InvalidRequest(
            f"This budget of {whose} is for several tenants. Raise it where it is set, or approve an override.",
            param="for_good",
        )
    before, row.amount = row.amount, min(MAX_AMOUNT, row.amount + by)
    row.save(update_fields=["amount"])
    record_change(
        action="budget.set",
        actor=actor,
        target=row,
        tenant_id=row.tenant_id,
        now=now,
        facts={**identity_of(row), "before": {"amount": before}, "after": {"amount": row.amount}},
    )
    return row
