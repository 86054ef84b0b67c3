"""What a call said, over the API: for administrators of its tenant and super admins; each look is noted."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models import AuditEvent, CallContent, User
from tests.factories import alder, birch, make_token
from tests.factories.content import make_content
from tests.integration.gateway_project.api.people import call, person, super_admin

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept() -> UUID:
    id_ = uuid7()
    make_content(id_, alder().pk, "the secret pump")
    return id_


def get(who: Any, id_: UUID) -> Any:
    return call("GET", f"activity/{id_}/content", who=who)


def test_an_administrator_reads_request_and_answer(kept: UUID) -> None:
    told = get(person(role=User.Role.TENANT_ADMIN), kept).json()
    assert told["request"] == {"messages": [{"role": "user", "content": "the secret pump"}]}
    assert told["answer"]["choices"][0]["message"]["content"] == "the secret pump!"
    assert (told["mode"], told["cost_usd"], told["took_ms"]) == ("full", "0.000007", 12)


def test_each_look_is_an_audit_event_that_the_tenant_can_read(kept: UUID) -> None:
    admin = person(role=User.Role.TENANT_ADMIN)
    get(admin, kept)
    get(super_admin(), kept)
    events = AuditEvent.objects.filter(action="content.read").order_by("at")
    assert [(event.actor, event.object_id, event.tenant_id) for event in events] == [
        (admin.email, str(kept), alder().pk),
        ("ops@example.com", str(kept), alder().pk),
    ]
    trail = call("GET", "audit", who=admin).json()["results"]
    assert any("looked at what the call" in str(line) for line in trail)


def test_members_and_bare_tokens_may_not(kept: UUID) -> None:
    for who in (person(), make_token(alder()).secret):
        assert get(who, kept).status_code == 403
    assert not AuditEvent.objects.filter(action="content.read").exists()


def test_another_tenants_is_as_one_that_never_was(kept: UUID) -> None:
    stranger = person(role=User.Role.TENANT_ADMIN, tenant=birch())
    missing = uuid7()
    answers = [get(stranger, id_) for id_ in (kept, missing)]
    assert [answer.status_code for answer in answers] == [404, 404]
    texts = {
        answer.json()["error"]["message"].replace(str(id_), "")
        for answer, id_ in zip(answers, (kept, missing), strict=True)
    }
    assert len(texts) == 1
    assert not AuditEvent.objects.filter(action="content.read").exists()


def test_what_is_past_its_time_is_not_read_although_it_is_there_yet(kept: UUID) -> None:
    CallContent.objects.update(expires_at=now() - timedelta(seconds=1))
    assert get(super_admin(), kept).status_code == 404


def test_what_no_key_opens_is_not_there(kept: UUID, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["b" * 43 + "="]
    assert get(super_admin(), kept).status_code == 404
    assert not AuditEvent.objects.filter(action="content.read").exists()
