"""Answer a request for quota: approve it for a while, approve it for good, deny it, or take it back.

Whoever answers locks the request first, so that of two answers at once the second finds the first.
"""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest, TransitionRefused
from metering.models import BudgetOverride, QuotaRequest
from metering.policy.edit.raise_budget import raise_budget
from metering.policy.overrides.add import add_override, checked_sentence
from metering.policy.overrides.counter import Counter
from metering.quota_requests.ask import facts_of
from metering.quota_requests.tell import tell_decided

State = QuotaRequest.State


def counter_of_request(row: QuotaRequest) -> Counter:
    """What the request is about."""
    return Counter(budget=row.budget, tenant=row.tenant, subject_id=row.subject_id)


@transaction.atomic
def approve(
    *,
    request: QuotaRequest,
    actor: str,
    now: datetime,
    windows: int | None,
    amount: int | None = None,
    answer: str = "",
) -> QuotaRequest:
    """Raise the budget by an override, of the amount that was asked for or of another one.

    `windows` counts the present window and those that follow; None: until it is removed. Raises InvalidRequest, and
    TransitionRefused for a request that was answered.
    """
    row = _locked(request)
    override = add_override(
        counter=counter_of_request(row),
        amount=row.amount if amount is None else amount,
        windows=windows,
        reason=row.reason,
        actor=actor,
        now=now,
    )
    row.granted = override.amount
    return _answered(row, State.APPROVED, answer, actor, now, override)


@transaction.atomic
def approve_for_good(
    *, request: QuotaRequest, actor: str, now: datetime, amount: int | None = None, answer: str = ""
) -> QuotaRequest:
    """Raise the budget's own amount. Raises InvalidRequest for a budget of several tenants, and TransitionRefused."""
    row = _locked(request)
    row.granted = row.amount if amount is None else amount
    if row.granted <= 0:
        raise InvalidRequest("Approve more than nothing.", param="amount")
    raise_budget(budget=row.budget, by=row.granted, actor=actor, now=now)
    return _answered(row, State.FOR_GOOD, answer, actor, now)


@transaction.atomic
def deny(*, request: QuotaRequest, answer: str, actor: str, now: datetime) -> QuotaRequest:
    """Say no, with a sentence. Raises InvalidRequest without one, and TransitionRefused."""
    row = _locked(request)
    if not checked_sentence(answer, "answer"):
        raise InvalidRequest("Say why not: whoever asked reads it.", param="answer")
    return _answered(row, State.DENIED, answer, actor, now)


@transaction.atomic
def withdraw(*, request: QuotaRequest, actor: str, now: datetime) -> QuotaRequest:
    """Take it back. Raises TransitionRefused for a request that was answered."""
    return _answered(_locked(request), State.WITHDRAWN, "", actor, now)


def _locked(request: QuotaRequest) -> QuotaRequest:
    rows = QuotaRequest.objects.select_related("budget", "tenant", "user").select_for_update(of=("self",))
    row: QuotaRequest = rows.get(pk=request.pk)
    if not row.is_open:
        raise TransitionRefused(
            f"This request was {State(row.state).label} already, at {row.decided_at:%Y-%m-%d %H:%M:%S} UTC.",
            reason="decided",
            state=row.state,
        )
    return row


def _answered(
    row: QuotaRequest,
    state: QuotaRequest.State,
    answer: str,
    actor: str,
    now: datetime,
    override: BudgetOverride | None = None,
) -> QuotaRequest:
    row.state, row.decided_at, row.decided_by = state, now, actor
    row.answer, row.override = checked_sentence(answer, "answer"), override
    row.save()
    record_change(
        action=f"quota_request.{state}",
        actor=actor,
        target=row,
        tenant_id=row.tenant_id,
        now=now,
        facts=facts_of(row),
    )
    if state is not State.WITHDRAWN:
        tell_decided(row, now=now)
    return row
