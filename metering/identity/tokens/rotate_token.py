"""Give an ATI token a new secret; the old one works for a grace period."""

from datetime import datetime, timedelta

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.identity.tokens.ceiling import Ceiling, check_token_within
from metering.identity.tokens.secret import IssuedToken, digest_of, new_secret, prefix_of
from metering.models import ATIToken

MAX_GRACE = timedelta(days=30)


@transaction.atomic
def rotate_token(
    *, token: ATIToken, grace: timedelta, actor: str, now: datetime, ceiling: Ceiling | None = None
) -> IssuedToken:
    """The same token with a new secret. At most two secrets work: one still older ends at once.

    Raises InvalidRequest for a token that is revoked or expired, and for a grace outside 0 to 30 days; NotPermitted
    for a token beyond the ceiling.
    """
    if not timedelta(0) <= grace <= MAX_GRACE:
        raise InvalidRequest(f"The grace period must be 0 to {MAX_GRACE.days} days.", param="grace")
    row = ATIToken.objects.select_for_update().get(pk=token.pk)
    check_token_within(ceiling, row)
    if row.revoked_at is not None:
        raise InvalidRequest("A revoked token cannot be rotated; issue a new one.")
    if row.expires_at is not None and row.expires_at <= now:
        raise InvalidRequest("An expired token cannot be rotated; issue a new one.")
    secret = new_secret()
    row.previous_digest, row.previous_valid_until = row.digest, now + grace
    before = row.prefix
    row.digest, row.prefix = digest_of(secret), prefix_of(secret)
    row.save(update_fields=["previous_digest", "previous_valid_until", "digest", "prefix"])
    record_change(
        action="token.rotated",
        actor=actor,
        target=row,
        tenant_id=row.tenant_id,
        now=now,
        facts={
            "before": {"prefix": before},
            "after": {"prefix": row.prefix},
            "prefix": row.prefix,
            "previous_valid_until": row.previous_valid_until.isoformat(),
        },
    )
    return IssuedToken(id=row.id, prefix=row.prefix, secret=secret)
