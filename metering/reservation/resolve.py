"""An operator's word on a reservation whose true usage nobody reported."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from msgspec import structs

from metering.audit import record_change
from metering.errors import MeteringUnavailable, NotFound, TransitionRefused
from metering.ledger.commands import Attempt, Command, Release, Settle
from metering.ledger.results import Ended, Refused, Result
from metering.models import UsageReservation
from metering.types import Outcome, ReservationState

Submit = Callable[[Command], Result]
"""Sends one command to the ledger and waits for its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActualUsage:
    """What the call really used. What is None is charged as it was held: the most it can have been."""

    cost_nano_usd: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    api_calls: int | None = None
    files: int | None = None


def resolve_reservation(
    *, reservation_id: UUID, usage: ActualUsage | None, submit: Submit, actor: str, now: datetime
) -> Ended:
    """Charge the usage, or (None) nothing, to a reservation that is held or expired provisionally.

    Raises NotFound, TransitionRefused when it has ended for good, and what `submit` raises.
    """
    row = UsageReservation.objects.filter(pk=reservation_id).first()
    if row is None:
        raise NotFound(f"There is no reservation {reservation_id}.", param="id")
    result = submit(_release(row, actor) if usage is None else _settle(row, usage))
    if isinstance(result, Refused):
        state = (
            ReservationState(row.state).name.lower() if result.state is None else result.state.name.lower()
        )
        message = f"Reservation {reservation_id} is {state} and cannot be resolved: {result.reason.value}."
        raise TransitionRefused(message, reason=result.reason.value, state=state)
    if not isinstance(result, Ended):
        raise MeteringUnavailable(f"The ledger gave an answer that does not fit: {type(result).__name__}.")
    if not result.replayed:
        _record(row, usage, actor, now)
    return result


def _release(row: UsageReservation, actor: str) -> Release:
    return Release(reservation_id=row.pk, tenant_id=row.tenant_id, reason=f"resolved by {actor}")


def _settle(row: UsageReservation, usage: ActualUsage) -> Settle:
    known = {name: amount for name, amount in asdict(usage).items() if amount is not None}
    attempt = Attempt(
        number=1,
        provider_name=row.labels.provider_name,
        response_model=row.labels.request_model,
        started_at=row.created_at,
        latency_ms=0,
        outcome=Outcome.CUT,
        estimated=True,
        **structs.asdict(row.bound) | known,
    )
    return Settle(reservation_id=row.pk, attempts=(attempt,))


@transaction.atomic
def _record(row: UsageReservation, usage: ActualUsage | None, actor: str, now: datetime) -> None:
    record_change(
        action="reservation.resolved",
        actor=actor,
        target=row,
        tenant_id=row.tenant_id,
        now=now,
        facts={"decision": "released" if usage is None else "charged"},
    )
