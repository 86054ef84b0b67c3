"""Prepaid credit: a tenant has paid, so that it may spend so much more in all."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from metering.errors import InvalidRequest
from metering.models import Budget, BudgetOverride
from metering.money import usd_text
from metering.policy.overrides.add import add_override
from metering.policy.overrides.counter import Counter
from metering.text import checked_label
from metering.types import Dimension, Window

MOST_REFERENCE = 64


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

    `reference` names the payment. The same one again, with the same amount, is the top-up that there is, so that a
    payment which is told twice counts once. Raises InvalidRequest.
    """
    budget = counter.budget
    if budget.dimension != Dimension.COST or budget.window != Window.TOTAL:
        raise InvalidRequest("Only a budget of cost in all (window total) can be topped up.", param="budget")
    reference = checked_label(reference, "reference")
    if len(reference) > MOST_REFERENCE:
        raise InvalidRequest(f"reference is at most {MOST_REFERENCE} characters.", param="reference")
    # Who adds overrides of the budget waits here, so that one payment told twice at once is found too.
    Budget.objects.select_for_update(of=("self",), no_key=True).get(pk=budget.pk)
    known = BudgetOverride.objects.filter(
        kind=BudgetOverride.Kind.TOP_UP,
        budget=budget,
        tenant=counter.tenant,
        reference=reference,
        removed_at=None,
    ).first()
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
    if (known.amount, known.subject_id) != (amount, counter.subject_id):
        raise InvalidRequest(
            f"{reference!r} was recorded with ${usd_text(known.amount)}. Remove that top-up first.",
            param="reference",
        )
    return ToppedUp(override=known, created=False)
