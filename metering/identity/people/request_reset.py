"""Ask for a mail with which a forgotten password can be replaced."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from metering.models import PasswordReset, User
from metering.network import counted_address
from metering.too_often import too_often

LIFE = timedelta(hours=1)
"""How long a request can be used, counted from when it was made, not from when its mail arrives."""
ANSWER = "If there is an account with this address, a mail is on its way. It works for an hour."
"""The answer to everyone who asks, whether such a person exists or not."""
WITHIN = timedelta(hours=1)
MOST_FOR_ONE_MAILBOX = 3
MOST_FROM_ONE_ADDRESS = 30


@transaction.atomic
def request_reset(*, email: str, address: str | None, now: datetime) -> None:
    """Note the request; the mail is sent by `metering.deliver_alerts`, if there is an active person to send it to.

    Nothing here depends on whether there is one. `address` is the caller's on the network, where it is known;
    it counts as it does for rate limits.
    Raises RateLimited for too many requests about one mailbox or from one network address.
    """
    mailbox = User.objects.normalize_email(email).lower()
    _check("email", mailbox, MOST_FOR_ONE_MAILBOX, now)
    counted = counted_address(address) if address else ""
    if counted:
        _check("address", counted, MOST_FROM_ONE_ADDRESS, now)
    PasswordReset.objects.create(email=mailbox, address=counted, created_at=now, expires_at=now + LIFE)


def _check(column: str, value: str, most: int, now: datetime) -> None:
    with connection.cursor() as cursor:  # one at a time, so that many at once are counted too
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"reset {column} {value}"])
    recent = PasswordReset.objects.filter(**{column: value}, created_at__gt=now - WITHIN)
    times = list(recent.order_by("created_at").values_list("created_at", flat=True)[:most])
    if len(times) < most:
        return
    raise too_often(
        "Too many requests for another password. Look into the mailbox, or try again later.",
        what="password resets",
        scope="user" if column == "email" else "address",
        most=most,
        within=WITHIN,
        first=times[0],
        now=now,
    )
