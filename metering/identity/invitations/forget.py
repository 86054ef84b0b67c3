"""Forget invitations that ended long ago."""

from datetime import datetime, timedelta

from metering.models import Invitation

KEEP = timedelta(days=90)


def forget_invitations(now: datetime) -> int:
    """How many were deleted, with what became of their mails. The audit trail keeps who was invited and who came."""
    _, counts = Invitation.objects.filter(expires_at__lt=now - KEEP).delete()
    return counts.get(Invitation._meta.label, 0)
