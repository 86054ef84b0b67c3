"""Keep the answer of a keyed call, before the call is settled."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from metering.idempotency.recording import FinishedAnswer
from metering.models import KeptAnswer
from metering.seal import seal

KEEP = timedelta(hours=24)
"""How long a key stands for its answer; after that it may be used for something new."""


def keep_answer(*, reservation_id: UUID, tenant_id: UUID, answer: FinishedAnswer, now: datetime) -> None:
    """Sealed and bounded in time. Again for the same reservation: nothing happens. Raises django.db.Error."""
    row = KeptAnswer(
        reservation_id=reservation_id,
        tenant_id=tenant_id,
        content=seal(msgspec.msgpack.encode(answer)),
        expires_at=now + KEEP,
    )
    KeptAnswer.objects.bulk_create([row], ignore_conflicts=True)
