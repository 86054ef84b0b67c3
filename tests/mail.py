"""A mail server that does as the test says, over real SMTP."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

OK = "250 OK"


class MailServer:
    """`recipient_reply` and `mail_reply` say what it answers; "" breaks the connection after the mail was read."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refused: list[EmailMessage] = []
        self.recipient_reply = OK
        self.mail_reply = OK
        self.port = free_port()
        self._controller: Controller | None = None

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient_reply == OK:
            envelope.rcpt_tos.append(address)
        return self.recipient_reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> Any:
        mail = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(mail, EmailMessage)
        (self.mails if self.mail_reply in (OK, "") else self.refused).append(mail)
        if not self.mail_reply:
            server.transport.abort()
        return self.mail_reply or OK

    @property
    def recipients(self) -> list[str]:
        """Who got mail, in order."""
        return [str(mail["To"]) for mail in self.mails]

    def start(self) -> None:
        """Listen, on the same port each time."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=30)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def mail_server(*, running: bool = True) -> Iterator[MailServer]:
    server = MailServer()
    if running:
        server.start()
    try:
        yield server
    finally:
        server.stop()


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


@contextmanager
def mail_server_in_use(settings: Any) -> Iterator[MailServer]:
    """A mail server that the application is configured for."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield server
