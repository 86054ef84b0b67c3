"""The table from error class to status, against CONTRACTS."""

import inspect
from datetime import UTC, datetime

import msgspec
import pytest

from gateway_project.http.errors import BodyTooLarge, error_body, error_response, status_of
from metering import errors

EXPECTED = {
    "invalid_request": 400,
    "unpriceable_request": 400,
    "invalid_credential": 401,
    "token_expired": 401,
    "tenant_suspended": 403,
    "feature_not_in_plan": 403,
    "task_not_allowed": 403,
    "model_not_allowed": 403,
    "not_found": 404,
    "model_not_found": 404,
    "idempotency_in_progress": 409,
    "idempotency_mismatch": 422,
    "input_too_large": 413,
    "body_too_large": 413,
    "rate_limited": 429,
    "concurrency_exceeded": 429,
    "budget_exceeded": 429,
    "vendor_error": 502,
    "metering_unavailable": 503,
    "overloaded": 503,
    "vendor_timeout": 504,
}
CLASSES = {
    cls.code: cls
    for cls in [*vars(errors).values(), BodyTooLarge]
    if inspect.isclass(cls) and issubclass(cls, errors.MeteringError)
}


@pytest.mark.parametrize(("code", "status"), EXPECTED.items())
def test_every_code_of_the_contract_has_its_status(code: str, status: int) -> None:
    assert status_of(CLASSES[code].__new__(CLASSES[code])) == status


def test_money_is_shown_in_dollars_and_moments_in_utc() -> None:
    usage = errors.LimitUsage(
        budget="tenant cost/day",
        scope="tenant",
        dimension="cost",
        current=1_500_000_000,
        held=1,
        requested=10,
        limit=2_000_000_000,
        period="day",
    )
    reset_at = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
    error = errors.BudgetExceeded("full", usage=usage, reset_at=reset_at, retry_after_s=60)
    body = error_body(error, "r-1")["error"]
    shown = {name: body["usage"][name] for name in ("current", "held", "limit", "unit")}
    assert shown == {"current": "1.5", "held": "0.000000001", "limit": "2", "unit": "usd"}
    assert body["reset_at"] == "2026-11-21T12:30:00Z"


def test_an_answer_tells_clients_what_to_do() -> None:
    response = error_response(errors.MeteringUnavailable("away"), "r-1")
    assert response.headers["retry-after"] == "1"
    assert response.headers["x-request-id"] == "r-1"
    assert msgspec.json.decode(response.body)["error"]["code"] == "metering_unavailable"


def test_what_would_be_paid_again_is_not_to_be_sent_again() -> None:
    error = errors.VendorError("busy", retryable=True)
    assert "x-should-retry" not in error_response(error, "r-1").headers
    error.has_spent = True
    assert error_response(error, "r-1").headers["x-should-retry"] == "false"
