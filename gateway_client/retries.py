"""Whether a call that failed is tried again, when, and at which model. Data and functions; `calls` drives them."""

import random
from dataclasses import dataclass

from gateway_client.errors import (
    BudgetExceededError,
    BudgetReservedError,
    GatewayError,
    GatewayUnavailableError,
    LimitError,
)

AT_ANOTHER_MODEL = frozenset(
    [
        "vendor_error",
        "vendor_timeout",
        "vendor_rate_limited",
        "insufficient_quota",
        "model_not_found",
        "model_not_allowed",
    ]
)
"""Codes of what another model may be spared."""
IN_PROGRESS = "idempotency_in_progress"
UNREACHABLE, CONNECTION_LOST, TIMED_OUT = "unreachable", "connection_lost", "timed_out"
LEAST_WAIT_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How patient a client is. Public."""

    retries: int = 4
    """Further tries after faults, such as 503 or a broken connection."""
    first_wait_s: float = 0.5
    """Before the first of them; each further wait is twice as long, less up to a quarter by chance."""
    most_wait_s: float = 8.0
    patience_s: float = 60.0
    """How long one call waits, in all, for room that the gateway says there will be (rates, concurrency)."""
    idempotent: bool = True
    """Send an `Idempotency-Key` with every call, so that one whose connection broke is tried again and paid once. The
    gateway then keeps each answer, encrypted, for a day. False: such a call is not tried again.
    """

    def wait_s(self, error: GatewayError, *, tries: int, waited_s: float) -> float | None:
        """Seconds until the next try, or None for none; `tries` have failed, and `waited_s` went by between them.

        1. `x-should-retry: false` is obeyed: the call may have been billed, or no repetition would mend it.
        2. A limit that has room again soon (429), and an answer that is still being made under the same Idempotency-Key
           (409), are waited for as long as the gateway says, within the patience.
        3. Who was not answered in time is told so at once: trying again would be more of the same waiting.
        4. A fault is tried again a few times, not sooner than the gateway says.
        5. Everything else stays as it is.
        """
        if error.should_retry is False or error.code == TIMED_OUT:
            return None
        told_s = error.retry_after_s or 0.0
        backoff_s = self._backoff_s(tries)
        if _passes_by(error):
            wait_s = max(told_s * random.uniform(1.0, 1.1), LEAST_WAIT_S) if told_s else backoff_s  # noqa: S311
            return wait_s if waited_s + wait_s <= self.patience_s else None
        if tries > self.retries or not (error.should_retry or self._is_fault(error)):
            return None
        wait_s = max(told_s, backoff_s)
        return wait_s if wait_s <= self.patience_s else None

    def falls_back(self, error: GatewayError) -> bool:
        """Whether another model may do better. What the caller or the budget is at fault for goes with every model."""
        return error.code in AT_ANOTHER_MODEL

    def _is_fault(self, error: GatewayError) -> bool:
        if (
            error.status_code is None and error.code != UNREACHABLE
        ):  # it had been sent, and nobody knows how it ended
            return self.idempotent and isinstance(error, GatewayUnavailableError)
        return isinstance(error, GatewayUnavailableError)

    def _backoff_s(self, tries: int) -> float:
        longest_s = min(self.most_wait_s, self.first_wait_s * 2.0 ** min(tries - 1, 30))
        return longest_s * random.uniform(0.75, 1.0)  # noqa: S311 - so that callers do not come back all at once


USUAL = RetryPolicy()
WITHOUT_KEYS = RetryPolicy(idempotent=False)
"""For vendors, who know no Idempotency-Key."""


def _passes_by(error: GatewayError) -> bool:
    """Whether it is only a matter of time."""
    if error.code == IN_PROGRESS or isinstance(error, BudgetReservedError):
        return True
    return isinstance(error, LimitError) and not isinstance(error, BudgetExceededError)
