"""A mail backend for where no mail server is configured. It takes nothing.

Django's own stand-in prints mails, and a mail about a forgotten password is a secret, which no log may have.
"""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class NoMailServer(OSError):
    """No mail server is configured (EMAIL_URL)."""

    def __init__(self) -> None:
        super().__init__("no mail server is configured (EMAIL_URL)")


class NoMailBackend(BaseEmailBackend):
    """Implements Django's mail backend, and refuses every mail."""

    def open(self) -> bool | None:
        """Raises NoMailServer."""
        raise NoMailServer

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Raises NoMailServer."""
        raise NoMailServer
