"""The API refuses in the one shape of CONTRACTS, whoever refuses: we, DRF or Django."""

from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now
from rest_framework import exceptions

from gateway_project.http.django_errors import as_metering_error, first_problem
from gateway_project.http.errors import status_of
from metering.identity.sessions.open_session import open_session
from tests.factories import UserFactory, make_token

pytestmark = pytest.mark.django_db
KEYS = {"type", "code", "message", "param", "request_id"}


def error_of(response: Any) -> dict[str, Any]:
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == KEYS
    assert body["error"]["request_id"] == response["x-request-id"]
    error: dict[str, Any] = body["error"]
    return error


def test_without_a_credential() -> None:
    response = Client().get("/api/auth/me")
    assert (response.status_code, error_of(response)["code"]) == (401, "invalid_credential")
    assert response["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer  ", "Bearer nonsense", "Bearer eyJ.eyJ.x"])
def test_with_a_credential_that_is_none(header: str) -> None:
    response = Client().get("/api/auth/me", headers={"authorization": header})
    assert (response.status_code, error_of(response)["code"]) == (401, "invalid_credential")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/api/", "/api/nowhere", "/api/auth/me/"])
def test_a_path_that_leads_nowhere(method: str, path: str) -> None:
    response = Client(enforce_csrf_checks=True).generic(method, path)
    assert (response.status_code, error_of(response)["code"]) == (404, "not_found")


def test_a_method_that_the_route_has_not() -> None:
    headers = {"authorization": f"Bearer {make_token().secret}"}
    for method in ("DELETE", "OPTIONS"):
        response = Client().generic(method, "/api/auth/me", headers=headers)
        assert (response.status_code, error_of(response)["code"]) == (405, "method_not_allowed")


def test_a_body_that_is_nested_too_deeply() -> None:
    body = "[" * 100_000 + "]" * 100_000
    response = Client().post("/api/auth/token", body, content_type="application/json")
    assert (response.status_code, error_of(response)["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("a=1", "application/x-www-form-urlencoded", 415),
        ("[]", "application/json", 400),
    ],
)
def test_a_body_that_is_no_json_object(body: str, kind: str, status: int) -> None:
    response = Client().post("/api/auth/token", body, content_type=kind)
    code = "unsupported_media_type" if status == 415 else "invalid_request"
    assert (response.status_code, error_of(response)["code"]) == (status, code)


def test_the_callers_own_request_id_comes_back() -> None:
    response = Client().get("/api/auth/me", headers={"x-request-id": "mine-1"})
    assert error_of(response)["request_id"] == "mine-1"


def test_what_breaks_is_told_without_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    user = UserFactory()
    bearer = open_session(user=user, now=now()).access

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a secret in a stack trace")

    monkeypatch.setattr("gateway_project.api.auth.me.Me.get", broken)
    response = Client().get("/api/auth/me", headers={"authorization": f"Bearer {bearer}"})
    assert (response.status_code, error_of(response)["code"]) == (500, "internal_error")
    assert b"secret" not in response.content


@pytest.mark.parametrize(
    ("detail", "problem"),
    [
        ({"email": ["Wrong."], "name": ["Long."]}, ("email", "Wrong.")),
        ({"non_field_errors": ["They disagree."]}, ("", "They disagree.")),
        ({"budgets": [{}, {"amount": ["Negative."]}]}, ("budgets.1.amount", "Negative.")),
        ({"names": {"3": ["Empty."]}}, ("names.3", "Empty.")),
        (["Empty."], ("", "Empty.")),
    ],
)
def test_the_first_field_at_fault_is_named(detail: Any, problem: tuple[str, str]) -> None:
    assert first_problem(exceptions.ValidationError(detail).detail) == problem


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (exceptions.UnsupportedMediaType("text/csv"), 415),
        (exceptions.NotAcceptable(), 406),
        (exceptions.ParseError(), 400),
        (exceptions.PermissionDenied(), 403),
        (exceptions.NotFound(), 404),
    ],
)
def test_drfs_refusals_keep_their_status(refusal: exceptions.APIException, status: int) -> None:
    assert status_of(as_metering_error(refusal)) == status
