"""What the caller is told of an attempt that failed."""

from metering.catalog.served import ServedModel
from metering.errors import (
    ContentFiltered,
    ContextLengthExceeded,
    MeteringError,
    RefusedByVendor,
    VendorError,
    VendorModelMissing,
    VendorQuotaSpent,
    VendorRateLimited,
    VendorTimeout,
)
from metering.ports import AttemptFailed
from metering.types import Outcome

CALLERS_FAULT = frozenset({400, 413, 422})
"""Statuses with which a vendor says that the request itself is wrong."""
KEY_REFUSED = frozenset({401, 403})
RATE_LIMITED = 429
UNPAID = 402
TOO_LONG = "context_length_exceeded"
REFUSALS = {TOO_LONG: ContextLengthExceeded, "content_filter": ContentFiltered}
"""The vendor's own codes for a request that no other moment would mend."""


def is_retryable(failure: AttemptFailed) -> bool:
    """Whether the same attempt may succeed later, and cannot be billed now."""
    return failure.retryable and not failure.ambiguous


def vendor_error(failure: AttemptFailed, model: ServedModel) -> MeteringError:
    """The caller's error for a failed attempt. One that may be billed is not retryable: SDKs would pay for it again."""
    vendor, status = model.provider_name, failure.status
    if failure.outcome is Outcome.TIMEOUT:
        return VendorTimeout(f"{vendor} did not answer in time.", retryable=False, status=status)
    refused = f"{vendor} refused the request: {failure.message}"
    if failure.code in REFUSALS:
        return REFUSALS[failure.code](refused, param=failure.param)
    if failure.code == "insufficient_quota" or status == UNPAID:
        return VendorQuotaSpent(refused, retryable=False, status=status)
    if failure.code == "model_not_found":
        return VendorModelMissing(refused, retryable=False, status=status)
    if model.key_of is not None and status in KEY_REFUSED:
        return VendorError(f"{vendor} does not accept your own key.", retryable=False, status=status)
    if status == RATE_LIMITED:
        return VendorRateLimited(
            f"{vendor} limits the rate: {failure.message}",
            retryable=is_retryable(failure),
            status=status,
            retry_after_s=failure.retry_after_s,
        )
    if status in CALLERS_FAULT:
        return RefusedByVendor(refused, param=failure.param)
    return VendorError(
        f"{vendor} failed: {failure.message}",
        retryable=is_retryable(failure),
        status=status,
        retry_after_s=failure.retry_after_s,
    )
