"""Credentials in the console: operators have no ceiling, a tenant's own administrators come to no token at all."""

from typing import Any

import pytest
from django.test import Client

from admin_console.token_form import TokenForm
from admin_console.who import ceiling_of_user
from metering.models import ATIToken, User
from tests.factories import UserFactory, make_token
from tests.integration.admin_console.conftest import Url

TOKENS: dict[str, dict[str, Any]] = {
    "below": {"plan": "SMALL", "allowed_tasks": ["LLM0_CHAT"]},
    "at": {"plan": "SMALL"},
    "above": {"plan": "OPEN"},
}
SENT = {"_form_submitted": "True", "grace": "24"}
PASSWORDS = {"password1": "another good password", "password2": "another good password"}


def token(**facts: Any) -> ATIToken:
    return ATIToken.objects.get(pk=make_token(**facts).id)


def administrator() -> User:
    user: User = UserFactory(role=User.Role.TENANT_ADMIN, is_staff=True, signup_token=token(plan="SMALL"))
    return user


def image() -> list[Any]:
    return [*ATIToken.objects.order_by("pk").values(), *User.objects.order_by("pk").values()]


@pytest.mark.parametrize("which", TOKENS)
def test_an_operator_rotates_and_revokes_every_token(console: Client, url: Url, which: str) -> None:
    row = token(**TOKENS[which])
    console.post(url(ATIToken, "rotate", row.pk), SENT)
    console.post(url(ATIToken, "revoke", row.pk), SENT)
    now_it = ATIToken.objects.get(pk=row.pk)
    assert bytes(now_it.digest) != bytes(row.digest)
    assert now_it.revoked_at is not None


@pytest.mark.parametrize("which", TOKENS)
def test_a_tenants_administrator_reaches_none_whatever_its_width(
    client: Client, db: Any, url: Url, which: str
) -> None:
    row = token(**TOKENS[which])
    holder = UserFactory(signup_token=row)
    client.force_login(administrator())
    before = image()
    pages = {
        url(ATIToken, "add"): {"tenant": str(row.tenant_id), "plan_tier": row.plan_tier_id},
        url(ATIToken, "rotate", row.pk): SENT,
        url(ATIToken, "revoke", row.pk): SENT,
        url(User, "change", holder.pk): {"role": "TENANT_ADMIN"},
        f"/admin/metering/user/{holder.pk}/password/": PASSWORDS,
    }
    for address, form in pages.items():
        response: Any = client.post(address, form)
        assert response.status_code == 302, address
        assert response["Location"].startswith("/admin/login/"), address
    assert image() == before


@pytest.mark.parametrize(("which", "refused"), [("below", False), ("at", False), ("above", True)])
def test_the_form_asks_the_question_that_the_api_asks(db: Any, which: str, refused: bool) -> None:
    """Were the page opened to them one day, it would stop them."""
    admin, wanted = administrator(), token(**TOKENS[which])
    form_class: Any = type("Form", (TokenForm,), {"ceiling": ceiling_of_user(admin), "actor": admin.email})
    values = {
        "tenant": wanted.tenant_id,
        "plan_tier": wanted.plan_tier_id,
        "allowed_tasks": wanted.allowed_tasks,
        "signups_allowed": 0,
    }
    form = form_class(values)
    assert form.is_valid() is not refused
    assert ("plan_tier" in form.errors) is refused
