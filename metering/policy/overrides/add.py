"""Raise a budget for a while, beside its amount."""

from datetime import datetime
from typing import Any

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.identity.validate import validate
from metering.models import Budget, BudgetOverride
from metering.policy.edit.set_row import identity_of
from metering.policy.overrides.counter import Counter
from metering.text import normal

MOST_IN_FORCE = 500
"""Overrides of one budget in one tenant, because every compiled policy reads them. Top-ups, which have no end and are
read as their sum, are not counted.
"""
MOST_REASON = 500


def add_override(
    *,
    counter: Counter,
    amount: int,
    actor: str,
    now: datetime,
    windows: int | None = None,
    reason: str = "",
    **facts: Any,
) -> BudgetOverride:
    """Raise the counter's limit by `amount`, in the ledger's units, from the next call on.

    `windows` counts the present window and those that follow; None: until it is removed. `facts` are columns that
    only some overrides have. Raises InvalidRequest.
    """
    with transaction.atomic():
        budget = Budget.objects.select_for_update(of=("self",), no_key=True).get(pk=counter.budget.pk)
        if not budget.is_active:
            raise InvalidRequest("This budget is switched off, so there is nothing to raise.", param="budget")
        standing = BudgetOverride.objects.in_force(now).filter(
            budget=budget, tenant=counter.tenant, kind=BudgetOverride.Kind.OVERRIDE
        )
        is_top_up = facts.get("kind") == BudgetOverride.Kind.TOP_UP
        if not is_top_up and standing.count() >= MOST_IN_FORCE:
            raise InvalidRequest(f"{MOST_IN_FORCE} overrides of this budget are in force. Remove some first.")
        starts_at, ends_at = counter.span(windows, now)
        row = BudgetOverride(
            budget=budget,
            tenant=counter.tenant,
            subject_id=counter.subject_id,
            amount=amount,
            windows=windows,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=checked_sentence(reason, "reason"),
            made_by=actor,
            created_at=now,
            **facts,
        )
        validate(row)
        row.save(force_insert=True)
        record_change(
            action=f"{row.kind}.added",
            actor=actor,
            target=row,
            tenant_id=row.tenant_id,
            now=now,
            facts={**facts_of(row), "reason": row.reason},
        )
    return row


def facts_of(row: BudgetOverride) -> dict[str, object]:
    """What the audit trail keeps of an override."""
    facts = {
        **identity_of(row.budget),
        "budget": row.budget_id,
        "subject": row.subject_id,
        "added": row.amount,
        "windows": row.windows,
        "until": row.ends_at,
        "reference": row.reference,
    }
    return {name: value for name, value in facts.items() if value not in (None, "")}


def checked_sentence(text: str, param: str) -> str:
    """A reason or an answer in its one form. Raises InvalidRequest for one that is too long or cannot be stored."""
    sentence = normal(text).strip()
    if len(sentence) > MOST_REASON or "\0" in sentence:
        raise InvalidRequest(f"{param} is at most {MOST_REASON} characters of text.", param=param)
    return sentence
