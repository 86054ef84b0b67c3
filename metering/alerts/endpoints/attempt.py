"""One attempt to hand an event over to an address."""

from datetime import datetime

from asgiref.sync import sync_to_async

from metering.alerts.endpoints.compose import compose
from metering.alerts.endpoints.event import event_of
from metering.alerts.endpoints.port import Outcome, Outgoing, Send
from metering.models import AlertDelivery
from metering.seal import CannotOpen

CANNOT_OPEN = "the address cannot be read: it was encrypted with a key that has been taken away"


async def attempt(delivery: AlertDelivery, *, send: Send, now: datetime) -> Outcome:
    """Send a delivery once and return what came of it. Nothing is written to the database."""
    try:
        outgoing = await sync_to_async(_outgoing)(delivery, now)
    except CannotOpen:
        return Outcome(error=CANNOT_OPEN, handed_over=False)
    return await send(outgoing)


def _outgoing(delivery: AlertDelivery, now: datetime) -> Outgoing:
    if delivery.endpoint is None:  # the database allows no such row
        raise ValueError(f"delivery {delivery.pk} has no endpoint")
    return compose(event_of(delivery), delivery.endpoint, now=now)
