"""Find out who asked for another password, and give those who exist a mail."""

from datetime import datetime

from django.db import transaction

from metering.models import AlertDelivery, PasswordReset, User

BATCH = 100


def address_resets(*, now: datetime) -> int:
    """Make the deliveries of requests that were not looked at yet; how many requests that were.

    Many workers may do it at once: each takes others.
    """
    addressed = 0
    while batch := _address_batch(now):
        addressed += batch
    return addressed


@transaction.atomic
def _address_batch(now: datetime) -> int:
    waiting = PasswordReset.objects.filter(addressed_at=None).order_by("id")
    resets = list(waiting.select_for_update(skip_locked=True)[:BATCH])
    people = User.objects.filter(email__in={reset.email for reset in resets}, is_active=True)
    by_email = {person.email: person for person in people}
    for reset in resets:
        reset.addressed_at = now
        person = by_email.get(reset.email)
        if person is None or reset.expires_at <= now:
            continue
        reset.user, reset.auth_hash = person, person.get_session_auth_hash()
    PasswordReset.objects.bulk_update(resets, ["addressed_at", "user", "auth_hash"])
    AlertDelivery.objects.bulk_create(
        AlertDelivery(
            password_reset=reset,
            channel=AlertDelivery.Channel.EMAIL,
            recipient=reset.email,
            next_attempt_at=now,
        )
        for reset in resets
        if reset.user is not None
    )
    return len(resets)
