"""The mail to somebody who is invited. Its secret is made here, and ends that of the mail before."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from metering.alerts.channel import Message, NotSent
from metering.alerts.public_url import public_url
from metering.identity.invitations.secret import digest_of, new_secret
from metering.models import AlertDelivery, Invitation


def invitation_message(delivery: AlertDelivery, *, now: datetime) -> Message:
    """Raises NotSent, permanent, where the invitation has ended."""
    invitation = delivery.invitation
    if invitation is None:  # the database allows no such row
        raise NotSent("nobody is invited", permanent=True)
    if not invitation.is_open or invitation.expires_at <= now:
        raise NotSent("the invitation has ended", permanent=True)
    secret = new_secret()
    _keep_digest(delivery, invitation, secret)
    page: str = settings.INVITATION_URL
    facts = {
        "email": invitation.email,
        "tenant": invitation.tenant.name,
        "by": invitation.invited_by.email if invitation.invited_by is not None else "",
        "secret": secret,
        "link": f"{page}{'&' if '?' in page else '?'}{urlencode({'token': secret})}" if page else "",
        "public_url": public_url(),
        "until": f"{invitation.expires_at.astimezone(UTC):%d %B %Y, %H:%M} UTC",
    }
    return Message(
        subject=f"You are invited to {invitation.tenant.name} on the LLM Service Gateway",
        text=render_to_string("metering/invitation/mail.txt", facts),
        html=render_to_string("metering/invitation/mail.html", facts),
    )


@transaction.atomic
def _keep_digest(delivery: AlertDelivery, invitation: Invitation, secret: str) -> None:
    """Only for the worker that has the delivery: of another one's mail, which is never sent, nothing is kept."""
    ours = AlertDelivery.objects.select_for_update(of=("self",)).filter(
        pk=delivery.pk, state=AlertDelivery.State.PENDING, attempts=delivery.attempts
    )
    if ours.first() is not None:
        open_one = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
        open_one.update(digest=digest_of(secret))
