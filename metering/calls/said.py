"""What an ended call asked and was answered, with what is told of it beside."""

import time
from datetime import datetime

import msgspec

from metering.calls.values import Call
from metering.content.capture import Capture, Said
from metering.ledger.commands import Attempt


def said_by(call: Call, capture: Capture, attempts: tuple[Attempt, ...], now: datetime) -> Said:
    """For the log of content. Of a call that the guard had something replaced in, what was sent."""
    labels = call.hold.labels
    return Said(
        reservation_id=call.hold.reservation_id,
        tenant_id=call.hold.tenant_id,
        mode=capture.mode,
        keep_days=capture.keep_days,
        at=now,
        request=call.request.input,
        answer=capture.parts,
        answer_cut=capture.is_cut,
        is_streamed=capture.is_streamed,
        failure=capture.failure,
        request_id=labels.request_id,
        trace_id=labels.trace_id,
        task=call.policy.task,
        protocol=call.request.protocol.value,
        model=call.model.name,
        provider_name=call.model.provider_name,
        took_ms=round((time.monotonic() - call.started_s) * 1000),
        input_tokens=sum([attempt.input_tokens for attempt in attempts]),
        output_tokens=sum([attempt.output_tokens for attempt in attempts]),
        cost_nano_usd=sum([attempt.cost_nano_usd for attempt in attempts]),
        weight=len(msgspec.json.encode(call.request.input)) + capture.bytes,
    )
