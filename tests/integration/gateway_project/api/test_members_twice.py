"""A member that occurs twice in a body is refused: whichever counted, the other would be dropped."""

from typing import Any

import pytest
from django.test import Client

from metering.models import ATIToken, Plan, User
from tests.integration.gateway_project.api.people import bearer, person, super_admin

pytestmark = pytest.mark.django_db


def send(who: User, method: str, path: str, text: str) -> Any:
    headers = {"authorization": f"Bearer {bearer(who)}"}
    return Client().generic(method, f"/api/{path}", text, "application/json", headers=headers)


@pytest.mark.parametrize(
    ("method", "path", "text", "param"),
    [
        (
            "POST",
            "tokens",
            '{"allowed_models": ["a"], "tenant": "x", "allowed_models": []}',
            "allowed_models",
        ),
        ("PUT", "plans/GOLD", '{"budgets": [], "budgets": []}', "budgets"),
        ("PUT", "catalog", '{"plans": {"GOLD": {"name": "a", "name": "b"}}}', "plans.GOLD.name"),
        (
            "POST",
            "catalog/rules",
            '{"key": "max_tokens_out", "value": 1, "when": {"days": ["mon"], "days": ["sat"]}}',
            "when.days",
        ),
    ],
)
def test_it_is_refused_with_both_places(method: str, path: str, text: str, param: str) -> None:
    error = send(super_admin(), method, path, text).json()["error"]
    assert (error["code"], error["param"]) == ("invalid_request", param)
    assert "occurs twice, as members" in error["message"]
    assert not Plan.objects.exists()
    assert not ATIToken.objects.exists()


@pytest.mark.parametrize(
    "text", [r'{"allowed_models": ["\ud800"]}', r'{"\udc00": 1}', r'{"name": "\ud83d \ude00"}']
)
def test_half_a_character_is_refused(text: str) -> None:
    error = send(super_admin(), "POST", "tokens", text).json()["error"]
    assert (error["code"], error["param"]) == ("invalid_request", None)
    assert "surrogate" in error["message"]


def test_a_character_of_two_surrogates_is_taken() -> None:
    error = send(super_admin(), "POST", "tokens", r'{"no_such_field": "\ud83d\ude00"}').json()["error"]
    assert error["param"] == "no_such_field"


@pytest.mark.parametrize("text", ["{", "NaN", '{"name": Infinity}', "\ud800"])
def test_what_is_no_json_is_refused(text: str) -> None:
    response = send(person(User.Role.TENANT_ADMIN), "POST", "tokens", text.encode("utf-8", "surrogatepass"))  # type: ignore[arg-type]
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("PUT", "catalog", r'{"plans": {"GOLD": {"name": "\ud83d"}}}'),
        ("POST", "catalog/rules", r'{"key": "task_model", "value": "\ud83d"}'),
        ("POST", "diagrams", r'{"description": "a pump \ud83d"}'),
        ("POST", "jobs", r'{"task": "diagrams", "input": {"description": "a pump \ud83d"}}'),
    ],
)
def test_half_of_a_surrogate_pair_is_no_text(method: str, path: str, text: str) -> None:
    response = send(super_admin(), method, path, text)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_request")


def test_a_whole_pair_is_one() -> None:
    response = send(super_admin(), "PUT", "catalog", r'{"plans": {"GOLD": {"name": "\ud83d\ude00"}}}')
    assert response.status_code == 200, response.json()
    assert Plan.objects.get(code="GOLD").name == "\U0001f600"
