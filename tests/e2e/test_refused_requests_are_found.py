"""Every refused call's `x-request-id` leads to its explanation, for whoever looks after the caller's tenant."""

import http.client
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils.timezone import now

from metering.identity.sessions.open_session import open_session
from metering.identity.tokens.revoke_token import revoke_token
from metering.models import ATIToken, Tenant, User
from tests.e2e.server import Server
from tests.factories import BudgetFactory, RuleFactory, UserFactory, birch, make_token

pytestmark = pytest.mark.slow
CHAT: dict[str, Any] = {
    "model": "sandbox-small",
    "messages": [{"role": "user", "content": "hello"}],
    "max_tokens": 5,
}
WITHIN_S = 20.0
Ask = Callable[..., tuple[int, str, Any]]


@pytest.fixture
def ask(server: Server) -> Ask:
    """Status, request id and body of an answer."""

    def send(
        path: str, secret: str, body: Any = None, *, declared: int | None = None
    ) -> tuple[int, str, Any]:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
        data = b"" if body is None else json.dumps(body).encode()
        connection.putrequest("GET" if body is None else "POST", path)
        connection.putheader("authorization", f"Bearer {secret}")
        connection.putheader("content-type", "application/json")
        connection.putheader("content-length", str(declared if declared is not None else len(data)))
        connection.endheaders(data)
        answer = connection.getresponse()
        found = answer.status, answer.headers["x-request-id"], json.loads(answer.read())
        connection.close()
        return found

    return send


@pytest.fixture
def operator(server: Server) -> str:
    return open_session(user=User.objects.create_superuser("ops@example.com", None), now=now()).access


def explained(ask: Ask, who: str, request_id: str) -> list[dict[str, Any]]:
    """What the id leads to; the log writes once a second."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        status, _, page = ask(f"/api/policy/decisions?request_id={request_id}", who)
        assert status == 200, page
        if page["results"] or time.monotonic() > deadline:
            return list(page["results"])
        time.sleep(0.1)


def chat(ask: Ask, secret: str, **more: Any) -> tuple[int, str, Any]:
    return ask("/v1/chat/completions", secret, {**CHAT, **more})


def once_it_is_told(ask: Ask, secret: str) -> tuple[int, str, Any]:
    """The first answer after the gateway was told of a revocation, which takes a moment."""
    deadline = time.monotonic() + WITHIN_S
    while (answer := chat(ask, secret))[0] == 429 and time.monotonic() < deadline:
        time.sleep(0.1)
    return answer


def token_row(secret: str) -> ATIToken:
    return ATIToken.objects.get(prefix=secret[:12])


def suspended(secret: str) -> None:
    Tenant.objects.update(status="SUSPENDED")


def revoked(secret: str) -> None:
    revoke_token(token=token_row(secret), actor="test", now=now())


def expired(secret: str) -> None:
    ATIToken.objects.update(expires_at=now() - timedelta(minutes=1))


def elsewhere(secret: str) -> None:
    ATIToken.objects.update(allowed_networks=["192.0.2.0/24"])


@pytest.mark.parametrize(
    ("happened", "status", "code"),
    [
        (suspended, 403, "tenant_suspended"),
        (revoked, 401, "invalid_credential"),
        (expired, 401, "token_expired"),
        (elsewhere, 401, "invalid_credential"),
    ],
)
def test_a_refused_credential_whose_holder_is_known(
    ask: Ask, operator: str, happened: Callable[[str], None], status: int, code: str
) -> None:
    secret = make_token().secret
    happened(secret)
    answers = [chat(ask, secret), ask("/v1/models", secret), ask("/api/auth/me", secret)]
    for told, request_id, body in answers:
        assert (told, body["error"]["code"]) == (status, code)
        [row] = explained(ask, operator, request_id)
        assert (row["code"], row["message"], row["verdict"]) == (code, body["error"]["message"], "denied")
        assert row["token_id"] == str(token_row(secret).pk)


def test_a_token_that_nobody_knows_leads_nowhere_and_leaves_nothing(ask: Ask, operator: str) -> None:
    make_token()
    status, unknown, _ = chat(ask, "ati_" + "x" * 60)
    assert status == 401
    RuleFactory(key="requests_per_minute", value=1)
    secret = make_token().secret
    for _ in range(2):
        status, known, _ = chat(ask, secret)
    assert status == 429
    assert len(explained(ask, operator, known)) == 1, "so what came before is written too"
    assert ask(f"/api/policy/decisions?request_id={unknown}", operator)[2]["results"] == []


@pytest.mark.parametrize(
    ("limit", "more", "status", "code"),
    [
        (lambda: RuleFactory(key="requests_per_minute", value=1), {}, 429, "rate_limited"),
        (lambda: BudgetFactory(dimension="requests", amount=0), {}, 429, "budget_exceeded"),
        (lambda: RuleFactory(key="max_concurrent", value=0), {}, 429, "concurrency_exceeded"),
        (lambda: RuleFactory(key="max_tokens_in", value=1), {}, 413, "input_too_large"),
        (
            lambda: BudgetFactory(dimension="cost", amount=10**9),
            {"web_search_options": {}},
            400,
            "unpriceable_request",
        ),
    ],
    ids=["rate", "budget", "at once", "input", "unpriceable"],
)
def test_each_of_several_refusals_of_one_minute(
    ask: Ask, operator: str, limit: Callable[[], object], more: dict[str, Any], status: int, code: str
) -> None:
    secret = make_token().secret
    limit()
    answers = [chat(ask, secret, **more) for _ in range(4)]
    refused = [(request_id, body) for told, request_id, body in answers if told == status]
    assert len(refused) >= 3, answers
    for request_id, body in refused:
        [row] = explained(ask, operator, request_id)
        assert row["code"] == body["error"]["code"] == code


def test_a_body_that_is_too_large(ask: Ask, operator: str) -> None:
    secret = make_token().secret
    status, request_id, _ = ask("/v1/chat/completions", secret, CHAT, declared=21 * 1024 * 1024)
    assert status == 413
    [row] = explained(ask, operator, request_id)
    assert row["code"] == "body_too_large"


def test_a_tenants_administrator_finds_the_own_ones_and_no_others(ask: Ask, operator: str) -> None:
    token = make_token()
    RuleFactory(key="requests_per_minute", value=1)
    for _ in range(2):
        status, request_id, _ = chat(ask, token.secret)
    assert status == 429
    row = ATIToken.objects.get(pk=token.id)
    admin = UserFactory(role=User.Role.TENANT_ADMIN, signup_token=row)
    others = make_token(birch())
    stranger = UserFactory(
        tenant=birch(), role=User.Role.TENANT_ADMIN, email="a@birch.example",
        signup_token=ATIToken.objects.get(pk=others.id),
    )  # fmt: skip
    assert len(explained(ask, open_session(user=admin, now=now()).access, request_id)) == 1
    bearer = open_session(user=stranger, now=now()).access
    assert ask(f"/api/policy/decisions?request_id={request_id}", bearer)[2]["results"] == []


def test_every_requests_id_finds_it_in_the_log_of_activity(ask: Ask, operator: str) -> None:
    RuleFactory(key="requests_per_minute", value=1)
    secret = make_token().secret
    answers = [chat(ask, secret), chat(ask, secret)]
    revoked(secret)
    answers.append(once_it_is_told(ask, secret))
    assert [status for status, _, _ in answers] == [200, 429, 401]
    found = [in_the_log(ask, operator, request_id) for _, request_id, _ in answers]
    assert [(line["status"], line["code"]) for line in found] == [
        ("answered", None),
        ("refused", "rate_limited"),
        ("refused", "invalid_credential"),
    ]
    for line in found:
        status, _, told = ask(f"/api/activity/{line['id']}", operator)
        assert (status, told["token"]) == (200, token_row(secret).prefix)


def in_the_log(ask: Ask, who: str, request_id: str) -> dict[str, Any]:
    """The one line that the id leads to."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        status, _, page = ask(f"/api/activity?q={request_id}", who)
        assert status == 200, page
        if page["results"] or time.monotonic() > deadline:
            [line] = page["results"]
            return dict(line)
        time.sleep(0.1)
