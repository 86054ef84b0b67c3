"""What was noticed about a vendor, and a channel that told of it. Alerts of limits are raised by the ledger itself."""

from datetime import datetime, timedelta

from metering.alerts.endpoints.edit import create_endpoint
from metering.models import AlertDelivery, QuotaAlert, Tenant
from tests.factories import VendorAlertFactory


def write_vendor_alert(now: datetime) -> None:
    """One that nobody has acknowledged."""
    VendorAlertFactory(
        provider_name="anthropic",
        model="claude-sonnet-4.5",
        times_seen=3,
        raised_at=now - timedelta(hours=5),
        last_seen_at=now - timedelta(hours=1),
    )


def make_channel(tenant: Tenant, moment: datetime) -> None:
    """Of Slack, which took the first alerts and then was gone."""
    endpoint, _ = create_endpoint(
        tenant=tenant,
        kind="slack",
        name="Slack #alerts",
        url="https://hooks.invalid/services/T0/B0/0123456789",
        events=["quota.warning", "quota.exceeded"],
        actor="a test",
        now=moment,
    )
    seen = {"attempts": 1, "attempted_at": moment, "duration_ms": 84, "next_attempt_at": moment}
    for number, alert in enumerate(QuotaAlert.objects.for_tenant(tenant).order_by("id")):
        taken = {"state": "sent", "status_code": 200, "response": "ok", "sent_at": moment}
        lost = {"state": "failed", "status_code": 410, "last_error": "answered 410"}
        AlertDelivery.objects.create(
            alert=alert, endpoint=endpoint, channel="slack", recipient=str(endpoint.pk), **seen,
            **(lost if number else taken),
        )  # fmt: skip
    endpoint.is_active, endpoint.disabled_reason = False, "answered 410: it is gone"
    endpoint.save()
