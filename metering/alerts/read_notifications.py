"""Note what a person has read."""

from datetime import datetime
from uuid import UUID

from metering.errors import NotFound
from metering.models import Notification, User

MOST = 100
"""Unread ones are counted up to this."""


def read_notification(*, user: User, id: UUID, now: datetime) -> Notification:
    """Marks one of the person's own as read, and returns it. Read again, it stays as it is. Raises NotFound."""
    own = Notification.objects.of(user).filter(pk=id)
    own.unread().update(read_at=now)
    found: Notification | None = own.first()
    if found is None:
        raise NotFound(f"There is no notification {id}.")
    return found


def read_all_notifications(*, user: User, now: datetime) -> int:
    """Mark all of the person's notifications as read, and return how many were not."""
    return Notification.objects.of(user).unread().update(read_at=now)


def unread_notifications(user: User) -> int:
    """Return how many notifications the person has not read; MOST at most."""
    return len(Notification.objects.of(user).unread().order_by().values_list("pk")[:MOST])
