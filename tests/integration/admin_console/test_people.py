"""Users with their passwords, and ATI tokens with their secrets."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from metering.identity.tokens.secret import digest_of
from metering.models import ATIToken, AuditEvent, Tenant, User
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url

SECRET = re.compile(r"ati_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}")
PASSWORD = "quite long and odd 71"


def user_form(**fields: Any) -> dict[str, Any]:
    return {
        "email": "Cleo@Alder.example", "name": "Cleo", "role": "TENANT_ADMIN", "usable_password": "true",
        "password1": PASSWORD, "password2": PASSWORD, **fields,
    }  # fmt: skip


def test_a_user_is_added_with_a_password(console: Client, url: Url) -> None:
    tenant = rows.customer("alder")
    assert console.post(url(User, "add"), user_form(tenant=str(tenant.pk))).status_code == 302
    user = User.objects.get(email="cleo@alder.example")
    assert user.check_password(PASSWORD)
    assert (user.is_staff, user.is_superuser) == (True, False)
    assert PASSWORD not in str(AuditEvent.objects.get(action="user.added").facts)


@pytest.mark.parametrize(("role", "with_tenant"), [("SUPER_ADMIN", True), ("MEMBER", False)])
def test_role_and_tenant_must_agree(console: Client, url: Url, role: str, with_tenant: bool) -> None:
    tenant = rows.customer("alder")
    form = user_form(role=role, **({"tenant": str(tenant.pk)} if with_tenant else {}))
    response = console.post(url(User, "add"), form)
    assert response.context["adminform"].form.errors["tenant"]


def test_a_password_is_changed_and_audited_without_it(console: Client, url: Url) -> None:
    rows.customer("alder")
    user = User.objects.get(email="ann@alder.example")
    address = url(User, "change", user.pk).replace("/change/", "/password/")
    assert console.get(address).status_code == 200
    form = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert console.post(address, form).status_code == 302
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert AuditEvent.objects.get(action="user.changed").facts == {"changes": {"password": "changed"}}


def test_a_password_that_nobody_could_sign_in_with_is_refused(console: Client, url: Url) -> None:
    rows.customer("alder")
    user = User.objects.get(email="ann@alder.example")
    address = url(User, "change", user.pk).replace("/change/", "/password/")
    long = PASSWORD * 20
    answer = console.post(address, {"password1": long, "password2": long, "usable_password": "true"})
    assert "at most 256" in answer.content.decode()
    user.refresh_from_db()
    assert not user.check_password(long)


def test_nobody_locks_the_console_from_the_inside(console: Client, url: Url, operator: User) -> None:
    form = {"email": operator.email, "name": "Op", "role": "MEMBER"}
    assert console.post(url(User, "change", operator.pk), form).status_code == 302
    operator.refresh_from_db()
    assert (operator.role, operator.is_active, operator.is_staff) == ("SUPER_ADMIN", True, True)
    assert console.post(url(User, "delete", operator.pk), {"post": "yes"}).status_code == 403


@pytest.fixture
def tenant(console: Client) -> Tenant:
    return rows.customer("alder")


def token_form(tenant: Tenant, **fields: Any) -> dict[str, Any]:
    return {"tenant": str(tenant.pk), "plan_tier": "PRO", "name": "ci", "signups_allowed": 2, **fields}


def assert_is_kept_nowhere(console: Client, secrets: set[str]) -> None:
    """Neither in a cookie, nor in the session."""
    kept = [*(morsel.value for morsel in console.cookies.values()), str(dict(console.session))]
    assert not any(secret[-30:] in text for secret in secrets for text in kept)


def test_a_new_tokens_secret_is_shown_exactly_once(console: Client, url: Url, tenant: Tenant) -> None:
    form = token_form(tenant, allowed_tasks=["LLM0_CHAT"], allowed_networks="192.0.2.0/24")
    first = console.post(url(ATIToken, "add"), form)
    assert "no-store" in first["Cache-Control"]
    secrets = set(SECRET.findall(first.content.decode()))
    assert_is_kept_nowhere(console, secrets)
    assert len(secrets) == 1
    token = ATIToken.objects.get(name="ci")
    assert bytes(token.digest) == digest_of(secrets.pop())
    assert (token.allowed_tasks, token.allowed_networks) == (["LLM0_CHAT"], ["192.0.2.0/24"])
    assert AuditEvent.objects.filter(action="token.issued", object_id=str(token.pk)).count() == 1
    for address in (url(ATIToken), url(ATIToken, "change", token.pk), url(AuditEvent), "/admin/"):
        page = console.get(address).content.decode()
        assert not SECRET.search(page)
        assert "digest" not in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("allowed_networks", "nonsense"),
        ("expires_at", "2020"),
        ("plan_tier", "NONE"),
        ("team", "birch's team"),
    ],
)
def test_what_the_verb_refuses_is_an_error_of_its_field(
    console: Client, url: Url, tenant: Tenant, field: str, value: str
) -> None:
    form = token_form(tenant, **{field: value})
    if field == "expires_at":
        form |= {"expires_at_0": "2020-01-01", "expires_at_1": "00:00:00"}
    birch = rows.customer("birch")
    if field == "team":
        form["team"] = str(birch.teams.get().pk)
    before = ATIToken.objects.count()
    response = console.post(url(ATIToken, "add"), form)
    assert list(response.context["adminform"].form.errors) == [field]
    assert ATIToken.objects.count() == before


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("Asia/Tokyo", "2099-12-31", datetime(2099, 12, 30, 15, tzinfo=UTC)),
        ("America/New_York", "2027-03-14", datetime(2027, 3, 14, 5, tzinfo=UTC)),
        ("Africa/Cairo", "2027-04-30", datetime(2027, 4, 29, 22, tzinfo=UTC)),  # its midnight is skipped
    ],
)
def test_the_end_that_is_typed_is_the_tenants(
    console: Client, url: Url, tenant: Tenant, zone: str, day: str, end: datetime
) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(timezone=zone)
    form = token_form(tenant, expires_at_0=day, expires_at_1="00:00:00")
    assert console.post(url(ATIToken, "add"), form).status_code == 200
    assert ATIToken.objects.get(name="ci").expires_at == end


def test_a_closed_tenant_gets_no_token(console: Client, url: Url, tenant: Tenant) -> None:
    Tenant.objects.update(status="CLOSED")
    response = console.post(url(ATIToken, "add"), token_form(tenant))
    assert "closed" in str(response.context["adminform"].form.errors["tenant"])


def test_a_token_is_rotated_after_a_question(console: Client, url: Url, tenant: Tenant) -> None:
    token = ATIToken.objects.get()
    address = url(ATIToken, "rotate", token.pk)
    assert console.get(address).status_code == 200
    token.refresh_from_db()
    assert token.previous_digest is None
    response = console.post(address, {"_form_submitted": "True", "grace": "24"})
    secrets = set(SECRET.findall(response.content.decode()))
    assert "no-store" in response["Cache-Control"]
    assert_is_kept_nowhere(console, secrets)
    rotated = ATIToken.objects.get()
    assert bytes(rotated.digest) == digest_of(secrets.pop())
    assert bytes(rotated.previous_digest) == bytes(token.digest)
    assert abs(rotated.previous_valid_until - now() - timedelta(days=1)) < timedelta(minutes=1)
    assert not SECRET.search(console.get(url(ATIToken, "change", token.pk)).content.decode())


def test_a_token_is_revoked_after_a_question(console: Client, url: Url, tenant: Tenant) -> None:
    address = url(ATIToken, "revoke", ATIToken.objects.get().pk)
    console.get(address)
    assert ATIToken.objects.get().revoked_at is None
    console.post(address, {"_form_submitted": "True"})
    assert ATIToken.objects.get().revoked_at is not None
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1
    refused = console.post(
        url(ATIToken, "rotate", ATIToken.objects.get().pk), {"_form_submitted": "True", "grace": "24"}
    )
    assert "cannot be rotated" in console.get(refused["HX-Redirect"]).content.decode()


def test_nothing_of_a_token_is_edited_in_place(console: Client, url: Url, tenant: Tenant) -> None:
    token = ATIToken.objects.get()
    assert console.post(url(ATIToken, "change", token.pk), token_form(tenant, name="new")).status_code == 403
    assert console.post(url(ATIToken, "delete", token.pk), {"post": "yes"}).status_code == 403


@pytest.mark.django_db
def test_actions_on_tokens_are_closed_to_others(client: Client, url: Url) -> None:
    tenant = rows.customer("alder")
    user = User.objects.create_user(
        "t@alder.example", PASSWORD, tenant=tenant, role="TENANT_ADMIN", is_staff=True
    )
    client.force_login(user)
    token = ATIToken.objects.get()
    assert client.post(url(ATIToken, "revoke", token.pk), {"_form_submitted": "True"}).status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is None


@pytest.mark.parametrize("identifier", ["nonsense", "0190163d-8694-739b-aea5-966c26f8ad91"])
@pytest.mark.parametrize("verb", ["rotate", "revoke"])
def test_an_action_on_no_token_is_not_found(console: Client, url: Url, verb: str, identifier: str) -> None:
    form = {"_form_submitted": "True", "grace": "24"}
    assert console.post(url(ATIToken, verb, identifier), form).status_code == 404
