"""Prepaid credit: a tenant has paid, so that it may spend so much more in all."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from metering.errors import InvalidRequest
from metering.models import BudgetOverride
from metering.money import usd_text
from metering.policy.overrides.add import add_override
from metering.policy.overrides.counter import Counter
from metering.text import checked_label
from metering.types import Dimension, Window

MOST_REFERENCE = 64
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('metering.top_up ' || %s, 0))"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToppedUp:
    """The top-up, and whether it is new."""

    override: BudgetOverride
    created: bool


@transaction.atomic
def top_up(
    *, counter: Counter, amount: int, reference: str, actor: str, now: datetime, reason: str = ""
) -> ToppedUp:
    """Raise a budget of cost in all by what was paid, in nano-USD, for good. What was used is not touched.

    `reference` names the tenant's payment. The same one again, with the same amount, is the top-up that there is, so
    that a payment which is told twice counts once; of another amount or budget it is refused. Raises InvalidRequest.
    """
    budget = counter.budget
    if budget.dimension != Dimension.COST or budget.window != Window.TOTAL:
        raise InvalidRequest("Only a budget of cost in all (window total) can be topped up.", param="budget")
    reference = checked_label(reference, "reference")
    if len(reference) > MOST_REFERENCE:
        raise InvalidRequest(f"reference is at most {MOST_REFERENCE} characters.", param="reference")
    with connection.cursor() as cursor:  # one payment told twice at once is found too, also of two budgets
        cursor.execute(LOCK, [str(counter.tenant.pk) if counter.tenant is not None else ""])
    top_ups = BudgetOverride.objects.filter(kind=BudgetOverride.Kind.TOP_UP, tenant=counter.tenant)
    found = list(top_ups.filter(reference=reference, removed_at=None))
    known = next((row for row in found if row.budget_id == budget.pk), found[0] if found else None)
    if known is None:
        row = add_override(
            counter=counter,
            amount=amount,
            actor=actor,
            now=now,
            reason=reason,
            kind=BudgetOverride.Kind.TOP_UP,
            reference=reference,
        )
        return ToppedUp(override=row, created=True)
    if (known.budget_id, known.amount, known.subject_id) != (budget.pk, amount, counter.subject_id):
        where = "" if known.budget_id == budget.pk else f" for the budget {known.budget_id}"
        raise InvalidRequest(
            f"{reference!r} was recorded with ${usd_text(known.amount)}{where}. Remove that top-up first.",
            param="reference",
        )
    return ToppedUp(override=known, created=False)
