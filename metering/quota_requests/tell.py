"""Tells both sides of a request: operators that it was made, and its tenant how it was answered."""

from datetime import datetime

from metering.audit_trail.values import amount_text
from metering.models import QuotaRequest, User
from metering.notices import raise_notice
from metering.types import Audience, Dimension, EventType
from metering.usage.status import amount_as_json

STATES = QuotaRequest.State


def tell_created(row: QuotaRequest, *, now: datetime) -> None:
    """To operators, within the transaction of the request."""
    name = row.tenant.name or row.tenant.slug
    raise_notice(
        type=EventType.QUOTA_REQUEST_CREATED,
        audience=Audience.SUPER_ADMINS,
        subject=f"{name} asks for {_more(row, row.amount)}",
        text=f"{row.asked_by} of {name} asks for {_more(row, row.amount)}:\n\n{row.reason}",
        now=now,
        data=_data(row),
        path=_path(row),
        dedupe_key=f"quota_request {row.pk} created",
    )


def tell_decided(row: QuotaRequest, *, now: datetime) -> None:
    """To the tenant's administrators, and to whoever asked if that is somebody else."""
    granted = "" if row.granted is None else f": {_more(row, row.granted)}"
    words = {STATES.APPROVED: "approved", STATES.FOR_GOOD: "approved for good", STATES.DENIED: "denied"}
    verdict = words[STATES(row.state)]
    answer = f"\n\n{row.answer}" if row.answer else ""
    told = {
        "type": EventType.QUOTA_REQUEST_DECIDED,
        "subject": f"Your request for {_more(row, row.amount)} was {verdict}",
        "text": f"The request of {row.asked_by} for {_more(row, row.amount)} was {verdict}{granted}.{answer}",
        "now": now,
        "tenant_id": row.tenant_id,
        "data": _data(row),
        "path": _path(row),
    }
    key = f"quota_request {row.pk} decided"
    raise_notice(audience=Audience.TENANT_ADMINS, dedupe_key=key, **told)  # type: ignore[arg-type]
    asker = row.user
    if asker is not None and asker.role != User.Role.TENANT_ADMIN:
        raise_notice(
            audience=Audience.PERSON,
            user_id=asker.pk,
            dedupe_key=f"{key} {asker.pk}",
            **told,  # type: ignore[arg-type]
        )


def _more(row: QuotaRequest, amount: int) -> str:
    budget = row.budget
    unit = "" if budget.dimension == Dimension.COST else f" {budget.dimension.replace('_', ' ')}"
    window = "in all" if budget.window == "total" else f"a {budget.window}"
    cost = "cost " if budget.dimension == Dimension.COST else ""
    return f"{amount_text(budget.dimension, amount)}{unit} more of {cost}{window}"


def _path(row: QuotaRequest) -> str:
    return f"/admin/quota-requests/{row.pk}/"


def _data(row: QuotaRequest) -> dict[str, object]:
    shown = amount_as_json(Dimension(row.budget.dimension))
    return {
        "request": row.pk,
        "tenant": row.tenant.slug,
        "budget": row.budget_id,
        "dimension": row.budget.dimension,
        "window": row.budget.window,
        "subject_id": row.subject_id,
        "amount": shown(row.amount),
        "granted": None if row.granted is None else shown(row.granted),
        "state": row.state,
        "answer": row.answer,
    }
