"""What the caller is told of an attempt that failed."""

from metering.catalog.served import ServedModel
from metering.errors import MeteringError, RefusedByVendor, VendorError, VendorTimeout
from metering.ports import AttemptFailed
from metering.types import Outcome

CALLERS_FAULT = frozenset({400, 413, 422})
"""Statuses with which a vendor says that the request itself is wrong."""


def vendor_error(failure: AttemptFailed, model: ServedModel) -> MeteringError:
    """The caller's error for a failed attempt: VendorTimeout, RefusedByVendor or VendorError."""
    if failure.outcome is Outcome.TIMEOUT:
        return VendorTimeout(
            f"{model.provider_name} did not answer in time.", retryable=True, status=failure.status
        )
    if failure.status in CALLERS_FAULT:
        return RefusedByVendor(
            f"{model.provider_name} refused the request: {failure.message}", param=failure.param
        )
    return VendorError(
        f"{model.provider_name} failed: {failure.message}",
        retryable=failure.retryable,
        status=failure.status,
        retry_after_s=failure.retry_after_s,
    )
