"""Getting alerts to people over real SMTP: each once, through refusals, outages and deaths."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from django.db import connection, transaction

from metering.alerts import address
from metering.alerts.address import address_alerts
from metering.alerts.address_resets import address_resets
from metering.alerts.channel import Message
from metering.alerts.deliver import CLAIM_S, FAULT, MAX_ATTEMPTS, RUN_S, STUCK_S, deliver_due
from metering.alerts.email import EmailChannel
from metering.models import AlertDelivery, PasswordReset, QuotaAlert, User
from tests.factories import AlertFactory, BudgetFactory, MeterFactory, UserFactory, birch
from tests.integration.metering.alerts.conftest import Clock
from tests.mail import MailServer, mail_server_in_use

CHANNELS = {"email": EmailChannel}
State = AlertDelivery.State


def deliver(clock: Clock, channels: Any = None) -> int:
    address_alerts(now=clock())
    return deliver_due(channels=channels or CHANNELS, clock=clock)


def delivery() -> AlertDelivery:
    return AlertDelivery.objects.get()


def delivery_of(alert: QuotaAlert) -> AlertDelivery:
    return AlertDelivery.objects.get(alert=alert)


def test_every_admin_of_the_tenant_gets_it_once_and_nobody_else(
    alert: QuotaAlert, server: MailServer, clock: Clock
) -> None:
    UserFactory(role=User.Role.TENANT_ADMIN, email="deputy@alder.example")
    UserFactory(role=User.Role.TENANT_ADMIN, email="left@alder.example", is_active=False)
    UserFactory(email="member@alder.example")
    UserFactory(tenant=birch(), role=User.Role.TENANT_ADMIN, email="admin@birch.example")
    assert deliver(clock) == 2
    assert sorted(server.recipients) == ["admin@alder.example", "deputy@alder.example"]
    assert set(AlertDelivery.objects.values_list("state", flat=True)) == {"sent"}
    assert deliver(clock) == 0
    assert len(server.mails) == 2


def test_what_all_tenants_share_is_told_to_super_admins(
    admin: User, server: MailServer, clock: Clock
) -> None:
    User.objects.create_superuser("ops@example.com", "correct horse battery")
    AlertFactory(meter=MeterFactory(budget=BudgetFactory(scope="global")))
    deliver(clock)
    assert server.recipients == ["ops@example.com"]


def test_an_alert_that_nobody_can_be_told_is_not_looked_at_again(db: Any, clock: Clock) -> None:
    AlertFactory()
    assert address_alerts(now=clock()) == 1
    assert address_alerts(now=clock()) == 0
    assert not AlertDelivery.objects.exists()


def test_without_a_mail_server_the_delivery_says_so_and_is_made_once_there_is_one(
    alert: QuotaAlert, clock: Clock, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "metering.alerts.no_mail_server.NoMailBackend"
    assert deliver(clock) == 0
    assert delivery().last_error == "no mail server is configured (EMAIL_URL)"
    clock.pass_s(60)
    with mail_server_in_use(settings) as server:
        assert deliver(clock) == 1
    assert len(server.mails) == 1


def test_a_mail_server_that_is_down_is_asked_less_and_less_often_until_it_is_back(
    alert: QuotaAlert, server: MailServer, clock: Clock
) -> None:
    server.stop()
    begin, waits = clock(), []
    for _ in range(8):
        assert deliver(clock) == 0
        waits.append((delivery().next_attempt_at - clock()).total_seconds())
        assert deliver(clock) == 0, "not before its time"
        clock.pass_s(waits[-1])
    longest = [min(30 * 2**number, 3_600) for number in range(8)]
    assert all(most / 2 <= wait <= most for wait, most in zip(waits, longest, strict=True))
    assert clock() - begin > timedelta(minutes=30)
    server.start()
    assert deliver(clock) == 1
    assert (delivery().state, delivery().attempts, delivery().last_error) == ("sent", 9, "")
    assert len(server.mails) == 1


@pytest.mark.parametrize("reply", ["451 try later", "421 too many"])
@pytest.mark.parametrize("where", ["recipient_reply", "mail_reply"])
def test_a_refusal_for_now_is_tried_again(
    alert: QuotaAlert, server: MailServer, clock: Clock, where: str, reply: str
) -> None:
    setattr(server, where, reply)
    assert deliver(clock) == 0
    assert (delivery().state, reply[:3] in delivery().last_error) == ("pending", True)
    setattr(server, where, "250 OK")
    clock.pass_s(60)
    assert deliver(clock) == 1
    assert len(server.mails) == 1


def test_the_copies_of_a_mail_bear_one_id(alert: QuotaAlert, server: MailServer, clock: Clock) -> None:
    server.mail_reply = "451 try later"
    deliver(clock)
    server.mail_reply = "250 OK"
    clock.pass_s(60)
    deliver(clock)
    assert [mail["Message-ID"] for mail in (*server.refused, *server.mails)] == [
        f"<alert-{delivery().pk}@localhost>"
    ] * 2


def test_those_that_failed_together_are_not_all_tried_again_at_once(
    alert: QuotaAlert, server: MailServer, clock: Clock
) -> None:
    for number in range(8):
        UserFactory(role=User.Role.TENANT_ADMIN, email=f"deputy-{number}@alder.example")
    server.recipient_reply = "451 try later"
    deliver(clock)
    waits = AlertDelivery.objects.filter(attempts=1).values_list("next_attempt_at", flat=True)
    assert len(set(waits)) == len(waits) == 9


def test_a_slow_mail_server_keeps_no_run_at_work_until_the_worker_is_ended(
    alert: QuotaAlert, server: MailServer, clock: Clock
) -> None:
    for number in range(2):
        UserFactory(role=User.Role.TENANT_ADMIN, email=f"deputy-{number}@alder.example")

    class Tarpit(EmailChannel):
        def send(self, *arguments: Any, **facts: Any) -> None:
            super().send(*arguments, **facts)
            clock.pass_s(RUN_S / 2)

    assert deliver(clock, {"email": Tarpit}) == 2
    assert AlertDelivery.objects.get(state="pending").attempts == 0
    assert deliver(clock, {"email": Tarpit}) == 1


def test_one_that_cannot_be_put_into_words_stops_no_other(
    admin: User, server: MailServer, clock: Clock
) -> None:
    """Such as of a time zone that the machine does not know any more."""
    meter = MeterFactory()
    AlertFactory(meter=meter, threshold=80, timezone="Mars/Olympus")
    AlertFactory(meter=meter, threshold=95)
    assert deliver(clock) == 1
    assert QuotaAlert.objects.filter(addressed_at=None).count() == 0
    later = AlertFactory(meter=meter, threshold=100)
    address_alerts(now=clock())
    QuotaAlert.objects.filter(pk=later.pk).update(timezone="Mars/Olympus")
    clock.pass_s(1)
    AlertFactory(meter=MeterFactory(budget=BudgetFactory(window="month")))
    assert deliver(clock) == 1
    assert (delivery_of(later).state, delivery_of(later).last_error) == ("pending", FAULT)


def test_who_waits_for_a_mail_to_sign_in_does_not_wait_for_alerts(
    alert: QuotaAlert, server: MailServer, clock: Clock
) -> None:
    address_alerts(now=clock())
    clock.pass_s(60)
    PasswordReset.objects.create(email="admin@alder.example", expires_at=clock() + timedelta(hours=1))
    address_resets(now=clock())
    assert deliver(clock) == 2
    assert [mail["Subject"].partition(":")[0] for mail in server.mails] == [
        "Choose another password",
        "Warning",
    ]


def test_a_mail_server_that_is_down_is_not_asked_for_every_mail(
    alert: QuotaAlert, server: MailServer, clock: Clock
) -> None:
    UserFactory(role=User.Role.TENANT_ADMIN, email="deputy@alder.example")
    server.stop()
    deliver(clock)
    assert sorted(AlertDelivery.objects.values_list("attempts", flat=True)) == [0, 1]


def test_a_login_that_cannot_be_written_is_told_and_tried_again(
    alert: QuotaAlert, server: MailServer, clock: Clock, settings: Any
) -> None:
    server.stop()
    welcome = {"authenticator": lambda *_: AuthResult(success=True), "auth_require_tls": False}
    wants_login = Controller(server, hostname="127.0.0.1", port=server.port, ready_timeout=30, **welcome)
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "gateway", "schlüssel"
    wants_login.start()
    try:
        assert deliver(clock) == 0
        assert (delivery().state, "is not ASCII" in delivery().last_error) == ("pending", True)
        settings.EMAIL_HOST_PASSWORD = "key"
        clock.pass_s(60)
        assert deliver(clock) == 1
    finally:
        wants_login.stop()


def test_every_connection_is_closed(alert: QuotaAlert, server: MailServer, clock: Clock) -> None:
    UserFactory(role=User.Role.TENANT_ADMIN, email="deputy@alder.example")
    closed = []

    class Watched(EmailChannel):
        def close(self) -> None:
            super().close()
            closed.append(self._connection.connection)

    assert deliver(clock, {"email": Watched}) == 2
    assert closed == [None, None]


@pytest.mark.parametrize("where", ["recipient_reply", "mail_reply"])
def test_a_refusal_for_good_ends_it(alert: QuotaAlert, server: MailServer, clock: Clock, where: str) -> None:
    setattr(server, where, "550 no such mailbox")
    deliver(clock)
    assert (delivery().state, delivery().attempts) == ("failed", 1)
    setattr(server, where, "250 OK")
    clock.pass_s(86_400)
    assert deliver(clock) == 0


def test_somebody_who_cannot_be_reached_holds_nobody_up(
    alert: QuotaAlert, server: MailServer, clock: Clock
) -> None:
    server.recipient_reply = "451 try later"
    deliver(clock)
    server.recipient_reply = "250 OK"
    UserFactory(tenant=birch(), role=User.Role.TENANT_ADMIN, email="admin@birch.example")
    AlertFactory(meter=MeterFactory(budget=BudgetFactory(tenant=birch())))
    assert deliver(clock) == 1
    assert server.recipients == ["admin@birch.example"]


def test_an_address_that_no_mail_can_be_written_to_ends_its_own_delivery_and_no_other(
    alert: QuotaAlert, server: MailServer, clock: Clock
) -> None:
    User.objects.update(email="admin@\u0627b.example")
    UserFactory(role=User.Role.TENANT_ADMIN, email="deputy@alder.example")
    assert deliver(clock) == 1
    assert server.recipients == ["deputy@alder.example"]
    failed = AlertDelivery.objects.exclude(state="sent").get()
    assert (failed.state, failed.last_error) == ("failed", "no mail can be written to this address")


def test_a_domain_in_letters_is_reached_by_its_registered_name_not_by_a_neighbours(
    alert: QuotaAlert, server: MailServer, clock: Clock
) -> None:
    User.objects.update(email="admin@faß.example")
    assert deliver(clock) == 1
    assert server.recipients == ["admin@xn--fa-hia.example"]


def test_a_subject_of_several_lines_is_one_line_and_no_header_of_its_own(server: MailServer) -> None:
    """As of an invitation to a tenant whose name has two."""
    channel = EmailChannel()
    channel.open()
    message = Message(subject="Alder\r\nBcc: eve@birch.example", text="x", html="x")
    channel.send(message, recipient="ann@alder.example", key="1@localhost")
    channel.close()
    [mail] = server.mails
    assert (mail["Subject"], mail["Bcc"]) == ("Alder Bcc: eve@birch.example", None)


def test_it_is_given_up_in_the_end(alert: QuotaAlert, server: MailServer, clock: Clock) -> None:
    server.stop()
    for _ in range(MAX_ATTEMPTS):
        deliver(clock)
        clock.pass_s(3_600)
    assert (delivery().state, delivery().attempts) == ("failed", MAX_ATTEMPTS)


def test_one_that_ends_every_run_is_given_up_in_the_end(
    alert: QuotaAlert, server: MailServer, clock: Clock
) -> None:
    def broken() -> EmailChannel:
        raise ValueError("this channel cannot be made")

    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(ValueError, match="cannot be made"):
            deliver(clock, {"email": broken})
        clock.pass_s(CLAIM_S)
    assert deliver(clock, {"email": broken}) == 0
    assert (delivery().state, delivery().last_error) == ("failed", "every worker that tried has failed")


def test_a_connection_that_breaks_after_the_mail_was_read_is_never_followed_by_a_second_mail(
    alert: QuotaAlert, server: MailServer, clock: Clock
) -> None:
    server.mail_reply = ""
    assert deliver(clock) == 0
    server.mail_reply = "250 OK"
    assert delivery().state == "uncertain"
    clock.pass_s(86_400)
    assert deliver(clock) == 0
    assert len(server.mails) == 1


class Died(Exception):
    pass


class Mortal(EmailChannel):
    """A worker that dies where the test says."""

    dies_at = ""

    def open(self) -> None:
        super().open()
        if self.dies_at == "open":
            raise Died

    def send(self, *arguments: Any, **facts: Any) -> None:
        super().send(*arguments, **facts)
        raise Died


def test_a_worker_that_dies_before_it_sends_costs_a_wait(
    alert: QuotaAlert, server: MailServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mortal, "dies_at", "open")
    with pytest.raises(Died):
        deliver(clock, {"email": Mortal})
    assert deliver(clock) == 0, "it may still be at work"
    clock.pass_s(200)
    assert deliver(clock) == 1


def test_a_worker_that_dies_after_it_sent_is_not_followed_by_a_second_mail(
    alert: QuotaAlert, server: MailServer, clock: Clock
) -> None:
    with pytest.raises(Died):
        deliver(clock, {"email": Mortal})
    assert delivery().state == "sending"
    clock.pass_s(STUCK_S + 1)
    assert deliver(clock) == 0
    assert delivery().state == "uncertain"
    assert len(server.mails) == 1


class Slow(EmailChannel):
    """A worker that takes so long to connect that another one gets the delivery meanwhile."""

    def __init__(self, clock: Clock, other: Any) -> None:
        super().__init__()
        self._clock = clock
        self._other = other

    def open(self) -> None:
        self._clock.pass_s(CLAIM_S + 1)
        self._other()
        super().open()


def test_a_worker_that_was_overtaken_sends_nothing(
    alert: QuotaAlert, server: MailServer, clock: Clock
) -> None:
    assert deliver(clock, {"email": lambda: Slow(clock, lambda: deliver(clock))}) == 0
    assert (delivery().state, delivery().attempts) == ("sent", 2)
    assert len(server.mails) == 1


def test_a_worker_that_lost_its_claim_leaves_the_mail_to_the_other(
    alert: QuotaAlert, server: MailServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mortal, "dies_at", "open")

    def other() -> None:
        with pytest.raises(Died):
            deliver(clock, {"email": Mortal})

    assert deliver(clock, {"email": lambda: Slow(clock, other)}) == 0
    assert server.mails == []
    clock.pass_s(CLAIM_S + 1)
    assert deliver(clock) == 1


def test_a_mail_that_is_being_sent_is_not_given_up(
    alert: QuotaAlert, server: MailServer, clock: Clock
) -> None:
    class Watched(EmailChannel):
        def send(self, *arguments: Any, **facts: Any) -> None:
            clock.pass_s(STUCK_S - 1)
            assert deliver(clock) == 0
            assert delivery().state == "sending"
            super().send(*arguments, **facts)

    assert deliver(clock, {"email": Watched}) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", [QuotaAlert, AlertDelivery])
def test_what_another_worker_has_is_passed_over(server: MailServer, clock: Clock, table: Any) -> None:
    UserFactory(role=User.Role.TENANT_ADMIN, email="admin@alder.example")
    meter = MeterFactory()
    AlertFactory(meter=meter, threshold=80)
    if table is AlertDelivery:
        address_alerts(now=clock())
    taken = table.objects.get()
    AlertFactory(meter=meter, threshold=95)
    done: list[int] = []

    def work() -> None:
        try:
            done.append(deliver(clock))
        finally:
            connection.close()

    other = threading.Thread(target=work, daemon=True)
    with transaction.atomic():
        table.objects.select_for_update().get(pk=taken.pk)
        other.start()
        other.join(20)
        assert done == [1], "a worker waited for what another one has"


def test_of_many_admins_a_bounded_number_is_told(
    alert: QuotaAlert, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "MAX_RECIPIENTS", 2)
    for number in range(3):
        UserFactory(role=User.Role.TENANT_ADMIN, email=f"deputy-{number}@alder.example")
    address_alerts(now=clock())
    assert AlertDelivery.objects.count() == 2


def test_more_alerts_than_one_batch_are_all_addressed(
    alert: QuotaAlert, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "BATCH", 1)
    AlertFactory(meter=MeterFactory(budget=BudgetFactory(tenant=birch())))
    assert address_alerts(now=clock()) == 2


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_send_each_mail_once(server: MailServer, clock: Clock) -> None:
    for number in range(3):
        UserFactory(role=User.Role.TENANT_ADMIN, email=f"admin-{number}@alder.example")
    meter = MeterFactory()
    for threshold in (50, 60, 70, 80, 95):
        AlertFactory(meter=meter, threshold=threshold)
    begin = threading.Barrier(4)

    def work() -> None:
        begin.wait(30)
        try:
            deliver(clock)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(server.mails) == 15
    assert len({(mail["To"], mail["Message-ID"]) for mail in server.mails}) == 15
    assert AlertDelivery.objects.filter(state=State.SENT).count() == 15
