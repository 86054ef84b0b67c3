"""Calls of Alder and Birch, as the ledger leaves them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from metering.activity.asked import Asked
from metering.ids import derived_id
from metering.models import PolicyDecision
from tests.factories import alder
from tests.factories.ledger import AttemptFactory, ReservationFactory, id_at

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def call(*outcomes: str, at: datetime = NOON, **labels: Any) -> UUID:
    """A call with an attempt of each outcome, of which the last one costs. Returns its reservation."""
    id_ = id_at(at)
    for number, outcome in enumerate(outcomes or ("ok",), start=1):
        is_last = number == len(outcomes or ("ok",))
        own = {} if is_last else {"cost_nano_usd": 0, "input_tokens": 0, "output_tokens": 0}
        AttemptFactory(
            reservation_id=id_, id=derived_id(id_, number), attempt=number, outcome=outcome,
            started_at=at + (number - 1) * SECOND, recorded_at=at, **{**own, **labels},
        )  # fmt: skip
    return id_


def held(at: datetime = NOON, **fields: Any) -> UUID:
    found: UUID = ReservationFactory(created_at=at, **fields).pk
    return found


def refusal(at: datetime = NOON, **fields: Any) -> PolicyDecision:
    values = {
        "tenant_id": alder().pk, "task": "LLM0_CHAT", "verdict": "denied", "code": "budget_exceeded",
        "rule": "tenant cost/day", "mode": "enforce", "count": 1, "first_at": at, "last_at": at,
        "minute": at.replace(second=0, microsecond=0), "message": "No room.",
    }  # fmt: skip
    return PolicyDecision.objects.create(id=id_at(at), **{**values, **fields})


def asked(**fields: Any) -> Asked:
    """About the day of the calls."""
    day = {"since": NOON - timedelta(hours=12), "until": NOON + timedelta(hours=12)}
    return Asked(**{**day, **fields})
