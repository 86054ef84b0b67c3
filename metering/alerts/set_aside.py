"""Sets deliveries aside while no mail server is configured, and takes them up again if one is configured in time."""

import logging
from datetime import datetime, timedelta

from django.db.models import QuerySet

from metering.models import AlertDelivery

WORTH = timedelta(hours=24)
"""A delivery older than this is not worth sending any more. Its alert is in the console."""
BATCH = 1_000
"""The most deliveries of one run; the next run goes on."""
REASON = "no mail server is configured (EMAIL_URL)"
State = AlertDelivery.State
logger = logging.getLogger(__name__)


def set_aside(channel: str, *, now: datetime) -> int:
    """Take what waits for this channel out of the line; how many deliveries that were."""
    waiting = _first(BATCH, AlertDelivery.objects.filter(channel=channel, state=State.PENDING).order_by("id"))
    count = AlertDelivery.objects.filter(pk__in=waiting, state=State.PENDING).update(
        state=State.NO_SERVER, attempts=0, next_attempt_at=now, last_error=REASON
    )
    if count:
        logger.warning("alert.no_server", extra={"channel": channel, "deliveries": count})
    return count


def set_aside_channels(*, now: datetime) -> set[str]:
    """The channels of the deliveries that were set aside and are still worth sending."""
    return set(_worth_sending(now).values_list("channel", flat=True).distinct())


def take_up_again(channel: str, *, now: datetime, most: int = BATCH) -> int:
    """Put back into the line what was due within WORTH, the newest first; how many deliveries that were."""
    aside = _worth_sending(now).filter(channel=channel)
    count = AlertDelivery.objects.filter(
        pk__in=_first(most, aside.order_by("-id")), state=State.NO_SERVER
    ).update(state=State.PENDING, last_error="")
    if count:
        logger.info("alert.taken_up_again", extra={"channel": channel, "deliveries": count})
    return count


def _worth_sending(now: datetime) -> "QuerySet[AlertDelivery]":
    return AlertDelivery.objects.filter(state=State.NO_SERVER, next_attempt_at__gte=now - WORTH).order_by()


def _first(most: int, rows: "QuerySet[AlertDelivery]") -> list[int]:
    return list(rows.values_list("pk", flat=True)[:most])
