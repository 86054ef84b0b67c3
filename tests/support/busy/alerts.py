"""What was noticed about a vendor. Alerts of limits are raised by the ledger itself."""

from datetime import datetime, timedelta

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
