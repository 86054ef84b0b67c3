"""Send what is due to addresses outside: an outbox that any number of workers may empty at once.

1. Claim: the row becomes `sending` until a moment by which the attempt must be over, and this is committed.
2. Send, within bounds of time. No address has more than one delivery of a run under way, no tenant more than four, and
   those of others go on meanwhile, so that a slow or dead one delays nobody else.
3. Record: `sent`, or `pending` again after a wait, or `failed` for good: a dead letter, which people may replay.

A worker that dies between 1 and 3 leaves a row in `sending`, and nobody knows whether the receiver has the event. What
is done then depends on whether the receiver can tell a copy:

- A webhook has an id (`webhook-id`), the same in every copy. It is sent again, so that no event is lost, and a
  receiver that keeps the ids, as Standard Webhooks tells it to, takes each event once. The same is done where a
  connection breaks before the answer.
- Slack and Teams show every copy to people. Nothing is sent again: the row becomes `uncertain`, which the log of
  deliveries shows, and people may replay it.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from asgiref.sync import async_to_sync, sync_to_async
from django.db import transaction
from django.db.models import Q

from metering.alerts.deliver import ABOUT, FAULT
from metering.alerts.endpoints.attempt import attempt
from metering.alerts.endpoints.disable import OFF
from metering.alerts.endpoints.overflow import fail_overflow
from metering.alerts.endpoints.port import Outcome, Send
from metering.alerts.endpoints.record import MAX_ATTEMPTS, record_outcome
from metering.models import AlertDelivery

BATCH = 500
"""The most deliveries of one run; the next run goes on."""
AT_ONCE = 32
"""Addresses that are sent to at a time."""
OF_A_TENANT = 4
"""Of these, of one tenant. Without it, one tenant's slow addresses would take the places of all."""
LEASE_S = 120.0
"""Longer than an attempt may take, with all that is written before and after it."""
LOOK_AGAIN_S = 1.0
"""How often it is looked for more while something is under way."""
RUN_S = 60.0
"""After so long nothing more is begun; the next run goes on."""
DEDUPLICATED = AlertDelivery.Channel.WEBHOOK
ALL_FAILED = "every worker that tried has failed"
ENDED = "the worker ended while it was sending"
State = AlertDelivery.State
Clock = Callable[[], datetime]
logger = logging.getLogger(__name__)


def deliver_to_endpoints(*, send: Send, clock: Clock) -> int:
    """Deliver what is due now, and return how many deliveries were tried."""
    return async_to_sync(_deliver)(send, clock)


async def _deliver(send: Send, clock: Clock) -> int:
    tried, begun_at = 0, clock()
    under_way: dict[UUID, asyncio.Task[None]] = {}
    tenants: dict[UUID, UUID | None] = {}
    troubles: list[BaseException] = []
    await sync_to_async(_give_up_on_the_stuck)(clock())
    await sync_to_async(fail_overflow)()
    while True:
        may_begin = tried < BATCH and (clock() - begun_at).total_seconds() < RUN_S and not troubles
        while may_begin and len(under_way) < AT_ONCE:
            delivery = await sync_to_async(_claim)(tenants, clock())
            if delivery is None or delivery.endpoint is None:
                break
            tried += 1
            tenants[delivery.endpoint.pk] = delivery.endpoint.tenant_id
            under_way[delivery.endpoint.pk] = asyncio.create_task(_one(delivery, send, clock))
        if not under_way:
            break
        await asyncio.wait(under_way.values(), timeout=LOOK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED)
        for endpoint_id, task in list(under_way.items()):
            if task.done():
                del under_way[endpoint_id], tenants[endpoint_id]
                troubles += filter(None, [task.exception()])
    if troubles:  # nothing can be recorded; what it is about stays in `sending` until its lease runs out
        raise troubles[0]
    return tried


async def _one(delivery: AlertDelivery, send: Send, clock: Clock) -> None:
    try:
        outcome = await attempt(delivery, send=send, now=clock())
    except Exception:  # of what this one event or address has in it; those of others go on
        logger.exception("alert.fault", extra={"delivery": delivery.pk})
        outcome = Outcome(error=FAULT)
    await sync_to_async(record_outcome)(delivery, outcome, now=clock())


@transaction.atomic
def _claim(busy: Mapping[UUID, UUID | None], now: datetime) -> AlertDelivery | None:
    """The next delivery to an address that is not busy, of a tenant that has room: `busy` are addresses and whose they
    are. A webhook's whose worker is dead is one of them.
    """
    full = [tenant for tenant, count in Counter(busy.values()).items() if tenant and count >= OF_A_TENANT]
    abandoned = Q(state=State.SENDING, channel=DEDUPLICATED)
    due = AlertDelivery.objects.filter(
        Q(state=State.PENDING) | abandoned, endpoint__is_active=True, next_attempt_at__lte=now
    ).filter(Q(endpoint__retry_at=None) | Q(endpoint__retry_at__lte=now))
    free = due.exclude(endpoint_id__in=list(busy)).exclude(endpoint__tenant_id__in=full)
    related = free.select_for_update(skip_locked=True, of=("self",)).select_related("endpoint", *ABOUT)
    delivery: AlertDelivery | None = related.order_by("next_attempt_at", "id").first()
    if delivery is not None:
        delivery.attempts += 1
        delivery.state, delivery.attempted_at = State.SENDING, now
        delivery.next_attempt_at = now + timedelta(seconds=LEASE_S)
        delivery.save(update_fields=["attempts", "state", "attempted_at", "next_attempt_at"])
    return delivery


def _give_up_on_the_stuck(now: datetime) -> None:
    """Of what cannot be sent again without being seen twice, and of what is not to be sent again."""
    stuck = AlertDelivery.objects.filter(state=State.SENDING, next_attempt_at__lt=now, endpoint__isnull=False)
    count = stuck.exclude(channel=DEDUPLICATED).update(state=State.UNCERTAIN, last_error=ENDED)
    if count:
        logger.error("alert.uncertain", extra={"deliveries": count})
    stuck.filter(attempts__gte=MAX_ATTEMPTS).update(state=State.FAILED, last_error=ALL_FAILED)
    off = Q(state=State.PENDING) | Q(pk__in=stuck.filter(channel=DEDUPLICATED).values("pk"))
    AlertDelivery.objects.filter(off, endpoint__is_active=False).update(state=State.FAILED, last_error=OFF)
