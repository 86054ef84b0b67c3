"""One vendor attempt from just before it is sent until it is recorded."""

import time
from datetime import datetime
from uuid import UUID

from metering.catalog.served import ServedModel
from metering.ids import derived_id
from metering.ledger.commands import Attempt, Bound
from metering.ports import Usage, VendorAnswer, VendorCall, VendorChunk
from metering.reservation.bound import BoundedCall
from metering.reservation.record import attempt_of, estimate_of_answer
from metering.types import Outcome

CALL_TIMEOUT_S = 600.0


class RunningAttempt:
    """What is sent, and what has been seen of the answer so far."""

    def __init__(
        self, *, number: int, reservation_id: UUID, model: ServedModel, call: BoundedCall, now: datetime
    ) -> None:
        self.number = number
        self.bound = call.bound
        self.request = VendorCall(
            provider_name=model.provider_name,
            model=model.physical_name,
            payload=call.payload,
            body=call.body,
            attempt_id=str(derived_id(reservation_id, number)),
            timeout_s=CALL_TIMEOUT_S,
        )
        self._model = model
        self._started_at = now
        self._started_s = time.monotonic()
        self._response_model = ""
        self._usage: Usage | None = None
        self._answer_bytes = 0

    @property
    def elapsed_s(self) -> float:
        """Time since it was sent."""
        return time.monotonic() - self._started_s

    def saw_answer(self, answer: VendorAnswer) -> None:
        """The whole answer is there."""
        self._response_model, self._usage = answer.model, answer.usage
        self._answer_bytes = len(answer.body)

    def saw_chunk(self, chunk: VendorChunk) -> None:
        """A part of the answer is there."""
        self._response_model = self._response_model or chunk.model
        self._usage = chunk.usage or self._usage
        self._answer_bytes += len(chunk.data)

    def as_attempt(self, outcome: Outcome) -> Attempt:
        """The row of the attempt as it ended just now."""
        return attempt_of(
            number=self.number,
            model=self._model,
            response_model=self._response_model,
            started_at=self._started_at,
            latency_ms=round(self.elapsed_s * 1000),
            outcome=outcome,
            usage=self._usage,
            otherwise=self._charged_without_usage(outcome) if self._usage is None else None,
        )

    def _charged_without_usage(self, outcome: Outcome) -> Bound | None:
        if outcome is Outcome.ERROR:
            return None  # the vendor said no: it bills nothing
        if outcome is Outcome.OK:
            return estimate_of_answer(self.bound, self._model, self._answer_bytes)
        # Cut off: what was thought or cached upstream cannot be seen from here.
        return self.bound
