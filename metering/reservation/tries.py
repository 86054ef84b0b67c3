"""What is tried after an attempt that failed.

1. A connection that was dead when it was used (`resend`): the same once more, at once.
2. A request that is wrong in itself (400, 413, 422, refused content) is wrong everywhere, and is not tried again; only
   an input that is too long goes on to a model with a longer context. Not wrong elsewhere are one that was never sent,
   because this vendor's protocol has no word for a field of it, and one whose code says that money or the model is
   missing, that this model does not take a field, or that what it wrote could not be read, whatever its status.
3. Else the next model that was not tried yet.
4. When all were tried: again at one that said that it failed for the moment, and that cannot bill its failure; after a
   pause that doubles, with chance in it, and is never shorter than the vendor's Retry-After. As often as `retries`
   says, all models together.
5. Not if the pause would be long, or the call's time is over: then the caller is told.

An attempt that may be billed (a timeout, an answer that was cut) is not tried again at the same model. Whether another
one can be paid for beside it is the hold's question (`allowance.py`).
"""

import random
import time
from typing import NamedTuple

from metering.catalog.served import ServedModel
from metering.errors import MeteringError
from metering.ports import AttemptFailed
from metering.reservation.bounded_call import BoundedCall
from metering.reservation.vendor_error import CALLERS_FAULT, TOO_LONG, is_retryable, vendor_error

RETRIES = 2
FIRST_BYTE_S = 60.0
TOTAL_S = 600.0
TOKENS_PER_S = 20
"""A whole answer begins when its last token is made, so that each of this many tokens allows it a second more."""
FIRST_PAUSE_S, MAX_PAUSE_S = 0.5, 10.0
LEAST_LEFT_S = 0.3
"""No attempt is begun with less time than this: it would hardly be answered, and be charged."""
REFUSED_CONTENT = "content_filter"
OF_ONE_VENDOR = frozenset({"insufficient_quota", "model_not_found", "generation_failed", "field_not_taken"})
"""Codes of what is wrong at this vendor or model alone, although some say it with 400."""


def first_byte_s(call: BoundedCall) -> float:
    """How long an attempt waits for the beginning of an answer, in seconds."""
    model = call.model
    given = model.traits.get("first_byte_s")
    if isinstance(given, int | float):
        return float(given)
    return FIRST_BYTE_S if call.body.get("stream") else FIRST_BYTE_S + call.bound.output_tokens / TOKENS_PER_S


def total_s(model: ServedModel) -> float:
    """How long a call may take, all attempts and pauses together, in seconds."""
    given = model.traits.get("total_s", TOTAL_S)
    return float(given) if isinstance(given, int | float) else TOTAL_S


def wait_s(call: BoundedCall, *, left_s: float, untried: int) -> float:
    """How long an attempt waits for the beginning of an answer where the call has so much time left, and so many models
    are left to try: of that time they all have the same share, of which none need be longer than FIRST_BYTE_S.
    """
    longest_s = first_byte_s(call)
    if not untried:
        return longest_s
    return min(longest_s, max(left_s / (untried + 1), min(FIRST_BYTE_S, left_s / 2)))


class Try(NamedTuple):
    """What is tried next, and the pause before it."""

    call: BoundedCall
    pause_s: float = 0.0


class _Failed(NamedTuple):
    """An attempt that failed, and when the vendor may be asked again."""

    failure: AttemptFailed
    model: ServedModel
    back_s: float


class Tries:
    """The attempts at one call after its first one has failed."""

    def __init__(self, calls: tuple[BoundedCall, ...], *, ends_at_s: float) -> None:
        """`calls` are the same call at several models, of which the first was tried."""
        self._tried = calls[0]
        self._untried = list(calls[1:])
        self._ends_at_s = ends_at_s
        self._resent: list[ServedModel] = []
        self._for_the_moment: list[tuple[float, BoundedCall]] = []
        """Those that may be asked again, and when at the earliest."""
        retries = calls[0].model.traits.get("retries", RETRIES)
        self._retries_left = retries if isinstance(retries, int) else RETRIES
        self._retries = 0
        self._failures: list[_Failed] = []
        self._stopped_by: _Failed | None = None
        """What says that the request is wrong everywhere."""
        self._too_short_tokens = 0
        """The longest context for which the input is too long."""

    @property
    def untried(self) -> int:
        """How many models were not tried yet."""
        return len(self._untried)

    @property
    def may_go_on(self) -> bool:
        """Whether there is anything else to try, should the attempt that is under way fail."""
        return bool(self._untried) or bool(self._retries_left)

    def after(self, failure: AttemptFailed) -> Try | None:
        """The next attempt, once the last one has failed so; None: there is none."""
        call, now_s = self._tried, time.monotonic()
        failed = _Failed(failure, call.model, now_s + (failure.retry_after_s or 0.0))
        self._failures.append(failed)
        if failure.code == TOO_LONG:
            self._keep_longer_than(call.model.context_tokens)
        elif _is_wrong_everywhere(failure):
            self._stopped_by = failed
            return None
        if now_s + LEAST_LEFT_S > self._ends_at_s:
            return None
        if failure.resend and call.model not in self._resent:
            self._resent.append(call.model)
            return Try(call)
        if _is_passing(failure):
            self._for_the_moment.append((failed.back_s, call))
        return self.another()

    def _keep_longer_than(self, context_tokens: int) -> None:
        """The input is too long for models with such a context."""
        self._too_short_tokens = max(self._too_short_tokens, context_tokens)
        self._untried = [each for each in self._untried if self._is_long_enough(each.model)]
        self._for_the_moment = [
            known for known in self._for_the_moment if self._is_long_enough(known[1].model)
        ]

    def _is_long_enough(self, model: ServedModel) -> bool:
        return model.context_tokens > self._too_short_tokens

    def another(self) -> Try | None:
        """The next attempt where the one that `after` returned cannot be paid for."""
        if self._untried:
            self._tried = self._untried.pop(0)
            return Try(self._tried)
        if not self._retries_left or not self._for_the_moment:
            return None
        now_s = time.monotonic()
        earliest_s, call = min(self._for_the_moment, key=lambda known: known[0])
        backoff_s = FIRST_PAUSE_S * 2**self._retries * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        pause_s = max(backoff_s, earliest_s - now_s)
        if pause_s > MAX_PAUSE_S or now_s + pause_s + LEAST_LEFT_S > self._ends_at_s:
            return None
        self._for_the_moment.remove((earliest_s, call))
        self._retries += 1
        self._retries_left -= 1
        self._tried = call
        return Try(call, pause_s)

    def error(self) -> MeteringError:
        """What the caller is told: what is wrong with the request. Else, of the failures that a later moment may mend,
        the one that it mends soonest, or if there is none the last one. Where any attempt may be billed, that the call
        must not be made again.
        """
        if self._stopped_by is not None:
            return vendor_error(self._stopped_by.failure, self._stopped_by.model)
        last = {known.model.name: known for known in self._failures}
        passing = [
            known
            for known in last.values()
            if _is_passing(known.failure) and self._is_long_enough(known.model)
        ]
        may_be_billed = any(known.failure.ambiguous for known in self._failures)
        if passing and not may_be_billed:
            told = min(reversed(passing), key=lambda known: known.back_s)
        else:
            told = [known for known in self._failures if not _is_passing(known.failure)][-1]
        return vendor_error(told.failure, told.model)


def _is_wrong_everywhere(failure: AttemptFailed) -> bool:
    if not failure.sent or failure.code in OF_ONE_VENDOR:
        return False
    return failure.status in CALLERS_FAULT or failure.code == REFUSED_CONTENT


def _is_passing(failure: AttemptFailed) -> bool:
    """Whether a later moment may mend it."""
    return is_retryable(failure) and failure.code != TOO_LONG
