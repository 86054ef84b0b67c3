from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from metering.models import QuotaAlert, User
from tests.factories import AlertFactory, UserFactory
from tests.mail import MailServer, mail_server


class Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    """A mail server that the application is configured for."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield server


@pytest.fixture
def admin(db: Any) -> User:
    """Alder's."""
    return UserFactory(role=User.Role.TENANT_ADMIN, email="admin@alder.example")


@pytest.fixture
def alert(admin: User) -> QuotaAlert:
    """Of Alder's, at 80 %, not yet addressed."""
    return AlertFactory()
