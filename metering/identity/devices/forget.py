"""Forget machines' requests to be signed in that are long over."""

from datetime import datetime, timedelta

from metering.models import DeviceLogin

KEEP = timedelta(days=1)


def forget_device_logins(now: datetime) -> int:
    """How many were deleted. The audit trail keeps who decided."""
    count, _ = DeviceLogin.objects.filter(expires_at__lt=now - KEEP).delete()
    return count
