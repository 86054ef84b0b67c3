"""Decide who is told about an alert, once, when it is found."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from time import monotonic
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet

from metering.alerts.endpoints.event import event_type_of
from metering.alerts.in_app import notifications_of
from metering.alerts.mail_bound import withhold_mails
from metering.models import (
    AlertDelivery,
    Notice,
    Notification,
    QuotaAlert,
    User,
    VendorAlert,
    WebhookEndpoint,
)
from metering.types import Audience, EventType

BATCH = 100
RUN_S = 20.0
"""After so long a run begins no other batch: mails, those about passwords too, are sent after it by the same task."""
MAX_RECIPIENTS = 100
"""The most people who are told about one alert."""
OF_THE_TENANT = frozenset({EventType.STATEMENT_READY})
"""What concerns the whole tenant even where one person alone is mailed: its channels are told as well."""
Told = QuotaAlert | VendorAlert | Notice
COLUMNS: dict[type[Told], str] = {QuotaAlert: "alert", VendorAlert: "vendor_alert", Notice: "notice"}
"""The column of a delivery that says what it is about."""
logger = logging.getLogger(__name__)


def address_alerts(*, now: datetime) -> int:
    """Make the deliveries and notifications of alerts and notices that have none yet; how many of them that were.

    Many workers may do it at once: each takes other alerts. Of a storm a run does what it can in RUN_S, a batch of each
    kind in turn, and the next run goes on. A tenant's alerts go to its admins, those of vendors and of
    meters that tenants share to super admins, notices to whom they are for, and each of them, but what concerns one
    person alone, to the endpoints that chose its type. Where there is nobody, the alert is in the console and the API
    only.
    """
    addressed, begun_s, waiting = 0, monotonic(), list(COLUMNS)
    while waiting:
        counts = {kind: _address_batch(kind, now) for kind in waiting}
        addressed += sum(counts.values())
        waiting = [kind for kind, count in counts.items() if count]
        if monotonic() - begun_s >= RUN_S:
            break
    return addressed


@transaction.atomic
def _address_batch(kind: type[Told], now: datetime) -> int:
    waiting = kind._default_manager.filter(addressed_at=None).order_by("id")
    alerts = list(waiting.select_for_update(skip_locked=True)[:BATCH])
    try:
        _address(kind, alerts, now)
    except OperationalError:  # the database's trouble; the next run does it
        raise
    except Exception:  # of what one of them says; the others go on
        logger.exception("alert.fault", extra={"alerts": len(alerts)})
        for alert in alerts:
            _address_alone(kind, alert, now)
    kind._default_manager.filter(pk__in=[alert.pk for alert in alerts]).update(addressed_at=now)
    return len(alerts)


def _address_alone(kind: type[Told], alert: Told, now: datetime) -> None:
    """One that cannot be put into words is in the console and the API only."""
    try:
        _address(kind, [alert], now)
    except OperationalError:
        raise
    except Exception:
        logger.exception("alert.fault", extra={COLUMNS[kind]: str(alert.pk)})


@transaction.atomic
def _address(kind: type[Told], alerts: Sequence[Told], now: datetime) -> None:
    endpoints = _endpoints_of({_told_tenant(alert) for alert in alerts})
    deliveries = [
        AlertDelivery(
            **{COLUMNS[kind]: alert},
            channel=channel,
            recipient=recipient,
            endpoint=endpoint,
            next_attempt_at=now,
        )
        for alert in alerts
        for channel, recipient, endpoint in _recipients(alert, endpoints)
    ]
    withhold_mails(deliveries, now=now)
    AlertDelivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    Notification.objects.bulk_create(
        [
            notification
            for alert in alerts
            for notification in notifications_of(alert, _active(alert)[:MAX_RECIPIENTS], now=now)
        ],
        ignore_conflicts=True,
    )


def _recipients(
    alert: Told, endpoints: Mapping[UUID | None, list[WebhookEndpoint]]
) -> Iterator[tuple[str, str, WebhookEndpoint | None]]:
    for address in _active(alert).exclude(email="").values_list("email", flat=True)[:MAX_RECIPIENTS]:
        yield AlertDelivery.Channel.EMAIL, address, None
    if isinstance(alert, Notice) and alert.user_id is not None and alert.type not in OF_THE_TENANT:
        return  # what concerns one person is not told to the tenant's chats
    for endpoint in endpoints[_told_tenant(alert)]:
        if endpoint.wants(event_type_of(alert)):
            yield endpoint.kind, str(endpoint.pk), endpoint


def _active(alert: Told) -> "QuerySet[User]":
    return _people(alert).filter(is_active=True)


def _people(alert: Told) -> "QuerySet[User]":
    if isinstance(alert, Notice) and alert.user_id is not None:
        return User.objects.filter(pk=alert.user_id)
    tenant_id = _told_tenant(alert)
    if tenant_id is None:
        return User.objects.filter(role=User.Role.SUPER_ADMIN)
    return User.objects.filter(role=User.Role.TENANT_ADMIN, tenant_id=tenant_id)


def _told_tenant(alert: Told) -> UUID | None:
    """Return the tenant whose administrators and endpoints are told; None: operators are."""
    if isinstance(alert, VendorAlert):
        return None
    if isinstance(alert, Notice) and alert.audience == Audience.SUPER_ADMINS:
        return None
    return alert.tenant_id


def _endpoints_of(tenants: set[UUID | None]) -> Mapping[UUID | None, list[WebhookEndpoint]]:
    """Return the active endpoints of each of these tenants; under None stand the operators'."""
    theirs = Q(tenant_id__in=[tenant for tenant in tenants if tenant is not None])
    if None in tenants:
        theirs |= Q(tenant=None)
    found: dict[UUID | None, list[WebhookEndpoint]] = {tenant: [] for tenant in tenants}
    for endpoint in WebhookEndpoint.objects.filter(theirs, is_active=True):
        found[endpoint.tenant_id].append(endpoint)
    return found
