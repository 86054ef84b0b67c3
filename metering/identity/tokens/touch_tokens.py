"""Remember when tokens were last used."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from metering.models import ATIToken

RESOLUTION = timedelta(minutes=1)


def touch_tokens(*, token_ids: Collection[UUID], now: datetime) -> None:
    """Set `last_used_at`, at most once a minute: a busy token must not become a hot row."""
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - RESOLUTION)
    ATIToken.objects.filter(stale, pk__in=token_ids).update(last_used_at=now)


def is_stale(token: ATIToken, now: datetime) -> bool:
    """Whether a use at this moment would be written down."""
    return token.last_used_at is None or token.last_used_at < now - RESOLUTION
