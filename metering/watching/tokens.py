"""Tell of tokens that are about to expire, a week and a day before."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from metering.models import ATIToken, Tenant
from metering.notices import raise_notice
from metering.types import Audience, EventType, SubjectType

DAYS_BEFORE = (1, 7)
"""The fewest first: of one that expires within a day, that is all there is to say."""


def tell_of_expiring_tokens(*, now: datetime) -> int:
    """Tell of each token once a week and once a day before it expires; how many there are. One whose end is moved is
    told of again. Any number of workers may do it: each token, end and number of days has a notice of one key.
    """
    found, since = 0, now
    for days in DAYS_BEFORE:
        until = now + timedelta(days=days)
        for token in _expiring(since, until, timedelta(days=days), now):
            _tell(token, days, now)
            found += 1
        since = until
    return found


def _expiring(since: datetime, until: datetime, ahead: timedelta, now: datetime) -> Iterator[ATIToken]:
    """Those that live, of tenants that do, and were not issued for a shorter time anyway."""
    tokens = ATIToken.objects.live(now).filter(
        expires_at__gt=since,
        expires_at__lte=until,
        created_at__lte=F("expires_at") - ahead,
        tenant__status=Tenant.Status.ACTIVE,
    )
    return tokens.select_related("tenant").order_by("expires_at", "id").iterator()


@transaction.atomic
def _tell(token: ATIToken, days: int, now: datetime) -> None:
    if token.expires_at is None:
        return
    zone = ZoneInfo(token.tenant.timezone)
    name = f"{token.name} ({token.prefix}…)" if token.name else f"{token.prefix}…"
    local = token.expires_at.astimezone(zone)
    raise_notice(
        type=EventType.TOKEN_EXPIRING,
        audience=Audience.TENANT_ADMINS,
        tenant_id=token.tenant_id,
        subject=f"Token {name} expires {'within a day' if days == 1 else f'within {days} days'}",
        text=(
            f"Token {name} of {token.tenant.name} expires on {local:%A}, {local.day} {local:%B %Y, %H:%M} "
            f"({zone.key}). Calls that use it are refused from then on. Give it a later end, or put another token "
            "in its place."
        ),
        data={
            "subject_type": SubjectType.TOKEN.value,
            "subject_id": str(token.pk),
            "prefix": token.prefix,
            "name": token.name,
            "expires_at": token.expires_at,
            "days": days,
        },
        path=f"/admin/tokens/token/?token={token.prefix}",
        dedupe_key=f"token.expiring:{token.pk}:{token.expires_at.isoformat()}:{days}",
        now=now,
    )
