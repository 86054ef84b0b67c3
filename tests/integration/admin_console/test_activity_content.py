"""What a call said, on its page: for administrators, escaped, and with the look noted."""

from uuid import UUID

import pytest
from django.test import Client

from metering.models import AuditEvent, Tenant, User
from tests.factories.content import make_content
from tests.integration.admin_console import rows
from tests.integration.admin_console.test_activity import LOG, browser, made, somebody, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def alder(db: object) -> Tenant:
    return rows.customer("alder")


@pytest.fixture
def call(alder: Tenant) -> UUID:
    return made(alder)


def test_an_administrator_reads_request_and_answer(alder: Tenant, call: UUID) -> None:
    make_content(call, alder.pk, "the secret pump")
    admin = somebody(alder, User.Role.TENANT_ADMIN)
    shown = text(browser(admin).get(f"{LOG}{call}/"))
    assert "&quot;content&quot;: &quot;the secret pump&quot;" in shown
    assert "the secret pump!" in shown
    assert "That you looked at this is noted" in shown
    [event] = AuditEvent.objects.filter(action="content.read")
    assert (event.actor, event.tenant_id) == (admin.email, alder.pk)


def test_a_super_admin_reads_it_too_and_the_tenant_learns_of_it(
    console: Client, alder: Tenant, call: UUID
) -> None:
    make_content(call, alder.pk, "the secret pump")
    assert "the secret pump" in text(console.get(f"{LOG}{call}/"))
    [event] = AuditEvent.objects.filter(action="content.read")
    assert event.tenant_id == alder.pk


def test_a_member_sees_the_own_call_without_it(alder: Tenant) -> None:
    member = somebody(alder, User.Role.MEMBER)
    own = made(alder, user_id=member.pk)
    make_content(own, alder.pk, "the secret pump")
    shown = text(browser(member).get(f"{LOG}{own}/"))
    assert "secret pump" not in shown
    assert "Request and answer" not in shown
    assert not AuditEvent.objects.filter(action="content.read").exists()


def test_where_nothing_is_kept_the_page_has_no_such_part(console: Client, call: UUID) -> None:
    assert "Request and answer" not in text(console.get(f"{LOG}{call}/"))
    assert not AuditEvent.objects.filter(action="content.read").exists()


def test_what_a_model_says_is_no_part_of_the_page(console: Client, alder: Tenant, call: UUID) -> None:
    make_content(call, alder.pk, "<script>alert(1)</script>")
    shown = text(console.get(f"{LOG}{call}/"))
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_a_stream_is_told_as_one_text(console: Client, alder: Tenant, call: UUID) -> None:
    events = '[{"choices":[{"delta":{"content":"Hel"}}]},{"choices":[{"delta":{"content":"lo"}}]}]'
    make_content(call, alder.pk, is_streamed=True, answer=events, mode="redacted", replaced={"card": 2})
    shown = text(console.get(f"{LOG}{call}/"))
    assert 'data-said="text">Hello</pre>' in shown
    assert "card 2" in shown
