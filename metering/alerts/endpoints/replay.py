"""Send again what was not delivered: dead letters, and what nobody knows of. Copies have the same `webhook-id`."""

from datetime import datetime

from django.db import transaction

from metering.alerts.deliver import ABOUT
from metering.errors import NotFound, TransitionRefused
from metering.models import AlertDelivery, WebhookEndpoint
from metering.note_asking import note_asking

BATCH = 1_000
"""The most deliveries of one replay; another one goes on."""
MOST_REPLAYS = 60
"""Of a tenant's channels within an hour."""
MAX_DIGITS = 19
State = AlertDelivery.State
REPLAYED = (State.FAILED, State.UNCERTAIN)


def find_delivery(*, endpoint: WebhookEndpoint, number: str) -> AlertDelivery:
    """One of this endpoint, by its number as people and programs write it. Raises NotFound."""
    rows = AlertDelivery.objects.filter(endpoint=endpoint).select_related("endpoint", *ABOUT)
    is_number = number.isascii() and number.isdecimal() and len(number) < MAX_DIGITS
    row: AlertDelivery | None = rows.filter(pk=int(number)).first() if is_number else None
    if row is None:
        raise NotFound(f"There is no delivery {number}.")
    return row


@transaction.atomic
def replay_delivery(*, delivery: AlertDelivery, actor: str, now: datetime) -> None:
    """Send this one again. Raises TransitionRefused where it was taken, or is on its way, or the channel is off;
    RateLimited for one replay too many within an hour.
    """
    endpoint = _open_endpoint(delivery.endpoint)
    if not _again(endpoint, [delivery.pk], now):
        raise TransitionRefused(
            "Only what was not delivered is sent again.", state=delivery.state, reason="not_failed"
        )
    _record(endpoint, 1, actor, now, delivery=delivery.pk)


@transaction.atomic
def replay_endpoint(*, endpoint: WebhookEndpoint, actor: str, now: datetime) -> int:
    """Send everything again that failed, the oldest first; how many. Raises TransitionRefused: the channel is off;
    RateLimited as `replay_delivery` does.
    """
    endpoint = _open_endpoint(endpoint)
    failed = AlertDelivery.objects.filter(endpoint=endpoint, state__in=REPLAYED).order_by("id")
    count = _again(endpoint, list(failed.values_list("pk", flat=True)[:BATCH]), now)
    if count:
        _record(endpoint, count, actor, now)
    return count


def _open_endpoint(endpoint: WebhookEndpoint | None) -> WebhookEndpoint:
    locked = WebhookEndpoint.objects.select_for_update(of=("self",)).filter(
        pk=endpoint.pk if endpoint else None
    )
    row: WebhookEndpoint | None = locked.first()
    if row is None or not row.is_active:
        raise TransitionRefused("The channel is switched off. Switch it on first.", state="off", reason="off")
    return row


def _again(endpoint: WebhookEndpoint, deliveries: list[int], now: datetime) -> int:
    rows = AlertDelivery.objects.filter(pk__in=deliveries, state__in=REPLAYED)
    count: int = rows.update(state=State.PENDING, attempts=0, next_attempt_at=now)
    if count:  # somebody says that it works again
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(retry_at=None)
    return count


def _record(endpoint: WebhookEndpoint, count: int, actor: str, now: datetime, **facts: object) -> None:
    note_asking(
        what="replays of channels",
        most=MOST_REPLAYS,
        action="webhook.replayed",
        target=endpoint,
        tenant_id=endpoint.tenant_id,
        actor=actor,
        now=now,
        facts={"name": endpoint.name, "deliveries": count, **facts},
    )
