"""Note that somebody looks after an alert about a vendor."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.models import User, VendorAlert


@transaction.atomic
def acknowledge_vendor_alert(*, alert: VendorAlert, by: User, actor: str, now: datetime) -> VendorAlert:
    """Acknowledges the alert and returns it. Acknowledging it again keeps the first person and changes nothing."""
    unseen = VendorAlert.objects.filter(pk=alert.pk, acknowledged_at=None)
    if unseen.update(acknowledged_at=now, acknowledged_by=by):
        record_change(
            action="vendor_alert.acknowledged",
            actor=actor,
            target=alert,
            now=now,
            facts={"provider": alert.provider_name, "model": alert.model},
        )
    alert.refresh_from_db()
    return alert
