"""Active staff with the role SUPER_ADMIN come in; a tenant's people come as far as the pages that are for them."""

from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from metering.models import ATIToken, Tenant, User
from tests.factories import UserFactory, birch
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
    token = ATIToken.objects.get(tenant=tenant)
    # Django's own flags open nothing: the role decides.
    user = User.objects.create_user(
        "bob@alder.example",
        PASSWORD,
        tenant=tenant,
        role=role,
        signup_token=token,
        is_active="inactive" not in case,
        is_staff="not staff" not in case,
        is_superuser="superuser" in case,
    )
    if "suspended" in case:
        Tenant.objects.update(status="SUSPENDED")
    if "networks" in case:
        ATIToken.objects.update(allowed_networks=["192.0.2.0/24"])
    if "revoked" in case:
        ATIToken.objects.update(revoked_at=now())
    return user


OTHERS = [
    "inactive super admin",
    "super admin who is not staff",
    "tenant admin who is inactive",
    "tenant admin of a suspended tenant",
    "tenant admin whose token was revoked",
    "tenant admin outside the networks of the token",
    "member who is inactive",
    "member of a suspended tenant",
    "member whose token was revoked",
    "member outside the networks of the token",
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
        "/admin/simulator/",
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


INSIDE = ["tenant admin", "tenant admin who is not staff", "member", "member who is not staff"]


@pytest.mark.django_db
@pytest.mark.parametrize("case", INSIDE)
def test_a_tenants_people_sign_in_whatever_djangos_flag_says(client: Client, case: str) -> None:
    user = person(case)
    response = client.post("/admin/login/", {"username": user.email, "password": PASSWORD}, follow=True)
    assert response.status_code == 200
    assert response.request["PATH_INFO"] != "/admin/login/"
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.parametrize("case", ["tenant admin", "member"])
@pytest.mark.parametrize("end", ["tenant", "user", "token"])
def test_who_may_no_longer_act_is_out_at_the_next_request(
    client: Client, db: object, case: str, end: str
) -> None:
    client.force_login(person(case))
    assert client.get("/admin/password_change/").status_code == 200
    if end == "tenant":
        Tenant.objects.update(status="SUSPENDED")
    elif end == "user":
        User.objects.update(is_active=False)
    else:
        ATIToken.objects.update(revoked_at=now())
    assert client.get("/admin/password_change/")["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("case", ["tenant admin with the superuser flag", "member with the superuser flag"])
def test_djangos_flags_open_no_page_of_the_operators(client: Client, db: object, url: Url, case: str) -> None:
    client.force_login(person(case))
    for address in (url(Tenant), url(User, "add"), "/admin/everything/", "/admin/autocomplete/"):
        assert client.get(address)["Location"].startswith("/admin/login/"), address


def test_a_member_has_no_page_for_administrators(client: Client, db: object) -> None:
    client.force_login(person("member"))
    assert client.get("/admin/simulator/")["Location"].startswith("/admin/login/")


def test_the_sidebar_of_a_tenants_administrator_leads_to_no_page_of_the_operators(
    client: Client, db: object
) -> None:
    client.force_login(person("tenant admin"))
    page = client.get("/admin/simulator/").content.decode()
    assert 'href="/admin/simulator/"' in page
    assert "/admin/metering/" not in page


def test_who_asks_is_looked_up_once_in_a_request(
    client: Client, db: object, django_assert_max_num_queries: Any
) -> None:
    """Session, person, tenant, token, and what the page itself reads."""
    client.force_login(person("tenant admin"))
    with django_assert_max_num_queries(6):
        client.get("/admin/password_change/")


@pytest.mark.django_db
def test_a_page_that_there_is_not_leads_on() -> None:
    client = Client()
    client.force_login(UserFactory(role=User.Role.TENANT_ADMIN))
    birch()
    answers = [client.get(path) for path in ("/admin/tenants/birch/", "/admin/tenants/nobody/")]
    assert [answer.status_code for answer in answers] == [404, 404]
    for answer in answers:
        page = answer.content.decode()
        assert "There is no such page" in page
        assert 'id="nav-sidebar-apps"' in page
        assert 'href="/admin/search/"' in page


@pytest.mark.django_db
@pytest.mark.parametrize(("page", "is_told"), [("plans/", True), ("nonsense/", True), ("explore/", False)])
def test_who_is_led_away_from_a_page_of_others_is_told(page: str, is_told: bool) -> None:
    client = Client()
    client.force_login(UserFactory(role=User.Role.TENANT_ADMIN))
    overview = client.get(f"/admin/login/?next=/admin/{page}", follow=True)
    assert overview.request["PATH_INFO"] == "/admin/"
    assert ("is not among yours" in overview.content.decode()) is is_told


@pytest.mark.django_db
def test_a_form_of_another_session_says_that_nothing_was_done() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(role=User.Role.TENANT_ADMIN))
    answer = client.post("/admin/profile/", {"name": "Bea"})
    assert answer.status_code == 403
    assert "nothing was done" in answer.content.decode()


@pytest.mark.django_db
def test_a_route_of_the_api_that_there_is_not_is_told_in_its_shape(client: Client) -> None:
    answer = client.get("/api/nothing-of-the-kind")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
