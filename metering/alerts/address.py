"""Decide who is told about an alert, once, when it is found."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from metering.models import AlertDelivery, Notice, QuotaAlert, User, VendorAlert
from metering.types import Audience

BATCH = 100
MAX_RECIPIENTS = 100
"""The most people who are told about one alert."""
Told = QuotaAlert | VendorAlert | Notice
COLUMNS: dict[type[Told], str] = {QuotaAlert: "alert", VendorAlert: "vendor_alert", Notice: "notice"}
"""The column of a delivery that says what it is about."""


def address_alerts(*, now: datetime) -> int:
    """Make the deliveries of alerts and notices that have none yet; how many of them that were.

    Many workers may do it at once: each takes other alerts. A tenant's alerts go to its admins, those of vendors and of
    meters that tenants share to super admins, notices to whom they are for. Where there is nobody, the alert is in
    the console and the API only.
    """
    addressed = 0
    for kind in COLUMNS:
        while batch := _address_batch(kind, now):
            addressed += batch
    return addressed


@transaction.atomic
def _address_batch(kind: type[Told], now: datetime) -> int:
    waiting = kind._default_manager.filter(addressed_at=None).order_by("id")
    alerts = list(waiting.select_for_update(skip_locked=True)[:BATCH])
    AlertDelivery.objects.bulk_create(
        [
            AlertDelivery(
                **{COLUMNS[kind]: alert},
                channel=AlertDelivery.Channel.EMAIL,
                recipient=address,
                next_attempt_at=now,
            )
            for alert in alerts
            for address in _recipients(alert)
        ],
        ignore_conflicts=True,
    )
    kind._default_manager.filter(pk__in=[alert.pk for alert in alerts]).update(addressed_at=now)
    return len(alerts)


def _recipients(alert: Told) -> Iterator[str]:
    yield from (
        _people(alert)
        .filter(is_active=True)
        .exclude(email="")
        .values_list("email", flat=True)[:MAX_RECIPIENTS]
    )


def _people(alert: Told) -> "QuerySet[User]":
    if isinstance(alert, Notice) and alert.user_id is not None:
        return User.objects.filter(pk=alert.user_id)
    of_operators = alert.audience == Audience.SUPER_ADMINS if isinstance(alert, Notice) else False
    if of_operators or isinstance(alert, VendorAlert) or alert.tenant_id is None:
        return User.objects.filter(role=User.Role.SUPER_ADMIN)
    return User.objects.filter(role=User.Role.TENANT_ADMIN, tenant_id=alert.tenant_id)
