"""Forget requests for another password that are long over."""

from datetime import datetime, timedelta

from metering.models import PasswordReset

KEEP = timedelta(days=1)


def forget_resets(now: datetime) -> int:
    """How many requests were deleted, with what became of their mails. The audit trail keeps who used one."""
    old = PasswordReset.objects.filter(created_at__lt=now - KEEP)
    _, counts = old.delete()
    return counts.get(PasswordReset._meta.label, 0)
