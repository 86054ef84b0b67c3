"""Everything that metering refuses, as one tree. Each carries a stable code and facts, never an HTTP status.

MeteringError
├── InvalidRequest              invalid_request
│   ├── UnpriceableRequest      unpriceable_request
│   ├── OverRateCapacity        over_rate_capacity
│   ├── OverTaskLimit           invalid_request
│   ├── TagRequired             tag_required
│   ├── ContentBlocked          content_blocked
│   ├── AuthorizationPending    authorization_pending
│   │   └── SlowDown            slow_down
│   ├── DeviceLoginDenied       access_denied
│   ├── DeviceCodeExpired       expired_token
│   └── RefusedByVendor         invalid_request
│       ├── ContextLengthExceeded  context_length_exceeded
│       └── ContentFiltered        content_filter
├── InvalidCredential           invalid_credential
│   └── TokenExpired            token_expired
├── NotPermitted
│   ├── TenantSuspended         tenant_suspended
│   ├── FeatureNotInPlan        feature_not_in_plan
│   ├── TaskNotAllowed          task_not_allowed
│   └── ModelNotAllowed         model_not_allowed
├── NotFound                    not_found
│   └── ModelNotFound           model_not_found
├── InputTooLarge               input_too_large
├── IdempotencyKeyTaken
│   ├── IdempotencyInProgress   idempotency_in_progress
│   └── IdempotencyAnswerLost   idempotency_answer_lost
├── IdempotencyMismatch         idempotency_mismatch
├── LimitExceeded
│   ├── BudgetExceeded          budget_exceeded
│   │   └── BudgetReserved      budget_reserved
│   ├── ConcurrencyExceeded     concurrency_exceeded
│   └── RateLimited             rate_limited
├── TransitionRefused           conflict
├── MeteringUnavailable         metering_unavailable
│   └── Overloaded              overloaded
│       └── LedgerOverloaded    overloaded
├── VendorError                 vendor_error
│   ├── VendorTimeout           vendor_timeout
│   ├── VendorModelMissing      model_not_found
│   └── VendorRateLimited       vendor_rate_limited
│       └── VendorQuotaSpent    insufficient_quota
└── CatalogInvalid              invalid_catalog
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from metering.types import EnforcementMode


class Holder(NamedTuple):
    """Who is behind a credential that was refused."""

    tenant_id: UUID
    plan: str
    team_id: UUID | None
    user_id: UUID | None
    token_id: UUID | None


class MeteringError(Exception):
    """Base of all; `message` is written for the person who gets it, `param` names the field at fault."""

    code = "internal_error"
    credential_of: Holder | None = None
    """Of a refused credential, where it is known whose it is: that tenant's administrators may know of it."""
    has_spent = False
    """Whether what it ended had used something before: the same request sent again would pay for that again."""

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


class InvalidRequest(MeteringError):
    """The request cannot be understood."""

    code = "invalid_request"


class UnpriceableRequest(InvalidRequest):
    """A field's cost cannot be bounded, and a hard budget applies."""

    code = "unpriceable_request"


class RateUse(NamedTuple):
    """One rate limit as a call met it."""

    name: str
    """How messages call it."""
    rule_key: str
    """Of the rule that sets it, such as `requests_per_minute_per_user`."""
    scope: str
    source_id: UUID | None
    """The rule; None: a default."""
    mode: EnforcementMode
    per_minute: int
    shared: bool
    """Whether other tenants draw from the same bucket."""
    requested: int | None = None
    used: float | None = None
    """Once the call took its part, or as it was where that was refused; None: not known."""
    fits: bool | None = None
    """Whether there was enough; None: not asked."""


class OverRateCapacity(InvalidRequest):
    """The call alone is larger than what a rate limit lets through in a minute."""

    code = "over_rate_capacity"

    def __init__(self, message: str, *, rates: tuple[RateUse, ...]) -> None:
        super().__init__(message)
        self.rates = rates
        """All that apply to the call; the first that does not fit is the one that refuses it."""


class OverTaskLimit(InvalidRequest):
    """A task is asked for more than a rule allows in one request; `source` is the rule's key."""

    def __init__(self, message: str, *, param: str, source: str) -> None:
        super().__init__(message, param=param)
        self.source = source


class TagRequired(InvalidRequest):
    """The call lacks a tag that a rule requires."""

    code = "tag_required"
    source = "required_tags"


class ContentBlocked(InvalidRequest):
    """The request contains something private, and a rule has such requests refused; `kinds` says what."""

    code = "content_blocked"
    source = "guard_content"

    def __init__(self, message: str, *, param: str | None = None, kinds: tuple[str, ...] = ()) -> None:
        super().__init__(message, param=param)
        self.kinds = kinds


class AuthorizationPending(InvalidRequest):
    """Nobody has decided yet about a machine that wants to be signed in (RFC 8628, section 3.5)."""

    code = "authorization_pending"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class SlowDown(AuthorizationPending):
    """The machine asks too often; from now on it waits longer."""

    code = "slow_down"


class DeviceLoginDenied(InvalidRequest):
    """Somebody has denied it."""

    code = "access_denied"


class DeviceCodeExpired(InvalidRequest):
    """The machine's code is unknown, used or too old."""

    code = "expired_token"


class RefusedByVendor(InvalidRequest):
    """The vendor says that the request itself is wrong: no other vendor and no other moment would mend it."""


class ContextLengthExceeded(RefusedByVendor):
    """The vendor says that the request is longer than the model's context."""

    code = "context_length_exceeded"


class ContentFiltered(RefusedByVendor):
    """The vendor refuses the request for its content."""

    code = "content_filter"


class InvalidCredential(MeteringError):
    """The credential is missing, unknown, malformed or revoked."""

    code = "invalid_credential"


class TokenExpired(InvalidCredential):
    """The credential was good once and has expired."""

    code = "token_expired"


class NotPermitted(MeteringError):
    """The caller is known and may not do this; `source` says whose rule it is: the plan's, the token's, or a key's."""

    code = "not_permitted"

    def __init__(self, message: str, *, param: str | None = None, source: str = "plan") -> None:
        super().__init__(message, param=param)
        self.source = source


class TenantSuspended(NotPermitted):
    """The tenant is not active."""

    code = "tenant_suspended"


class FeatureNotInPlan(NotPermitted):
    """The plan does not contain the feature that this task needs."""

    code = "feature_not_in_plan"


class TaskNotAllowed(NotPermitted):
    """The plan or the token does not allow this task."""

    code = "task_not_allowed"


class ModelNotAllowed(NotPermitted):
    """The plan or the token does not allow this model's class for the task."""

    code = "model_not_allowed"


class NotFound(MeteringError):
    """No such thing, or not for this caller."""

    code = "not_found"


class ModelNotFound(NotFound):
    """No model, alias or class has this name."""

    code = "model_not_found"


class InputTooLarge(MeteringError):
    """The input is over the limit of a rule or of the model; `source` says which: the rule's key, or `model`."""

    code = "input_too_large"

    def __init__(self, message: str, *, param: str | None = None, source: str = "model") -> None:
        super().__init__(message, param=param)
        self.source = source


class IdempotencyKeyTaken(MeteringError):
    """The same request came before under this Idempotency-Key; `holder` is its reservation."""

    def __init__(self, message: str, *, holder: UUID) -> None:
        super().__init__(message)
        self.holder = holder


class IdempotencyInProgress(IdempotencyKeyTaken):
    """A request with this Idempotency-Key is still running."""

    code = "idempotency_in_progress"


class IdempotencyAnswerLost(IdempotencyKeyTaken):
    """A request with this Idempotency-Key has ended and may have been charged; its answer is not there any more."""

    code = "idempotency_answer_lost"


class IdempotencyMismatch(MeteringError):
    """This Idempotency-Key was used with another body."""

    code = "idempotency_mismatch"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitUsage:
    """The facts of a limit that was hit. Amounts are in the ledger's units (cost in nano-USD)."""

    budget: str
    scope: str
    dimension: str
    current: int
    held: int
    requested: int
    limit: int
    period: str
    source_id: UUID | None = None
    """The budget or rule that sets the limit; None: a default."""
    override: int = 0
    """How much of the limit comes from overrides."""
    subject_id: str | None = None
    """Of a budget that a tenant can ask more of: whose counter it is."""
    shared: bool = False
    """Whether other tenants' use is in these figures: for operators only."""


class LimitExceeded(MeteringError):
    """A limit would be passed; `usage` says which, `reset_at` when it opens again (None: never)."""

    code = "limit_exceeded"
    rates: tuple[RateUse, ...] = ()
    """What the rate limits had said, where they were asked."""

    def __init__(
        self, message: str, *, usage: LimitUsage, reset_at: datetime | None, retry_after_s: int
    ) -> None:
        super().__init__(message)
        self.usage = usage
        self.reset_at = reset_at
        self.retry_after_s = retry_after_s


class BudgetExceeded(LimitExceeded):
    """A hard budget has no room for this call's worst case."""

    code = "budget_exceeded"


class BudgetReserved(BudgetExceeded):
    """Only calls under way hold what this call would need; most of it comes free when they end, within seconds."""

    code = "budget_reserved"


class ConcurrencyExceeded(LimitExceeded):
    """Too many calls are in flight."""

    code = "concurrency_exceeded"


class RateBalance(NamedTuple):
    """The tightest rate limit of one dimension: requests or tokens. It is full again in `reset_s`."""

    dimension: str
    limit: int
    remaining: int
    reset_s: float


class RateLimited(LimitExceeded):
    """Too many requests or tokens in the last minute; `balances` are what the rate limits have left."""

    code = "rate_limited"

    def __init__(
        self,
        message: str,
        *,
        usage: LimitUsage,
        reset_at: datetime | None,
        retry_after_s: int,
        balances: tuple[RateBalance, ...] = (),
        rates: tuple[RateUse, ...] = (),
    ) -> None:
        super().__init__(message, usage=usage, reset_at=reset_at, retry_after_s=retry_after_s)
        self.rates = rates
        self.balances = balances


class TransitionRefused(MeteringError):
    """The reservation's state does not allow this command; `reason` and `state` say why."""

    code = "conflict"

    def __init__(self, message: str, *, reason: str, state: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.state = state


class MeteringUnavailable(MeteringError):
    """The ledger cannot be reached; nothing may be spent."""

    code = "metering_unavailable"


class Overloaded(MeteringUnavailable):
    """More is asked at once than a bound allows; nothing was begun."""

    code = "overloaded"


class LedgerOverloaded(Overloaded):
    """More commands wait for the ledger than its bound allows."""


class VendorError(MeteringError):
    """The vendor answered with an error, or not at all."""

    code = "vendor_error"

    def __init__(
        self,
        message: str,
        *,
        retryable: bool,
        status: int | None = None,
        replayed: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        """`replayed`: it happened before, to the same request under the same Idempotency-Key.

        `retry_after_s` is what the vendor asks for.
        """
        super().__init__(message)
        self.retryable = retryable
        self.status = status
        self.replayed = replayed
        self.retry_after_s = retry_after_s


class VendorTimeout(VendorError):
    """The vendor did not answer in time; it may still bill the call."""

    code = "vendor_timeout"


class VendorModelMissing(VendorError):
    """The vendor does not know the model by the name that the catalog gives it."""

    code = "model_not_found"


class VendorRateLimited(VendorError):
    """The vendor limits the rate of the gateway's own calls."""

    code = "vendor_rate_limited"


class VendorQuotaSpent(VendorRateLimited):
    """The gateway's account with the vendor has no money left."""

    code = "insufficient_quota"


class CatalogInvalid(MeteringError):
    """A catalog file is wrong; `problems` are sentences that each begin with a line number."""

    code = "invalid_catalog"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
