"""Alerts by e-mail, through Django's mail backend (EMAIL_URL)."""

import smtplib
from contextlib import suppress

import idna
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from metering.alerts.channel import Message, NotSent, Uncertain
from metering.alerts.no_mail_server import NoMailServer

WITHOUT_SERVER = frozenset(
    {
        "django.core.mail.backends.console.EmailBackend",
        "django.core.mail.backends.dummy.EmailBackend",
        "metering.alerts.no_mail_server.NoMailBackend",
    }
)
"""Django's mail backends that deliver to nobody."""
PERMANENT = 500
"""SMTP replies from this number on are permanent: waiting does not change them."""


def is_mail_configured() -> bool:
    """Whether EMAIL_URL names a mail server."""
    return settings.EMAIL_BACKEND not in WITHOUT_SERVER


def mail_sentence(what: str, email: str) -> str:
    """`An invitation is on its way to ann@alder.example.`, or that it waits because there is no mail server."""
    if is_mail_configured():
        return f"{what} is on its way to {email}."
    return f"{what} for {email} waits: the gateway has no mail server yet (EMAIL_URL). After a day it is not sent."


class EmailChannel:
    """Sends one mail over a connection of its own."""

    def __init__(self) -> None:
        self._connection = get_connection(fail_silently=False)

    @property
    def is_configured(self) -> bool:
        """Whether EMAIL_URL names a mail server."""
        return is_mail_configured()

    def open(self) -> None:
        """Connects and logs in to the mail server. Raises NotSent."""
        try:
            self._connection.open()
        except NoMailServer as error:
            raise NotSent(str(error)) from error
        except smtplib.SMTPAuthenticationError as error:
            raise NotSent(f"the mail server refused the login: {error.smtp_code}") from error
        except UnicodeEncodeError as error:
            raise NotSent("the user name or password of EMAIL_URL is not ASCII, which logins need") from error
        except (smtplib.SMTPException, OSError) as error:
            raise NotSent(f"no connection to the mail server: {type(error).__name__}") from error

    def send(self, message: Message, *, recipient: str, key: str) -> None:
        """Sends the mail. Raises NotSent if it cannot be written or the server refuses it, and Uncertain if the
        connection breaks.
        """
        try:
            mail = EmailMultiAlternatives(
                " ".join(message.subject.split()),  # a header is one line; names of tenants may have more
                message.text,
                settings.DEFAULT_FROM_EMAIL,
                [_as_servers_take_it(recipient)],
                connection=self._connection,
                headers={"Message-ID": f"<{key}>", "Auto-Submitted": "auto-generated"},
            )
            mail.attach_alternative(message.html, "text/html")
            self._connection.send_messages([mail])
        except (ValueError, smtplib.SMTPNotSupportedError) as error:  # before anything is handed over
            raise NotSent("no mail can be written to this address", permanent=True) from error
        except smtplib.SMTPRecipientsRefused as error:
            code, _ = next(iter(error.recipients.values()), (PERMANENT, b""))
            raise NotSent(f"the recipient was refused: {code}", permanent=code >= PERMANENT) from error
        except smtplib.SMTPResponseException as error:
            code = error.smtp_code
            raise NotSent(f"the mail was refused: {code}", permanent=code >= PERMANENT) from error
        except (smtplib.SMTPException, OSError) as error:
            raise Uncertain(f"the connection broke: {type(error).__name__}") from error

    def close(self) -> None:
        """Closes the connection. An error is ignored, because the mail has been taken already."""
        with suppress(smtplib.SMTPException, OSError):
            self._connection.close()


def _as_servers_take_it(address: str) -> str:
    """The address with its domain in ASCII, by IDNA 2008, as it is registered. Django would write it by IDNA 2003, for
    which `faß.example` is `fass.example`: somebody else's. Raises ValueError for a domain that there cannot be.
    """
    name, at, domain = address.rpartition("@")
    return address if domain.isascii() else f"{name}{at}{idna.encode(domain, uts46=True).decode()}"
