"""Who reads a statement in the console: administrators, and the one person whom it is mailed to."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from metering.models import Statement, Tenant, User
from metering.statements.change_profile import change_profile
from metering.statements.issue import issue_statement
from metering.statements.months import month_before
from tests.factories import UserFactory, alder

pytestmark = pytest.mark.django_db


@pytest.fixture
def statement(db: Any) -> Statement:
    """Alder's of the month before."""
    Tenant.objects.filter(pk=alder().pk).update(created_at=now() - timedelta(days=90))
    month = month_before(now().date().replace(day=1))
    return issue_statement(tenant=alder(), month=month, actor="a test", now=now())


@pytest.fixture
def ann(db: Any) -> User:
    """A member."""
    user: User = UserFactory(email="ann@alder.example")
    return user


def statuses(person: User, statement: Statement) -> list[int]:
    """Of the page and its files."""
    client = Client()
    client.force_login(person)
    page = f"/admin/statements/{statement.pk}/"
    return [client.get(path).status_code for path in (page, f"{page}pdf/", f"{page}csv/")]


def mail_statements_to(person: User, **changes: Any) -> None:
    change_profile(
        tenant=alder(),
        changes={"statements_to": "person", "recipient": person, **changes},
        actor="a test",
        now=now(),
    )


def test_an_operator_chooses_a_tenant_that_has_no_statement_yet(console: Client) -> None:
    alder()
    filters = console.get("/admin/statements/").context["filters"]
    assert [(select.name, select.choices[0].value) for select in filters.selects] == [("tenant", "alder")]
    assert "customer_id" in console.get("/admin/statements/?tenant=alder").context["form"].fields


def test_the_one_person_reads_what_the_mail_leads_to(statement: Statement, ann: User) -> None:
    mail_statements_to(ann)
    assert statuses(ann, statement) == [200, 200, 200]


def test_another_member_reads_none(statement: Statement, ann: User) -> None:
    mail_statements_to(UserFactory(email="bob@alder.example"))
    assert statuses(ann, statement) == [404, 404, 404]


def test_whoever_was_the_one_person_before_reads_none_any_more(statement: Statement, ann: User) -> None:
    mail_statements_to(ann, statements_to="admins")
    assert statuses(ann, statement) == [404, 404, 404]
