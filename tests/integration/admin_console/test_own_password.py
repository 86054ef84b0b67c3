"""People in the console change their own password."""

from typing import Any

import pytest
from django.test import Client

from metering.models import AuditEvent, User
from tests.integration.admin_console import rows

PAGE, OLD, ANOTHER = "/admin/password_change/", "correct horse battery", "violet-Hammer-9"


def change(console: Client, password: str = ANOTHER, **fields: str) -> Any:
    form = {"old_password": OLD, "new_password1": password, "new_password2": password, **fields}
    return console.post(PAGE, form)


def test_it_is_written_in_the_audit_trail_without_the_password(console: Client, operator: User) -> None:
    assert change(console).status_code == 302
    event = AuditEvent.objects.get(action="user.password_set")
    assert (event.actor, event.object_id, event.tenant_id) == (operator.email, str(operator.pk), None)
    assert ANOTHER not in str(event.facts)


def test_of_a_tenants_administrator_it_is_in_the_tenants_audit_trail(client: Client, db: None) -> None:
    tenant = rows.customer("alder")
    ann = User.objects.get(email="ann@alder.example")
    ann.role, ann.is_staff = User.Role.TENANT_ADMIN, True
    ann.set_password(OLD)
    ann.save()
    client.force_login(ann)
    assert change(client).status_code == 302
    event = AuditEvent.objects.get(action="user.password_set")
    assert (event.actor, event.tenant_id) == (ann.email, tenant.pk)


def test_this_session_goes_on_and_every_other_ends(console: Client, operator: User) -> None:
    other = Client()
    other.force_login(operator)
    assert console.get(change(console).url).status_code == 200
    assert other.get("/admin/").status_code == 302
    operator.refresh_from_db()
    assert operator.check_password(ANOTHER)


@pytest.mark.parametrize(
    ("password", "field", "told"),
    [("short", "new_password2", "too short"), ("violet-Hammer-9" * 20, "new_password2", "at most 256")],
)
def test_one_that_is_not_good_enough_is_told_and_changes_nothing(
    console: Client, operator: User, password: str, field: str, told: str
) -> None:
    assert told in str(change(console, password).context["form"].errors[field])
    operator.refresh_from_db()
    assert operator.check_password(OLD)
    assert not AuditEvent.objects.filter(action="user.password_set").exists()


def test_the_old_one_has_to_be_right(console: Client, operator: User) -> None:
    assert change(console, old_password="a guess").context["form"].errors["old_password"]
    assert not AuditEvent.objects.filter(action="user.password_set").exists()
