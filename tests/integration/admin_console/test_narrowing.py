"""What a token may do is narrowed, widened and undone in the console, by whoever may issue it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from metering.identity.tokens.change_token import change_token
from metering.models import ATIToken, AuditEvent, LLMModel, Team, Tenant, User
from tests.factories import TenantFactory, UserFactory, make_token
from tests.integration.admin_console import rows
from tests.integration.admin_console.test_every_page import messages_of


def token(**facts: Any) -> ATIToken:
    return ATIToken.objects.select_related("tenant").get(pk=make_token(**facts).id)


def page_of(row: ATIToken, name: str = "token_narrow") -> str:
    return reverse(f"admin:{name}", args=(row.prefix,))


def now_it(row: ATIToken) -> ATIToken:
    return ATIToken.objects.get(pk=row.pk)


def administrator(client: Client, **width: Any) -> tuple[ATIToken, Client]:
    """A tenant's administrator, signed in, with the token that their plan comes from."""
    own = token(**width)
    user: User = UserFactory(role=User.Role.TENANT_ADMIN, is_staff=True, tenant=own.tenant, signup_token=own)
    client.force_login(user)
    return own, client


def test_a_token_is_narrowed_in_every_respect(console: Client) -> None:
    rows.catalog()
    row = token()
    Tenant.objects.filter(pk=row.tenant_id).update(timezone="Europe/Berlin")
    team = Team.objects.create(tenant=row.tenant, slug="legal", name="Legal")
    model = LLMModel.objects.get(name="sandbox-small").name
    day = (now() + timedelta(days=400)).date()
    form = {
        "allowed_tasks": ["LLM0_CHAT"], "allowed_models": [model], "team": str(team.pk),
        "allowed_networks": "192.0.2.0/24, 198.51.100.7", "ends_on": f"{day.year}-12-24", "ends_at": "18:00",
    }  # fmt: skip
    assert console.post(page_of(row), form).status_code == 302
    changed = now_it(row)
    assert (changed.allowed_tasks, changed.allowed_models) == (["LLM0_CHAT"], [model])
    assert changed.allowed_networks == ["192.0.2.0/24", "198.51.100.7/32"]
    assert changed.team == team
    assert changed.expires_at == datetime(day.year, 12, 24, 17, tzinfo=UTC)
    assert AuditEvent.objects.get(action="token.changed").actor == "ops@example.com"
    page = console.get(page_of(row)).content.decode()
    assert "Chat" in page
    assert "18:00:00" in page


def test_what_was_narrowed_is_undone_and_the_undoing_too(console: Client) -> None:
    row = token()
    console.post(page_of(row), {"allowed_tasks": ["LLM0_CHAT"]})
    assert "Tasks</b>: Chat; before: all of the plan" in console.get(page_of(row)).content.decode()
    assert "may do what it did before" in messages_of(console.post(page_of(row, "token_undo")))
    assert now_it(row).allowed_tasks == []
    console.post(page_of(row, "token_undo"))
    assert now_it(row).allowed_tasks == ["LLM0_CHAT"]


def test_a_token_that_was_never_changed_has_nothing_to_undo(console: Client) -> None:
    row = token()
    assert "Undo" not in console.get(page_of(row)).content.decode()
    assert "no change" in messages_of(console.post(page_of(row, "token_undo")))


def test_saving_without_a_change_changes_nothing(console: Client) -> None:
    end = now() + timedelta(days=3, seconds=7)
    row = token(expires_at=end)
    form = console.get(page_of(row)).context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value()}
    console.post(page_of(row), sent)
    assert now_it(row).expires_at == end
    assert not AuditEvent.objects.filter(action="token.changed").exists()


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        ({"allowed_networks": "office"}, "allowed_networks", "&#x27;office&#x27; is not a network"),
        ({"ends_on": "2020-01-01"}, "ends_on", "must expire in the future"),
        ({"ends_on": "9999-12-31"}, "ends_on", "before the year 9000"),
        ({"ends_at": "09:00"}, "ends_on", "Name the day too."),
        ({"allowed_tasks": ["LLM9"]}, "allowed_tasks", "LLM9 is not one of the available choices"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    console: Client, form: dict[str, Any], field: str, sentence: str
) -> None:
    row = token()
    shown = console.post(page_of(row), form)
    assert field in shown.context["form"].errors
    assert sentence in shown.content.decode()
    assert not AuditEvent.objects.filter(action="token.changed").exists()


def test_an_administrator_narrows_and_undoes_within_their_own_token(client: Client, db: Any) -> None:
    own, client = administrator(client, allowed_tasks=["LLM0_CHAT", "LLM2_DRAFT"])
    row = token(tenant=own.tenant, allowed_tasks=["LLM0_CHAT", "LLM2_DRAFT"])
    assert client.post(page_of(row), {"allowed_tasks": ["LLM0_CHAT"]}).status_code == 302
    client.post(page_of(row, "token_undo"))
    assert now_it(row).allowed_tasks == ["LLM0_CHAT", "LLM2_DRAFT"]
    assert "At most" in client.get(page_of(row)).content.decode()


def test_an_administrator_does_not_widen_beyond_their_own_token(client: Client, db: Any) -> None:
    own, client = administrator(client, allowed_tasks=["LLM0_CHAT"])
    row = token(tenant=own.tenant, allowed_tasks=["LLM0_CHAT"])
    page = client.post(page_of(row), {"allowed_tasks": ["LLM0_CHAT", "LLM2_DRAFT"]})
    assert "Your own token does not allow LLM2_DRAFT." in page.content.decode()
    assert now_it(row).allowed_tasks == ["LLM0_CHAT"]


def test_an_administrator_does_not_undo_what_an_operator_has_taken_from_them(
    client: Client, console: Client
) -> None:
    row = token()
    console.post(page_of(row), {"allowed_tasks": ["LLM0_CHAT"]})
    user: User = UserFactory(
        role=User.Role.TENANT_ADMIN, is_staff=True, tenant=row.tenant, signup_token=now_it(row)
    )
    client.force_login(user)
    assert "does not allow everything" in messages_of(client.post(page_of(row, "token_undo")))
    assert now_it(row).allowed_tasks == ["LLM0_CHAT"]


@pytest.mark.parametrize("page", ["token_narrow", "token_undo"])
def test_another_tenants_token_is_not_found(client: Client, db: Any, page: str) -> None:
    _, client = administrator(client)
    row = token(tenant=TenantFactory())
    assert client.post(page_of(row, page), {"allowed_tasks": ["LLM0_CHAT"]}).status_code == 404
    assert client.get(page_of(row)).status_code == 404
    assert now_it(row).allowed_tasks == []


def test_another_name_since_does_not_hide_what_can_be_undone(console: Client) -> None:
    row = token()
    console.post(page_of(row), {"allowed_tasks": ["LLM0_CHAT"]})
    change_token(token=row, changes={"name": "renamed"}, actor="ops", now=now())
    console.post(page_of(row, "token_undo"))
    assert (now_it(row).name, now_it(row).allowed_tasks) == ("renamed", [])
