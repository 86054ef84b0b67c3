"""The search: what is found, by whom, and that nobody finds another tenant's."""

from typing import Any

import pytest
from django.test import Client

from metering.models import ATIToken, User
from tests.factories import AttemptFactory, ModelFactory, TenantFactory, UserFactory, alder, birch, make_token
from tests.integration.admin_console.rows import super_admin

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def found(user: User, text: str) -> str:
    """The names that the page lists."""
    response = browser(user).get("/admin/search/", {"q": text})
    assert response.status_code == 200
    return "; ".join(each.title for each in response.context["found"])


@pytest.fixture
def token() -> ATIToken:
    owner = UserFactory(tenant=alder(), email="ann@alder.example")
    return ATIToken.objects.get(pk=make_token(alder(), name="laptop", user=owner).id)


def test_super_admins_find_tenants_people_tokens_and_models(token: ATIToken) -> None:
    ModelFactory(name="gpt-laptop")
    operator = super_admin()
    assert found(operator, "alder res") == "Alder Research"
    assert found(operator, "ann@") == "ann@alder.example"
    assert found(operator, token.prefix).startswith("laptop")
    assert found(operator, "laptop") == "laptop; gpt-laptop"


def test_a_page_is_found_by_its_title(token: ATIToken) -> None:
    assert "Budgets" in found(super_admin(), "budg")


def test_nobody_finds_what_is_another_tenants(token: ATIToken) -> None:
    stranger = UserFactory(tenant=birch(), role=User.Role.TENANT_ADMIN)
    for text in ("alder", "ann@alder.example", token.name):
        assert found(stranger, text) == ""
    assert "laptop" not in found(stranger, token.prefix)


def test_a_member_finds_only_what_is_own(token: ATIToken) -> None:
    UserFactory(tenant=alder(), email="anna@alder.example")
    make_token(alder(), name="laptop of another")
    assert found(token.user, "ann") == "ann@alder.example"
    assert found(token.user, "laptop") == "laptop"


def test_a_call_is_found_by_its_requests_and_its_reservations_id(token: ATIToken) -> None:
    row = AttemptFactory(request_id="req-of-mine-1", user_id=token.user_id, token_id=token.pk)
    stranger = UserFactory(tenant=birch(), role=User.Role.TENANT_ADMIN)
    for text in ("req-of-mine-1", str(row.reservation_id)):
        response = browser(token.user).get("/admin/search/", {"q": text})
        assert [each.link for each in response.context["found"]] == [f"/admin/activity/{row.reservation_id}/"]
        assert found(stranger, text) == ""


def test_few_of_each_kind_are_shown() -> None:
    for number in range(20):
        TenantFactory(slug=f"oak-{number}")
    assert found(super_admin(), "oak").count("Oak") == 6


@pytest.mark.parametrize("text", ["", " ", "a", "%", "_" * 300, "'; --", "{{ 1 }}"])
def test_nonsense_is_answered(text: str) -> None:
    assert found(super_admin(), text) == ""


def test_the_palette_is_answered_with_the_same(token: ATIToken) -> None:
    answer: Any = browser(super_admin()).get("/admin/search/", {"extended": "1", "s": "alder res"})
    assert answer["HX-Trigger"] == "search"
    assert "Alder Research" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_a_search_asks_the_database_a_bounded_number_of_times(
    token: ATIToken, django_assert_max_num_queries: Any
) -> None:
    client = browser(super_admin())
    with django_assert_max_num_queries(30):
        client.get("/admin/search/", {"s": "a" * 8})
