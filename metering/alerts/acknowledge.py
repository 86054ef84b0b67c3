"""Note that somebody looks after an alert."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.models import QuotaAlert, User


@transaction.atomic
def acknowledge_alert(*, alert: QuotaAlert, by: User | None, actor: str, now: datetime) -> QuotaAlert:
    """Acknowledges the alert and returns it. Acknowledging it again keeps the first person and changes nothing."""
    unseen = QuotaAlert.objects.filter(pk=alert.pk, acknowledged_at=None)
    if unseen.update(acknowledged_at=now, acknowledged_by=by):
        record_change(
            action="alert.acknowledged",
            actor=actor,
            target=alert,
            tenant_id=alert.tenant_id,
            now=now,
            facts={"threshold": alert.threshold, "dimension": alert.dimension},
        )
    alert.refresh_from_db()
    return alert
