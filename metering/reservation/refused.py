"""Commands that the ledger's state table does not allow, as errors."""

from uuid import UUID

from metering.errors import (
    IdempotencyAnswerLost,
    IdempotencyInProgress,
    IdempotencyMismatch,
    MeteringError,
    MeteringUnavailable,
    TransitionRefused,
)
from metering.ledger.results import Reason, Refused


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
