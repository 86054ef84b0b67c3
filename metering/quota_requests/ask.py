"""Ask for more of a budget."""

from datetime import datetime

from django.db import transaction

from metering.errors import InvalidRequest, NotPermitted, TransitionRefused
from metering.identity.validate import validate
from metering.models import QuotaRequest, Tenant, User
from metering.note_asking import note_asking
from metering.policy.edit.set_row import identity_of
from metering.policy.overrides.add import checked_sentence
from metering.policy.overrides.counter import Counter
from metering.quota_requests.tell import tell_created
from metering.types import Setter, SubjectType
from metering.usage.limits import limit_of_budget
from metering.usage.subjects import Subjects

MOST_OPEN = 20
"""Open requests of a tenant."""
MOST_OF_ONE = 5
"""Of which so many are one person's."""
MOST_AN_HOUR = 100
"""Requests of a tenant, also those that are taken back: operators are told of each."""


def check_may_ask(counter: Counter, subjects: Subjects | None) -> None:
    """Whether somebody may ask for more of this counter; `subjects` are a member's own, None an administrator's.

    Raises NotPermitted.
    """
    if counter.budget.set_by == Setter.TENANT:
        raise NotPermitted(
            "This limit is your tenant's own: its administrators change it, and need not ask for it.",
            param="budget",
        )
    if subjects is None:
        return
    if counter.budget.per == SubjectType.TENANT or not is_own(counter, subjects):
        raise NotPermitted("You may ask for more of your own budgets; your administrators ask for others.")


def is_own(counter: Counter, subjects: Subjects) -> bool:
    """Whether the calls of one member count on the counter."""
    pair = (counter.budget.per, counter.subject_id)
    return pair in subjects.of(limit_of_budget(counter.budget))


@transaction.atomic
def ask_for_quota(
    *, counter: Counter, amount: int, reason: str, by: User, now: datetime, windows: int | None = None
) -> QuotaRequest:
    """The request, which operators are told of. `amount` is in the ledger's units: nano-USD for cost.

    Raises InvalidRequest, TransitionRefused where the counter has an open request, and RateLimited.
    """
    tenant, budget = counter.tenant, counter.budget
    if tenant is None or not budget.is_active:
        raise InvalidRequest("This budget is none that a tenant can ask for.", param="budget")
    reason = checked_sentence(reason, "reason")
    if not reason:
        raise InvalidRequest("Say why: an operator decides by it.", param="reason")
    counter.span(windows, now)
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)  # its requests are counted one at a time
    open_ones = QuotaRequest.objects.for_tenant(tenant).filter(state=QuotaRequest.State.OPEN)
    twin = open_ones.filter(budget=budget, subject_id=counter.subject_id).first()
    if twin is not None:
        raise TransitionRefused(
            f"{twin.asked_by} has asked for more of this budget already, and nobody has answered yet.",
            reason="open",
            state=twin.state,
        )
    if open_ones.count() >= MOST_OPEN or open_ones.filter(user=by).count() >= MOST_OF_ONE:
        raise InvalidRequest(
            f"A tenant has at most {MOST_OPEN} open requests, and a person {MOST_OF_ONE}. Withdraw one first."
        )
    row = QuotaRequest(
        tenant=tenant,
        budget=budget,
        subject_id=counter.subject_id,
        amount=amount,
        windows=windows,
        reason=reason,
        user=by,
        asked_by=by.email,
        created_at=now,
    )
    validate(row)
    row.save(force_insert=True)
    note_asking(
        what="requests for quota",
        most=MOST_AN_HOUR,
        action="quota_request.created",
        target=row,
        tenant_id=tenant.pk,
        actor=by.email,
        now=now,
        facts=facts_of(row),
    )
    tell_created(row, now=now)
    return row


def facts_of(row: QuotaRequest) -> dict[str, object]:
    """What the audit trail keeps of a request."""
    facts = {
        **identity_of(row.budget),
        "budget": row.budget_id,
        "subject": row.subject_id,
        "asked": row.amount,
        "windows": row.windows,
        "reason": row.reason,
        "granted": row.granted,
        "answer": row.answer,
    }
    return {name: value for name, value in facts.items() if value not in (None, "")}
