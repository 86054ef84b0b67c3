"""Put the mail of an invitation into the line of deliveries."""

from datetime import datetime

from metering.models import AlertDelivery, Invitation

State = AlertDelivery.State


def ask_for_mail(invitation: Invitation, *, now: datetime) -> None:
    """Ask for the mail of an invitation. One that was not sent yet is replaced."""
    waiting = AlertDelivery.objects.filter(invitation=invitation, state__in=[State.PENDING, State.NO_SERVER])
    waiting.update(state=State.FAILED, last_error="replaced by a newer mail")
    AlertDelivery.objects.create(
        invitation=invitation,
        channel=AlertDelivery.Channel.EMAIL,
        recipient=invitation.email,
        next_attempt_at=now,
    )
