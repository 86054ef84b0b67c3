"""Send an example to an address at once, and say what came of it."""

import asyncio
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string

from metering.alerts.endpoints.attempt import CANNOT_OPEN
from metering.alerts.endpoints.compose import compose
from metering.alerts.endpoints.event import Event
from metering.alerts.endpoints.port import Outcome, Outgoing, Send
from metering.ids import uuid7
from metering.models import WebhookEndpoint
from metering.note_asking import note_asking
from metering.seal import CannotOpen

TYPE = "channel.test"
MOST_TESTS = 30
"""Of a tenant's channels within an hour."""


def try_endpoint(*, row: WebhookEndpoint, actor: str, now: datetime) -> Outcome:
    """What came of it, as the receiver answered it. An endpoint that is switched off can be tried too.

    Raises RateLimited for one test too many within an hour.
    """
    note_asking(
        what="tests of channels",
        most=MOST_TESTS,
        action="webhook.tested",
        target=row,
        tenant_id=row.tenant_id,
        actor=actor,
        now=now,
        facts={"name": row.name},
    )
    send: Send = import_string(settings.WEBHOOK_SENDER)  # metering knows no HTTP
    try:
        outgoing = compose(_example(row, now), row, now=now)
    except CannotOpen:
        return Outcome(error=CANNOT_OPEN, handed_over=False)
    return asyncio.run(_sent(send, outgoing))  # on a loop of its own: the gateway's has calls to serve


async def _sent(send: Send, outgoing: Outgoing) -> Outcome:
    return await send(outgoing)


def _example(row: WebhookEndpoint, now: datetime) -> Event:
    return Event(
        id=f"test_{uuid7()}",
        type=TYPE,
        at=now,
        data={"channel": row.name, "tenant": row.tenant.slug if row.tenant is not None else None},
        title="A test of the LLM Service Gateway",
        text=f"The channel {row.name} works.",
        path=f"/admin/channels/{row.pk}/",
    )
