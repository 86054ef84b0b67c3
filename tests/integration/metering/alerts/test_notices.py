"""Notices: written with what they tell, once, and mailed to those whom they are for."""

from typing import Any

import pytest
from django.db import transaction

from metering.alerts.address import address_alerts
from metering.alerts.deliver import deliver_due
from metering.alerts.email import EmailChannel
from metering.models import Notice, User
from metering.notices import raise_notice
from metering.types import Audience, EventType
from tests.factories import UserFactory, alder, birch
from tests.integration.metering.alerts.conftest import Clock
from tests.mail import MailServer


def tell(clock: Clock, audience: Audience = Audience.TENANT_ADMINS, **facts: Any) -> None:
    told = {
        "type": EventType.QUOTA_REQUEST_CREATED,
        "subject": "More quota\nasked for",
        "text": "Ann asks for <$5> more.",
        **facts,
    }
    with transaction.atomic():
        raise_notice(audience=audience, now=clock(), **told)


def deliver(clock: Clock) -> int:
    address_alerts(now=clock())
    return deliver_due(channels={"email": EmailChannel}, clock=clock)


@pytest.fixture
def people(db: Any) -> User:
    """Administrators of both tenants, a super admin, and Alder's member, who is returned."""
    UserFactory(role=User.Role.TENANT_ADMIN, email="admin@alder.example")
    UserFactory(tenant=birch(), role=User.Role.TENANT_ADMIN, email="admin@birch.example")
    User.objects.create_superuser("ops@example.com", "correct horse battery")
    member: User = UserFactory(email="ann@alder.example")
    return member


def test_a_notice_is_mailed_once_to_those_whom_it_is_for(
    people: User, server: MailServer, clock: Clock
) -> None:
    tell(clock, tenant_id=alder().pk)
    tell(clock, Audience.SUPER_ADMINS, tenant_id=alder().pk)
    tell(clock, Audience.PERSON, user_id=people.pk, tenant_id=alder().pk)
    assert (deliver(clock), deliver(clock)) == (3, 0)
    assert sorted(server.recipients) == ["admin@alder.example", "ann@alder.example", "ops@example.com"]


def test_the_mail_has_its_words_and_leads_to_the_page(
    people: User, server: MailServer, clock: Clock, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://gateway.example"
    tell(clock, tenant_id=alder().pk, path="/admin/budgets/")
    deliver(clock)
    [mail] = server.mails
    assert mail["Subject"] == "More quota asked for"
    text, html = (part.get_content() for part in mail.iter_parts())
    assert "Ann asks for <$5> more." in text
    assert "https://gateway.example/admin/budgets/" in text
    assert "Ann asks for &lt;$5&gt; more." in html
    assert 'href="https://gateway.example/admin/budgets/"' in html


def test_the_same_key_tells_once_and_no_key_every_time(people: User, clock: Clock) -> None:
    for _ in range(2):
        tell(clock, tenant_id=alder().pk, dedupe_key="request-1")
        tell(clock, tenant_id=alder().pk)
    assert sorted(str(key) for key in Notice.objects.values_list("dedupe_key", flat=True)) == [
        "None", "None", "request-1"
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_notice_is_written_with_what_it_tells_or_not_at_all(clock: Clock) -> None:
    facts = {"subject": "s", "text": "t", "now": clock(), "audience": Audience.SUPER_ADMINS}
    with pytest.raises(RuntimeError):
        raise_notice(type=EventType.VENDOR_DOWN, **facts)
    with pytest.raises(ValueError, match="8000 are allowed"), transaction.atomic():
        raise_notice(type=EventType.VENDOR_DOWN, **facts, data={"names": "x" * 9_000})
    assert not Notice.objects.exists()


def test_long_words_are_cut_and_not_refused(people: User, clock: Clock) -> None:
    tell(clock, tenant_id=alder().pk, subject="s" * 300, text="t" * 3_000)
    notice = Notice.objects.get()
    assert (len(notice.subject), len(notice.text)) == (200, 2_000)
