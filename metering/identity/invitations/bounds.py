"""How many mails of invitations are sent: so many in an hour for a tenant, for a mailbox, and of one invitation."""

from datetime import datetime, timedelta

from django.db import connection

from metering.errors import InvalidRequest
from metering.models import Invitation, Tenant
from metering.too_often import too_often

LIFE = timedelta(days=7)
"""How long the newest mail of an invitation can be used."""
WITHIN = timedelta(hours=1)
MOST_OF_A_TENANT = 50
MOST_FOR_ONE_MAILBOX = 3
MOST_OF_ONE_INVITATION = 5
MOST_OPEN = 1_000
"""Open invitations of a tenant."""


def check_mails(*, tenant: Tenant, email: str, now: datetime) -> None:
    """Whether another mail may be sent now; others who ask wait until this transaction has ended.

    Raises RateLimited.
    """
    _check("tenant", str(tenant.pk), {"tenant": tenant}, MOST_OF_A_TENANT, now)
    _check("user", email, {"email": email}, MOST_FOR_ONE_MAILBOX, now)


def check_open(tenant: Tenant) -> None:
    """Raises InvalidRequest where a tenant has as many open invitations as it may have."""
    open_ones = Invitation.objects.for_tenant(tenant).filter(accepted_at=None, withdrawn_at=None)
    if len(open_ones.values_list("pk")[:MOST_OPEN]) == MOST_OPEN:
        raise InvalidRequest(f"There are {MOST_OPEN:,} open invitations. Withdraw some first.")


def check_resends(invitation: Invitation) -> None:
    """Raises InvalidRequest where an invitation was mailed as often as it may be."""
    if len(invitation.asked_at) >= MOST_OF_ONE_INVITATION:
        raise InvalidRequest(
            f"This invitation was mailed {MOST_OF_ONE_INVITATION} times. Withdraw it and invite the person anew."
        )


def _check(scope: str, key: str, columns: dict[str, object], most: int, now: datetime) -> None:
    with connection.cursor() as cursor:  # one at a time, so that many at once are counted too
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"invitations {scope} {key}"]
        )
    # A mail was asked for within the hour only where the life that began with it has almost all of it left.
    lately = Invitation.objects.filter(**columns, expires_at__gt=now + LIFE - WITHIN)
    times = sorted(
        asked
        for row in lately.values_list("asked_at", flat=True)[: most + 1]
        for asked in row
        if asked > now - WITHIN
    )
    if len(times) < most:
        return
    raise too_often(
        "Too many invitations within an hour. Try again later.",
        what="invitations",
        scope=scope,
        most=most,
        within=WITHIN,
        first=times[-most],
        now=now,
    )
