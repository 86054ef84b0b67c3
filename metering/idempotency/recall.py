"""Find the kept answer of a call."""

import logging
from datetime import datetime
from uuid import UUID

import msgspec

from metering.idempotency.recording import FinishedAnswer
from metering.models import KeptAnswer
from metering.seal import CannotOpen, unseal

logger = logging.getLogger(__name__)


def recall_answer(*, reservation_id: UUID, now: datetime) -> FinishedAnswer | None:
    """Return the finished answer of a call; None where there is none, or none that can be read any more."""
    rows = KeptAnswer.objects.filter(pk=reservation_id, expires_at__gt=now)
    content = rows.values_list("content", flat=True).first()
    if content is None:
        return None
    try:
        return msgspec.msgpack.decode(unseal(bytes(content)), type=FinishedAnswer)
    except (CannotOpen, msgspec.DecodeError) as error:
        logger.warning(
            "answer.unreadable",
            extra={"reservation_id": str(reservation_id), "error": type(error).__name__},
        )
        return None
