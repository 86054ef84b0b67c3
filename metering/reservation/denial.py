"""The ledger's refusals as errors that people can act on."""

from datetime import datetime
from uuid import UUID

from metering.errors import (
    BudgetExceeded,
    BudgetReserved,
    ConcurrencyExceeded,
    IdempotencyAnswerLost,
    IdempotencyInProgress,
    IdempotencyMismatch,
    LimitExceeded,
    LimitUsage,
    MeteringError,
    MeteringUnavailable,
    TransitionRefused,
)
from metering.ledger.results import Denied, LineDenial, Reason, Refused
from metering.money import usd_text
from metering.policy.values import MeterLimit
from metering.reservation.lasting import Lasting, lasting
from metering.types import Dimension

RETRY_CONCURRENCY_S = 1
RETRY_RESERVED_S = 1
RETRY_NEVER_S = 86_400
"""What `Retry-After` says of budgets that never reset: somebody has to raise them first."""


def limit_error(
    denied: Denied, limits: list[MeterLimit], now: datetime, *, holds_already: bool = False
) -> LimitExceeded:
    """The error for the denial that lasts longest: the caller has to wait for that one anyway.

    `limits` run along the command's lines. `holds_already`: an enlargement was denied, whose own reservation holds a
    part of the budget, so that waiting does not help.
    """

    def is_only_held(denial: LineDenial) -> bool:
        """Whether there would be room if every call under way cost nothing: what is held is not used."""
        return not holds_already and denial.used + denial.requested <= denial.limit

    def lasts(denial: LineDenial) -> Lasting:
        dimension = limits[denial.line].meter.dimension
        return lasting(dimension, denial.resets_at, is_only_held=is_only_held(denial))

    denial = max(denied.denials, key=lasts)
    limit = limits[denial.line]
    dimension = limit.meter.dimension
    usage = LimitUsage(
        budget=limit.name,
        scope=limit.scope.value,
        dimension=dimension.value,
        current=denial.used,
        held=denial.held,
        requested=denial.requested,
        limit=denial.limit,
        period=limit.meter.window.value,
        source_id=limit.source_id,
    )
    retry_after_s = RETRY_RESERVED_S if is_only_held(denial) else _wait_s(denial, limit, now)
    if dimension is Dimension.CONCURRENCY:
        return ConcurrencyExceeded(
            f"Too many calls are in flight under {limit.name}: {denial.held} of {denial.limit}.",
            usage=usage,
            reset_at=None,
            retry_after_s=retry_after_s,
        )
    if is_only_held(denial):
        message = f"Calls under way hold the rest of the budget {limit.name}: {_facts(denial, limit)}. "
        return BudgetReserved(
            f"{message}Try again in a moment.",
            usage=usage,
            reset_at=denial.resets_at,
            retry_after_s=retry_after_s,
        )
    return BudgetExceeded(
        _budget_message(denial, limit),
        usage=usage,
        reset_at=denial.resets_at,
        retry_after_s=retry_after_s,
    )


def _wait_s(denial: LineDenial, limit: MeterLimit, now: datetime) -> int:
    if limit.meter.dimension is Dimension.CONCURRENCY:
        return RETRY_CONCURRENCY_S
    if denial.resets_at is None:
        return RETRY_NEVER_S
    return max(1, int((denial.resets_at - now).total_seconds()) + 1)


def _facts(denial: LineDenial, limit: MeterLimit) -> str:
    dimension = limit.meter.dimension

    def shown(amount: int) -> str:
        return f"${usd_text(amount)}" if dimension is Dimension.COST else f"{amount:,}"

    unit = "" if dimension is Dimension.COST else f" {dimension.unit}"
    return (
        f"{shown(denial.used)} used and {shown(denial.held)} held of {shown(denial.limit)}{unit}, "
        f"this call may need {shown(denial.requested)}"
    )


def _budget_message(denial: LineDenial, limit: MeterLimit) -> str:
    facts = _facts(denial, limit)
    if denial.requested > denial.limit:
        return (
            f"This call is larger than the whole budget {limit.name}: {facts}. "
            "Ask for less output, or for a larger budget."
        )
    until = f"; it resets at {denial.resets_at:%Y-%m-%d %H:%M} UTC" if denial.resets_at else ""
    return (
        f"The budget {limit.name} has no room for this call: {facts}{until}. An administrator can raise it."
    )


def refusal_error(refused: Refused) -> MeteringError:
    """The error for a command that the state table does not allow."""
    state = refused.state.name.lower() if refused.state is not None else "absent"
    match refused.reason:
        case Reason.KEY_IN_PROGRESS:
            return IdempotencyInProgress(
                "A request with this Idempotency-Key is still running.", holder=_holder(refused)
            )
        case Reason.KEY_ENDED:
            return IdempotencyAnswerLost(
                "The request with this Idempotency-Key has ended and may have been charged, but its answer was "
                "not kept. Use a new key to ask again.",
                holder=_holder(refused),
            )
        case Reason.KEY_OTHER_BODY:
            return IdempotencyMismatch("This Idempotency-Key was used with another request.")
        case Reason.LEASE_EXPIRED:
            return MeteringUnavailable("The call outlived its reservation, so it was stopped.")
    return TransitionRefused(
        f"The reservation is {state}: {refused.reason}.", reason=refused.reason.value, state=state
    )


def _holder(refused: Refused) -> UUID:
    if refused.other_id is None:
        raise AssertionError("whoever refuses a key says who has it")
    return refused.other_id
