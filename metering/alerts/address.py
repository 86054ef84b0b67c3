"""Decide who is told about an alert, once, when it is found."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from metering.models import AlertDelivery, QuotaAlert, User, VendorAlert

BATCH = 100
MAX_RECIPIENTS = 100
"""The most people who are told about one alert."""


def address_alerts(*, now: datetime) -> int:
    """Make the deliveries of alerts that have none yet; how many alerts that were.

    Many workers may do it at once: each takes other alerts. A tenant's alerts go to its admins, those of vendors and of
    meters that tenants share to super admins. Where there is nobody, the alert is in the console and the API only.
    """
    addressed = 0
    for kind in (QuotaAlert, VendorAlert):
        while batch := _address_batch(kind, now):
            addressed += batch
    return addressed


@transaction.atomic
def _address_batch(kind: type[QuotaAlert] | type[VendorAlert], now: datetime) -> int:
    waiting = kind._default_manager.filter(addressed_at=None).order_by("id")
    alerts = list(waiting.select_for_update(skip_locked=True)[:BATCH])
    AlertDelivery.objects.bulk_create(
        [
            AlertDelivery(
                **{"alert" if isinstance(alert, QuotaAlert) else "vendor_alert": alert},
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


def _recipients(alert: QuotaAlert | VendorAlert) -> Iterator[str]:
    if isinstance(alert, VendorAlert) or alert.tenant_id is None:
        admins = User.objects.filter(role=User.Role.SUPER_ADMIN)
    else:
        admins = User.objects.filter(role=User.Role.TENANT_ADMIN, tenant_id=alert.tenant_id)
    yield from (
        admins.filter(is_active=True).exclude(email="").values_list("email", flat=True)[:MAX_RECIPIENTS]
    )
