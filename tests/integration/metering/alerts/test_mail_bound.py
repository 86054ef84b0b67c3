"""One tenant's storm of alerts does not use up what the mail server sends for all."""

import threading
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils.timezone import now as right_now

from metering.alerts.address import address_alerts
from metering.alerts.address_resets import address_resets
from metering.alerts.deliver import deliver_due
from metering.alerts.email import EmailChannel
from metering.alerts.mail_bound import TOO_MANY
from metering.models import AlertDelivery, Notification, PasswordReset, QuotaAlert, UsageMeter, User
from metering.types import Audience
from tests.factories import AlertFactory, BudgetFactory, MeterFactory, UserFactory, alder, birch
from tests.integration.metering.alerts.conftest import Clock
from tests.integration.metering.alerts.test_notices import tell
from tests.log_lines import caught_lines
from tests.mail import MailServer

ADMIN = User.Role.TENANT_ADMIN


@pytest.fixture(autouse=True)
def few_mails(settings: Any, clock: Clock) -> None:
    """Three within an hour, counted from now on: an alert's id tells when it was raised."""
    settings.TENANT_MAILS_PER_HOUR = 3
    clock.now = right_now()


def storm(thresholds: Iterable[int] = range(50, 55)) -> None:
    """An alert of Alder's budget at each of these."""
    meter = UsageMeter.objects.first() or MeterFactory()
    for threshold in thresholds:
        AlertFactory(meter=meter, threshold=threshold)


def deliver(clock: Clock) -> int:
    address_alerts(now=clock())
    return deliver_due(channels={"email": EmailChannel}, clock=clock)


def test_what_is_beyond_it_is_in_the_console_and_its_delivery_says_why(
    admin: User, server: MailServer, clock: Clock
) -> None:
    storm()
    with caught_lines() as caught:
        assert (deliver(clock), deliver(clock)) == (3, 0)
    assert AlertDelivery.objects.filter(state="failed", last_error=TOO_MANY).count() == 2
    assert Notification.objects.filter(user=admin).count() == 5
    [line] = caught.of("alert.too_many_mails")
    assert (line["tenant_id"], line["mails"], line["most"]) == (str(alder().pk), 2, 3)


def test_another_tenants_mails_go_out(admin: User, server: MailServer, clock: Clock) -> None:
    UserFactory(tenant=birch(), role=ADMIN, email="admin@birch.example")
    storm()
    AlertFactory(meter=MeterFactory(budget=BudgetFactory(tenant=birch())))
    assert deliver(clock) == 4
    assert "admin@birch.example" in server.recipients


def test_an_hour_later_the_tenant_is_mailed_again(admin: User, server: MailServer, clock: Clock) -> None:
    storm()
    assert deliver(clock) == 3
    storm([60])
    assert deliver(clock) == 0
    clock.pass_s(3_601)
    storm([61])
    assert deliver(clock) == 1


def test_a_forgotten_password_is_mailed_all_the_same(admin: User, server: MailServer, clock: Clock) -> None:
    storm()
    deliver(clock)
    PasswordReset.objects.create(email=admin.email, expires_at=clock() + timedelta(hours=1))
    address_resets(now=clock())
    assert deliver(clock) == 1


def test_what_operators_are_told_of_a_tenant_counts_as_the_tenants(
    db: Any, server: MailServer, clock: Clock
) -> None:
    User.objects.create_superuser("ops@example.com", None)
    for _ in range(5):
        tell(clock, Audience.SUPER_ADMINS, tenant_id=alder().pk)
        tell(clock, Audience.SUPER_ADMINS)
    assert deliver(clock) == 3 + 5


def test_a_run_leaves_the_rest_of_a_storm_to_the_next_and_goes_on_to_the_mails(
    admin: User, server: MailServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metering.alerts.address.BATCH", 1)
    monkeypatch.setattr("metering.alerts.address.RUN_S", 0.0)
    storm()
    tell(clock, tenant_id=alder().pk)
    assert deliver(clock) == 2, "one alert and one notice"
    assert QuotaAlert.objects.filter(addressed_at=None).count() == 4
    assert deliver(clock) == 1


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_keep_to_it(admin: User, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metering.alerts.address.BATCH", 1)
    storm(range(50, 58))
    begin = threading.Barrier(4)

    def work() -> None:
        begin.wait(30)
        try:
            address_alerts(now=clock())
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert AlertDelivery.objects.exclude(state="failed").count() == 3
