"""Only active staff with the role SUPER_ADMIN come in."""

import pytest
from django.test import Client

from metering.models import Tenant, User
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url

PASSWORD = "correct horse battery"


def person(case: str) -> User:
    if case in {"inactive super admin", "super admin who is not staff"}:
        user = rows.super_admin("other@example.com")
        user.is_active = case != "inactive super admin"
        user.is_staff = case != "super admin who is not staff"
        user.save()
        return user
    tenant = rows.customer("alder")
    role = User.Role.TENANT_ADMIN if "tenant admin" in case else User.Role.MEMBER
    # Django's own flags open nothing: the role decides.
    return User.objects.create_user(
        "bob@alder.example",
        PASSWORD,
        tenant=tenant,
        role=role,
        is_staff=True,
        is_superuser="superuser" in case,
    )


OTHERS = [
    "inactive super admin",
    "super admin who is not staff",
    "tenant admin",
    "member with the superuser flag",
]


@pytest.mark.django_db
@pytest.mark.parametrize("case", OTHERS)
def test_everybody_else_is_refused(client: Client, url: Url, case: str) -> None:
    user = person(case)
    client.force_login(user)
    for address in (
        "/admin/",
        url(Tenant),
        url(User, "add"),
        "/admin/search/?s=tenant",
        "/admin/autocomplete/",
    ):
        response = client.get(address)
        assert response.status_code == 302, address
        assert response["Location"].startswith("/admin/login/")


@pytest.mark.django_db
@pytest.mark.parametrize("case", OTHERS)
def test_nobody_else_logs_in(client: Client, case: str) -> None:
    user = person(case)
    response = client.post("/admin/login/", {"username": user.email, "password": PASSWORD})
    assert response.status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_super_admin_logs_in_with_an_e_mail_address(client: Client, operator: User) -> None:
    response = client.post("/admin/login/?next=/admin/", {"username": operator.email, "password": PASSWORD})
    assert response.status_code == 302
    assert client.get("/admin/").status_code == 200


def test_the_role_is_enough_without_djangos_superuser_flag(client: Client, operator: User, url: Url) -> None:
    User.objects.update(is_superuser=False)
    client.force_login(operator)
    assert client.get(url(Tenant, "add")).status_code == 200
