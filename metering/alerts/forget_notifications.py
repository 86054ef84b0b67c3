"""Forget what people were told long ago, and troubles that are long over."""

from datetime import datetime, timedelta

from django.db.models import Count, Q

from metering.delete_in_batches import delete_in_batches
from metering.ids import first_id_at
from metering.models import Episode, Notification

KEEP = timedelta(days=90)
KEEP_READ = timedelta(days=30)
MOST = 500
"""So many of the newest each person keeps, however many there are."""


def forget_notifications(now: datetime) -> int:
    """How many were deleted, in batches. Safe to run anywhere, any number of times at once."""
    Episode.objects.filter(ended_at__lt=now - KEEP).delete()
    old = Q(id__lt=first_id_at(now - KEEP))
    old |= Q(id__lt=first_id_at(now - KEEP_READ), read_at__isnull=False)
    deleted = delete_in_batches(Notification.objects.filter(old).order_by("id"))
    counted = Notification.objects.order_by().values("user_id").annotate(count=Count("pk"))
    for user_id in list(counted.filter(count__gt=MOST).values_list("user_id", flat=True)):
        last_kept = Notification.objects.filter(user_id=user_id).order_by("-id")[MOST - 1]
        beyond = Notification.objects.filter(user_id=user_id, id__lt=last_kept.pk)
        deleted += delete_in_batches(beyond.order_by("id"))
    return deleted
