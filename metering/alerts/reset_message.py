"""The mail to somebody who has forgotten the password."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from django.conf import settings
from django.template.loader import render_to_string

from metering.alerts.channel import Message, NotSent
from metering.alerts.public_url import public_url
from metering.identity.people.reset_token import reset_token
from metering.models import PasswordReset


def reset_message(reset: PasswordReset, *, now: datetime) -> Message:
    """Raises NotSent, permanent, where the token would no longer work."""
    if reset.expires_at <= now:
        raise NotSent("the token has expired", permanent=True)
    token = reset_token(reset)
    page: str = settings.PASSWORD_RESET_URL
    facts = {
        "email": reset.email,
        "token": token,
        "link": f"{page}{'&' if '?' in page else '?'}{urlencode({'token': token})}" if page else "",
        "public_url": public_url(),
        "until": f"{reset.expires_at.astimezone(UTC):%d %B %Y, %H:%M} UTC",
    }
    return Message(
        subject="Choose another password",
        text=render_to_string("metering/password_reset/mail.txt", facts),
        html=render_to_string("metering/password_reset/mail.html", facts),
    )
