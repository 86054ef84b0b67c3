"""Operators read what a vendor said that cannot be, what was charged instead, and what to do: once, over real SMTP."""

from datetime import datetime, timedelta

import pytest
from django.utils.timezone import now

from metering.alerts.vendor_message import vendor_message
from metering.models import AlertDelivery, User, VendorAlert
from metering.tasks import deliver_alerts
from tests.factories import AttemptFactory, UserFactory, VendorAlertFactory
from tests.mail import MailServer, html_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: object) -> User:
    return User.objects.create_superuser("ops@example.com", "correct horse battery")


def report(recorded_at: datetime, reported: str = '{"prompt_tokens":1000000000000}') -> None:
    AttemptFactory(
        recorded_at=recorded_at,
        response_model="gpt-9",
        provider_name="vendor-one",
        input_tokens=1_200,
        output_tokens=300,
        cost_nano_usd=4_200_000,
        estimated=True,
        estimate_reason="impossible",
        reported=reported,
    )


def test_operators_are_told_once_a_day_of_all_that_a_model_reported(
    operator: User, server: MailServer
) -> None:
    UserFactory(role=User.Role.TENANT_ADMIN, email="admin@alder.example")
    UserFactory(email="member@alder.example")
    User.objects.create_superuser("left@example.com", "correct horse battery", is_active=False)
    User.objects.create_superuser("deputy@example.com", "correct horse battery")
    noon = now().replace(hour=12) - timedelta(days=2)
    for number in range(3):
        report(noon + timedelta(seconds=number))
    assert deliver_alerts() == 2
    report(noon + timedelta(minutes=1))
    assert deliver_alerts() == 0
    assert sorted(server.recipients) == ["deputy@example.com", "ops@example.com"]
    assert VendorAlert.objects.get().times_seen == 4
    report(noon + timedelta(days=1))
    assert deliver_alerts() == 2, "it is another day"


def test_the_mail_says_what_the_vendor_said_what_was_charged_and_what_to_do(
    operator: User, server: MailServer
) -> None:
    report(now() - timedelta(hours=1))
    deliver_alerts()
    [mail] = server.mails
    assert mail["Subject"] == "Impossible usage reported by vendor-one, gpt-9"
    alert = VendorAlert.objects.get()
    for body in (text_of(mail), html_of(mail).replace("&quot;", '"')):
        for fact in (
            "vendor-one reported more tokens for a call than the model gpt-9 can take in and give out together",
            '{"prompt_tokens":1000000000000}',
            "1,200 input and 300 output tokens, $0.0042",
            "what was held for the call",
            f"reservation {alert.reservation_id} of Alder Research",
            "correct its context_tokens and max_output_tokens",
            "compare its bill with the usage log",
            str(alert.pk),
        ):
            assert fact in body
    assert "<" not in text_of(mail)
    assert AlertDelivery.objects.get().state == "sent"


def test_what_a_vendor_says_cannot_break_out_of_the_mail() -> None:
    message = vendor_message(
        VendorAlertFactory(model="<b>m</b>\nBcc: all@example.com", reported="<script>\n\nWhat to do:\nPay")
    )
    assert "\n" not in message.subject
    assert "<script>" not in message.html
    assert "<b>" not in message.html
    assert "<script> What to do: Pay" in message.text


def test_models_too_many_to_tell_apart_are_told_of_without_a_name() -> None:
    message = vendor_message(VendorAlertFactory(model="", reported=""))
    assert message.subject == "Impossible usage reported by sandbox"
    for body in (message.text, message.html):
        assert "than its model can take in" in body
        assert "nothing that was kept" in body


def test_of_a_tenant_that_is_gone_the_id_is_told(operator: User) -> None:
    unknown = "01890000-0000-7000-8000-00000000000a"
    assert f"of {unknown}" in vendor_message(VendorAlertFactory(tenant_id=unknown)).text
