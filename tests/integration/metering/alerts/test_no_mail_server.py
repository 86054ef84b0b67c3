"""Without a mail server no delivery says that it was sent; with one, those are sent that are still worth it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from metering.alerts import set_aside
from metering.alerts.address import address_alerts
from metering.alerts.address_resets import address_resets
from metering.alerts.deliver import deliver_due
from metering.alerts.email import EmailChannel
from metering.models import AlertDelivery, PasswordReset, User
from tests.factories import AlertFactory, MeterFactory, VendorAlertFactory
from tests.integration.metering.alerts.conftest import Clock
from tests.log_lines import caught_lines
from tests.mail import MailServer, mail_server_in_use

BACKENDS = ["console", "dummy"]


@pytest.fixture(autouse=True)
def no_server(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"


@pytest.fixture
def everything(admin: User, clock: Clock) -> list[AlertDelivery]:
    """An alert, an alert about a vendor and a forgotten password, each with its delivery."""
    User.objects.create_superuser("ops@example.com", None)
    AlertFactory()
    VendorAlertFactory()
    PasswordReset.objects.create(email=admin.email, expires_at=clock() + timedelta(hours=1))
    address_alerts(now=clock())
    address_resets(now=clock())
    return list(AlertDelivery.objects.order_by("id"))


@pytest.fixture
def configured(settings: Any) -> Iterator[Any]:
    """Called: from now on there is a mail server."""
    used = []

    def configure() -> MailServer:
        used.append(mail_server_in_use(settings))
        return used[-1].__enter__()

    yield configure
    for server in used:
        server.__exit__(None, None, None)


def deliver(clock: Clock) -> int:
    return deliver_due(channels={"email": EmailChannel}, clock=clock)


def states() -> set[str]:
    return set(AlertDelivery.objects.values_list("state", flat=True))


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_kind_of_mail_says_that_it_was_sent(
    everything: list[AlertDelivery],
    clock: Clock,
    settings: Any,
    capsys: pytest.CaptureFixture[str],
    backend: str,
) -> None:
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
    with caught_lines() as caught:
        assert deliver(clock) == 0
    assert len(everything) == 3
    assert states() == {"no_server"}
    assert {row.sent_at for row in AlertDelivery.objects.all()} == {None}
    assert [line["deliveries"] for line in caught.of("alert.no_server")] == [3]
    assert "To:" not in capsys.readouterr().out, "nor is it printed"


def test_it_is_said_once_and_what_waited_for_another_try_is_set_aside_too(
    everything: list[AlertDelivery], clock: Clock
) -> None:
    others = AlertDelivery.objects.filter(pk__gt=everything[0].pk)
    others.update(attempts=7, next_attempt_at=clock() + timedelta(minutes=30))
    deliver(clock)
    with caught_lines() as caught:
        deliver(clock)
    assert caught.of("alert.no_server") == []
    assert states() == {"no_server"}


def test_a_server_that_is_configured_later_gets_what_is_still_worth_it(
    everything: list[AlertDelivery], clock: Clock, configured: Any
) -> None:
    deliver(clock)
    clock.pass_s(600)
    server = configured()
    assert deliver(clock) == 3
    assert sorted(server.recipients) == ["admin@alder.example", "admin@alder.example", "ops@example.com"]
    assert states() == {"sent"}


def test_what_is_too_old_keeps_saying_that_there_was_no_server(
    everything: list[AlertDelivery], clock: Clock, configured: Any
) -> None:
    deliver(clock)
    clock.pass_s(set_aside.WORTH.total_seconds() + 1)
    server = configured()
    assert deliver(clock) == 0
    assert server.mails == []
    assert states() == {"no_server"}


def test_a_mail_about_a_password_whose_time_is_over_is_not_sent(
    everything: list[AlertDelivery], clock: Clock, configured: Any
) -> None:
    deliver(clock)
    clock.pass_s(3_601)
    configured()
    assert deliver(clock) == 2
    forgotten = AlertDelivery.objects.get(password_reset__isnull=False)
    assert (forgotten.state, forgotten.last_error) == ("failed", "the token has expired")


def test_what_is_taken_up_again_at_once_is_bounded_and_the_newest(admin: User, clock: Clock) -> None:
    meter = MeterFactory()
    alerts = [AlertFactory(meter=meter, threshold=threshold) for threshold in (80, 95, 100)]
    address_alerts(now=clock())
    deliver(clock)
    assert set_aside.take_up_again("email", now=clock(), most=2) == 2
    [left] = AlertDelivery.objects.filter(state="no_server")
    assert left.alert == alerts[0]
