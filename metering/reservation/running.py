"""One vendor attempt from just before it is sent until it is recorded."""

import time
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from metering.amounts import Amounts
from metering.catalog.served import ServedModel
from metering.ids import derived_id
from metering.ledger.commands import Attempt
from metering.ports import Progress, Usage, VendorAnswer, VendorCall, VendorChunk
from metering.reservation.bounded_call import BoundedCall
from metering.reservation.record import attempt_of
from metering.reservation.tries import wait_s
from metering.types import Outcome, WireProtocol

LEAST_TIMEOUT_S = 0.1


class Spoken(Struct, frozen=True, kw_only=True):
    """The protocol in which the caller asks, and is answered."""

    protocol: WireProtocol = WireProtocol.CHAT
    headers: Mapping[str, str] = {}
    """Its headers that belong to its protocol."""


IN_CHAT = Spoken()


class RunningAttempt:
    """What is sent, and what has been seen of the answer so far."""

    def __init__(
        self,
        *,
        number: int,
        reservation_id: UUID,
        call: BoundedCall,
        meant_for: str,
        ends_at_s: float,
        untried: int,
        conversation: str | None,
        spoken: Spoken,
        now: datetime,
    ) -> None:
        """`meant_for` names the model that the reservation was made for; `ends_at_s` is the monotonic time at which the
        call has to have ended, whatever was tried before, `untried` how many models are left to try should it fail.
        """
        model = call.model
        started_s = time.monotonic()
        self.number = number
        self.bound = call.bound
        self.request = VendorCall(
            provider_name=model.provider_name,
            model=model.physical_name,
            payload=call.payload,
            body=call.body,
            asked=call.asked,
            output_limit=call.bound.output_tokens,
            input_bound=call.bound.input_tokens,
            traits=model.traits,
            progress=Progress(),
            attempt_id=str(derived_id(reservation_id, number)),
            timeout_s=max(LEAST_TIMEOUT_S, ends_at_s - started_s),
            first_byte_s=wait_s(call, left_s=max(LEAST_TIMEOUT_S, ends_at_s - started_s), untried=untried),
            key_of=model.key_of,
            conversation=conversation,
            protocol=spoken.protocol,
            headers=spoken.headers,
        )
        self._call = call
        self._request_model = "" if model.name == meant_for else model.name
        self._started_at = now
        self._started_s = started_s
        self._response_model = ""
        self._usage: Usage | None = None

    @property
    def model(self) -> ServedModel:
        """The model that the attempt is made at."""
        return self._call.model

    @property
    def elapsed_s(self) -> float:
        """Time since it was sent."""
        return time.monotonic() - self._started_s

    @property
    def was_sent(self) -> bool:
        """Whether the vendor can have seen it."""
        return self.request.progress.sent

    def saw_answer(self, answer: VendorAnswer) -> None:
        """Note that the whole answer is there."""
        self._response_model, self._usage = answer.model, answer.usage

    def saw_chunk(self, chunk: VendorChunk) -> None:
        """Note that a part of the answer is there."""
        self._response_model = self._response_model or chunk.model
        self._usage = chunk.usage or self._usage

    def saw_failure(self, usage: Usage | None) -> None:
        """Note that the attempt failed, and may be billed for `usage`; None: up to its bound."""
        self._usage = usage

    def as_attempt(self, outcome: Outcome) -> Attempt:
        """The row of the attempt as it ended just now.

        One that was cut off from this side is charged its bound: what the vendor generated or thought meanwhile cannot
        be seen from here.
        """
        return attempt_of(
            number=self.number,
            request_model=self._request_model,
            response_model=self._response_model,
            started_at=self._started_at,
            latency_ms=round(self.elapsed_s * 1000),
            outcome=outcome,
            usage=self._usage,
            call=self._call,
        )


class RunningSearch:
    """A request to a search service."""

    bound = Amounts(api_calls=1)

    def __init__(self, *, number: int, service: str, now: datetime) -> None:
        self.number = number
        self.was_sent = False
        self._service = service
        self._started_at = now
        self._started_s = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Time since it was sent."""
        return time.monotonic() - self._started_s

    def as_attempt(self, outcome: Outcome) -> Attempt:
        """The row of the request as it ended just now: one call, whatever came of it, unless it failed unsent."""
        return Attempt(
            number=self.number,
            provider_name=self._service,
            response_model="",
            started_at=self._started_at,
            latency_ms=round(self.elapsed_s * 1000),
            outcome=outcome,
            api_calls=0 if outcome is Outcome.ERROR and not self.was_sent else 1,
        )
