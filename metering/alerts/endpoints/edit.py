"""Set up, change and remove the addresses that events are sent to. The API and the console call the same verbs."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet

from metering.alerts.endpoints.checked import checked_events, checked_kind, checked_name, checked_url
from metering.alerts.endpoints.disable import fail_waiting
from metering.alerts.endpoints.rotate_secret import new_secret
from metering.alerts.endpoints.trace import record_endpoint
from metering.errors import InvalidRequest
from metering.models import AlertDelivery, Tenant, WebhookEndpoint
from metering.seal import seal

MAX_ENDPOINTS = 10
"""Of one tenant, and of the operators."""
Kind = WebhookEndpoint.Kind


@transaction.atomic
def create_endpoint(
    *,
    tenant: Tenant | None,
    kind: str,
    name: str,
    url: str,
    events: Sequence[str],
    actor: str,
    now: datetime,
) -> tuple[WebhookEndpoint, str]:
    """A new one, and the secret that a webhook is signed with: it is told here and never again. Of other kinds "".

    Raises InvalidRequest, also for one too many.
    """
    owned = _owned_and_locked(tenant)
    if owned.count() >= MAX_ENDPOINTS:
        raise InvalidRequest(f"There are {MAX_ENDPOINTS} channels already; remove one first.")
    row = WebhookEndpoint(tenant=tenant, kind=checked_kind(kind), created_at=now)
    _set(row, name=name, url=url, events=events)
    secret = new_secret() if row.kind == Kind.WEBHOOK else ""
    row.sealed_secret = seal(secret.encode()) if secret else None
    row.save()
    record_endpoint("created", row, actor, now, kind=row.kind, address=row.shown_url, events=row.events)
    return row, secret


@transaction.atomic
def change_endpoint(
    *, row: WebhookEndpoint, name: str, events: Sequence[str], actor: str, now: datetime, url: str = ""
) -> WebhookEndpoint:
    """The row with another name, other events or, unless it is empty, another URL. Raises InvalidRequest."""
    _owned_and_locked(row.tenant)
    row = WebhookEndpoint.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=row.pk)
    before = _shown(row)
    _set(row, name=name, url=url, events=events)
    if url:
        _begin_anew(row, now)
    row.save()
    if url or before != _shown(row):
        record_endpoint("changed", row, actor, now, before=before, after=_shown(row))
    return row


@transaction.atomic
def switch_endpoint(*, row: WebhookEndpoint, is_active: bool, actor: str, now: datetime) -> bool:
    """Send events there, or not any more: what waits fails and can be replayed. Whether that changed anything."""
    changed = WebhookEndpoint.objects.filter(pk=row.pk, is_active=not is_active).update(
        is_active=is_active, disabled_reason="", failures=0, failing_since=None, retry_at=None
    )
    if changed:
        if not is_active:
            fail_waiting(row)
        record_endpoint("switched_on" if is_active else "switched_off", row, actor, now)
    return bool(changed)


@transaction.atomic
def remove_endpoint(*, row: WebhookEndpoint, actor: str, now: datetime) -> None:
    """Delete it with its deliveries, so that nothing opens its address and secret any more. Once: the first wins."""
    # The address first, as everybody who switches or changes one does.
    found = WebhookEndpoint.objects.select_for_update(of=("self",)).filter(pk=row.pk).first()
    if found is None:
        return
    record_endpoint("removed", found, actor, now, before=_shown(found))
    found.delete()


def _owned_and_locked(tenant: Tenant | None) -> "QuerySet[WebhookEndpoint]":
    with connection.cursor() as cursor:  # one at a time, so that they are counted one by one
        owner = f"endpoints {tenant.pk if tenant else ''}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [owner])
    return WebhookEndpoint.objects.filter(tenant=tenant)


def _set(row: WebhookEndpoint, *, name: str, url: str, events: Sequence[str]) -> None:
    row.name = checked_name(name)
    others = WebhookEndpoint.objects.filter(tenant=row.tenant, name=row.name).exclude(pk=row.pk)
    if others.exists():
        raise InvalidRequest(f"There is a channel {row.name!r} already.", param="name")
    row.events = checked_events(events)
    if url or row._state.adding:
        row.sealed_url, row.shown_url = checked_url(url)


def _begin_anew(row: WebhookEndpoint, now: datetime) -> None:
    """What the address before did not take is no failure of this one, which nothing has to wait for."""
    row.failures, row.failing_since, row.retry_at = 0, None, None
    waiting = AlertDelivery.objects.filter(endpoint=row, state=AlertDelivery.State.PENDING)
    waiting.update(attempts=0, next_attempt_at=now)


def _shown(row: WebhookEndpoint) -> dict[str, object]:
    return {"name": row.name, "address": row.shown_url, "events": row.events}
