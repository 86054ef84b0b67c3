"""Keep a keyed call's answer and settle the call, in this order: what is settled can be replayed."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from django.db import Error as DatabaseError

from metering.calls.values import Call
from metering.idempotency.keep import keep_answer
from metering.idempotency.recording import FinishedAnswer, Recording
from metering.orm import in_database_thread

KEEP_WAIT_S = 5.0
"""A settlement waits no longer than this for the answer to be kept."""
logger = logging.getLogger(__name__)


async def keep_and_settle(
    call: Call, recording: Recording, settlement: Coroutine[Any, Any, bool], *, now: Callable[[], datetime]
) -> None:
    """Where the database is away, the answer is kept after the settlement; if it is lost, the log says so."""
    answer = recording.finished(
        model=call.model.name,
        provider_name=call.model.provider_name,
        mode=call.policy.mode.value,
    )
    if answer is None:
        await settlement
        return
    kept = await _keep(call, answer, now())
    settled = await settlement
    if not kept and settled:
        kept = await _keep(call, answer, now())
    if not kept:
        logger.error("answer.not_kept", extra={"reservation_id": str(call.hold.reservation_id)})


async def _keep(call: Call, answer: FinishedAnswer, now: datetime) -> bool:
    try:
        async with asyncio.timeout(KEEP_WAIT_S):
            await in_database_thread(
                keep_answer,
                reservation_id=call.hold.reservation_id,
                tenant_id=call.hold.tenant_id,
                answer=answer,
                now=now,
            )
    except (DatabaseError, TimeoutError):
        return False
    return True
