"""A trouble is told of once, when it begins, however long it lasts and however many workers see it.

An episode that goes on is one row (`episode_goes_on_once`): whoever inserts it writes the notice, in the same
transaction. A trouble that was there goes on while nobody can tell: a vendor whose circuit is open is not asked, and
does not fail.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from metering.models import Episode
from metering.types import EventType

FORGOTTEN_AFTER = timedelta(days=1)
"""A trouble of which nothing was seen for so long is over."""


def begin(type_: EventType, subject: str, *, now: datetime) -> Episode | None:
    """Note that the trouble is there. Returns its episode if it begins with this; None: it has been told of.

    For use in the transaction that writes the notice.
    """
    goes_on = Episode.objects.filter(type=type_.value, subject=subject, ended_at=None)
    if goes_on.update(seen_at=now):
        return None
    episode = Episode(type=type_.value, subject=subject, began_at=now, seen_at=now)
    Episode.objects.bulk_create([episode], ignore_conflicts=True)
    return episode if Episode.objects.filter(pk=episode.pk).exists() else None


@transaction.atomic
def end(type_: EventType, subjects: Iterable[str], *, now: datetime) -> int:
    """Note that these are well again, and who was not seen for a day; how many episodes end."""
    going_on = Episode.objects.filter(type=type_.value, ended_at=None)
    ended = going_on.filter(subject__in=list(subjects)).update(ended_at=now)
    return ended + going_on.filter(seen_at__lt=now - FORGOTTEN_AFTER).update(ended_at=now)
