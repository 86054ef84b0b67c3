"""What people are told in the console."""

from django.utils.timezone import now

from metering.models import Notice, Notification, User


def make_notification(user: User, subject: str, **facts: object) -> Notification:
    """Of a notice for this person."""
    told = {"type": "token.expiring", "subject": subject, "created_at": now()}
    notice = Notice.objects.create(
        tenant=user.tenant, audience="person", user=user, text="80 % is used.", addressed_at=now(), **told
    )
    values = {"text": notice.text, "path": "/admin/budgets/", **told, **facts}
    return Notification.objects.create(user=user, notice=notice, **values)
