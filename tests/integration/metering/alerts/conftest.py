from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from metering.models import QuotaAlert, User
from tests.factories import AlertFactory, UserFactory
from tests.mail import MailServer, mail_server_in_use


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
    with mail_server_in_use(settings) as server:
        yield server


@pytest.fixture
def admin(db: Any) -> User:
    """Alder's."""
    return UserFactory(role=User.Role.TENANT_ADMIN, email="admin@alder.example")


@pytest.fixture
def alert(admin: User) -> QuotaAlert:
    """Of Alder's, at 80 %, not yet addressed."""
    return AlertFactory()
