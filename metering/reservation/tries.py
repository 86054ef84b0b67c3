"""What is tried after an attempt that failed.

1. A connection that was dead when it was used (`resend`): the same once more, at once.
2. A request that is wrong in itself (400, 413, 422, refused content) is wrong everywhere, and is not tried again; only
   an input that is too long goes on to a model with a longer context. One that was never sent, because this vendor's
   protocol has no word for a field of it, is not wrong elsewhere.
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
from typing import Any, NamedTuple

from msgspec import DecodeError, Struct, json

from metering.catalog.served import ServedModel
from metering.errors import MeteringError
from metering.ports import AttemptFailed, VendorChunk
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
SILENT = frozenset({"message_start", "ping", "response.created", "response.in_progress", "response.queued"})
"""Types of events that hold no part of an answer."""


class _Choice(Struct):
    delta: dict[str, Any] | None = None
    finish_reason: str | None = None


class _Event(Struct):
    choices: list[_Choice] | None = None
    type: str | None = None
    """Of an event in a protocol whose events have types."""


_decode = json.Decoder(_Event).decode


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


def says_something(chunk: VendorChunk) -> bool:
    """Whether a chunk holds any part of an answer: only a role, or nothing, can be said again by another vendor."""
    if chunk.usage is not None:
        return True
    if not chunk.data:
        return False
    try:
        event = _decode(chunk.data)
    except DecodeError:
        return True  # of another form than known: it may be any part
    choices = event.choices
    if choices is None:
        return event.type not in SILENT
    return any(
        choice.finish_reason is not None
        or any(value and name != "role" for name, value in (choice.delta or {}).items())
        for choice in choices
    )


class Try(NamedTuple):
    """What is tried next, and the pause before it."""

    call: BoundedCall
    pause_s: float = 0.0


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
        self._failures: list[tuple[AttemptFailed, ServedModel]] = []

    @property
    def may_go_on(self) -> bool:
        """Whether there is anything else to try, should the attempt that is under way fail."""
        return bool(self._untried) or bool(self._retries_left)

    def after(self, failure: AttemptFailed) -> Try | None:
        """The next attempt, once the last one has failed so; None: there is none."""
        call, now_s = self._tried, time.monotonic()
        self._failures.append((failure, call.model))
        if now_s + LEAST_LEFT_S > self._ends_at_s:
            return None
        if failure.resend and call.model not in self._resent:
            self._resent.append(call.model)
            return Try(call)
        if failure.code == TOO_LONG:
            context = call.model.context_tokens
            self._untried = [each for each in self._untried if each.model.context_tokens > context]
        elif failure.sent and (failure.status in CALLERS_FAULT or failure.code == REFUSED_CONTENT):
            return None
        elif is_retryable(failure):
            self._for_the_moment.append((now_s + (failure.retry_after_s or 0.0), call))
        return self.another()

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
        """What the caller is told: the last failure that a later moment may mend, or if there is none the last one.
        Where any attempt may be billed, that the call must not be made again.
        """
        lasting = [known for known in self._failures if not is_retryable(known[0])]
        passing = [known for known in self._failures if is_retryable(known[0])]
        may_be_billed = any(failure.ambiguous for failure, _ in self._failures)
        failure, model = (lasting if may_be_billed or not passing else passing)[-1]
        return vendor_error(failure, model)
