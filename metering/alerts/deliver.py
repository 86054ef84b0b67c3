"""Get mails that are due to their recipients: an outbox that any number of workers may empty at once.

pending → sending → sent, or back to pending after a backoff, or failed for good. Where no mail server is configured:
pending → no_server, and back to pending if one is configured while the message is still worth sending (set_aside.py).

A delivery is claimed by moving its next attempt into the future: a worker that dies before it begins to send costs a
wait, nothing else. Just before the message is handed over the row is committed as `sending`. From there to `sent`
lies the one gap that no outbox can close: if the worker dies, or the connection breaks after the message was
handed over and before the server said yes, nobody knows whether it was taken. Sending again would mean at least
once, giving up at most once. We give up: the row becomes `uncertain`, is logged as an error and shown in the
console, because people stop reading mail that comes twice, and the alert itself is never lost. A server that says
no, or that cannot be reached, has certainly not taken the message, so those are tried again. What goes to webhooks,
Slack and Teams is delivered by `endpoints/deliver.py`.
"""

import logging
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from metering.alerts.channel import Channel, ChannelError, Message, NotSent, Uncertain
from metering.alerts.invitation_message import invitation_message
from metering.alerts.message import message_of
from metering.alerts.notice_message import notice_message
from metering.alerts.reset_message import reset_message
from metering.alerts.set_aside import set_aside, set_aside_channels, take_up_again
from metering.alerts.vendor_message import vendor_message
from metering.models import AlertDelivery

BATCH = 100
"""The most deliveries of one run; the next run goes on."""
RUN_S = 60.0
"""After so long nothing more is begun. A run that a slow server kept at work until the worker is ended would leave the
mail that it was sending uncertain.
"""
CLAIM_S = 120.0
"""The seconds for which a claimed delivery is its worker's alone: longer than connecting may take."""
STUCK_S = 600.0
"""After so many seconds in `sending` the worker counts as dead, because no task may run that long."""
LONGEST_WAIT_S = 3600.0
MAX_ATTEMPTS = 40
"""More than a day with the default backoff."""
FAULT = "a fault of the gateway"
ABOUT = ("alert", "vendor_alert", "password_reset", "invitation", "notice")
"""The columns that say what a delivery is about. Exactly one is set."""
WAITED_FOR = Q(password_reset__isnull=False) | Q(invitation__isnull=False)
"""Somebody sits in front of a screen for it: it does not stand in line behind thousands of alerts."""
State = AlertDelivery.State
Clock = Callable[[], datetime]
Channels = Mapping[str, Callable[[], Channel]]
logger = logging.getLogger(__name__)


def deliver_due(*, channels: Channels, clock: Clock) -> int:
    """Deliver what is due now; how many were sent. Ends early where a channel cannot be opened."""
    _give_up_on_the_stuck(clock())
    for name in set_aside_channels(now=clock()) & channels.keys():
        if channels[name]().is_configured:
            take_up_again(name, now=clock())
    sent, begun_at = 0, clock()
    for _ in range(BATCH):
        if (clock() - begun_at).total_seconds() >= RUN_S:
            break
        delivery = _claim(clock())
        if delivery is None:
            break
        if delivery.attempts > MAX_ATTEMPTS:
            _end(delivery, State.FAILED, NotSent("every worker that tried has failed", permanent=True))
            continue
        channel = channels[delivery.channel]()
        if not channel.is_configured:
            set_aside(delivery.channel, now=clock())
            continue
        try:
            channel.open()
        except NotSent as error:
            _try_later(delivery, error, clock())
            break
        try:
            sent += _send(delivery, channel, clock)
        finally:
            channel.close()
    return sent


@transaction.atomic
def _claim(now: datetime) -> AlertDelivery | None:
    due = AlertDelivery.objects.filter(state=State.PENDING, next_attempt_at__lte=now, endpoint=None)
    free = due.select_for_update(skip_locked=True, of=("self",)).select_related(*ABOUT)
    in_order = free.order_by("next_attempt_at", "id")
    delivery: AlertDelivery | None = in_order.filter(WAITED_FOR).first() or in_order.first()
    if delivery is not None:
        delivery.attempts += 1
        delivery.next_attempt_at = now + timedelta(seconds=CLAIM_S)
        delivery.save(update_fields=["attempts", "next_attempt_at"])
    return delivery


def _send(delivery: AlertDelivery, channel: Channel, clock: Clock) -> bool:
    try:
        message = _message_of(delivery, clock())
    except NotSent as error:
        _try_later(delivery, error, clock())
        return False
    except Exception:  # of what this one mail says; the others go on
        logger.exception("alert.fault", extra=_named(delivery))
        _try_later(delivery, NotSent(FAULT), clock())
        return False
    # Of two workers that claimed it, because the first was slow, one gets past this line.
    ours = AlertDelivery.objects.filter(pk=delivery.pk, state=State.PENDING, attempts=delivery.attempts)
    if not ours.update(state=State.SENDING, next_attempt_at=clock()):
        return False
    try:
        channel.send(message, recipient=delivery.recipient, key=f"alert-{delivery.pk}@{_domain()}")
    except NotSent as error:
        _try_later(delivery, error, clock())
        return False
    except Uncertain as error:
        _end(delivery, State.UNCERTAIN, error)
        return False
    AlertDelivery.objects.filter(pk=delivery.pk).update(state=State.SENT, sent_at=clock(), last_error="")
    logger.info("alert.delivered", extra={**_named(delivery), "channel": delivery.channel})
    return True


def _message_of(delivery: AlertDelivery, now: datetime) -> Message:
    """Writes the message. Raises NotSent if it would be of no use any more."""
    if delivery.password_reset is not None:
        return reset_message(delivery.password_reset, now=now)
    if delivery.invitation is not None:
        return invitation_message(delivery, now=now)
    if delivery.vendor_alert is not None:
        return vendor_message(delivery.vendor_alert)
    if delivery.notice is not None:
        return notice_message(delivery.notice)
    if delivery.alert is None:  # the database allows no such row
        raise NotSent("there is nothing to say", permanent=True)
    return message_of(delivery.alert)


def _named(delivery: AlertDelivery) -> dict[str, str]:
    """Returns the id of what the delivery is about, by the column's name, for the log."""
    return {name: str(id_) for name in ABOUT if (id_ := getattr(delivery, f"{name}_id")) is not None}


def _try_later(delivery: AlertDelivery, error: NotSent, now: datetime) -> None:
    if error.permanent or delivery.attempts >= MAX_ATTEMPTS:
        _end(delivery, State.FAILED, error)
        return
    wait_s = min(settings.ALERT_RETRY_S * 2 ** (delivery.attempts - 1), LONGEST_WAIT_S)
    wait_s *= random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
    AlertDelivery.objects.filter(pk=delivery.pk).update(
        state=State.PENDING, next_attempt_at=now + timedelta(seconds=wait_s), last_error=str(error)
    )
    facts = {**_named(delivery), "attempts": delivery.attempts, "error": str(error)}
    logger.warning("alert.delayed", extra=facts)


def _end(delivery: AlertDelivery, state: "AlertDelivery.State", error: ChannelError) -> None:
    AlertDelivery.objects.filter(pk=delivery.pk).update(state=state, last_error=str(error))
    logger.error(f"alert.{state}", extra={**_named(delivery), "error": str(error)})


def _give_up_on_the_stuck(now: datetime) -> None:
    long_ago = now - timedelta(seconds=STUCK_S)
    stuck = AlertDelivery.objects.filter(state=State.SENDING, next_attempt_at__lt=long_ago, endpoint=None)
    count = stuck.update(state=State.UNCERTAIN, last_error="the worker ended while it was sending")
    if count:
        logger.error("alert.uncertain", extra={"deliveries": count})


def _domain() -> str:
    return str(settings.DEFAULT_FROM_EMAIL).rpartition("@")[2].rstrip(">") or "localhost"
