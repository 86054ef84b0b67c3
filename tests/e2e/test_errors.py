"""Every refusal has its status, its code and the one shape, and leaves nothing held."""

import json
import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any

import openai
import pytest
from django.utils.timezone import now

from metering.identity.tokens.revoke_token import revoke_token
from metering.models import ATIToken, UsageLog, UsageReservation
from tests.e2e.server import Server
from tests.factories import BudgetFactory, RuleFactory, TeamFactory, alder, birch, make_plan, make_token
from tests.served import serve_model

pytestmark = pytest.mark.slow
HELLO = {"model": "sandbox-small", "messages": [{"role": "user", "content": "hello"}]}
SHAPE = {"type", "code", "message", "param", "request_id"}


class Answer:
    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = json.loads(self.body)["error"]
        assert set(error) >= SHAPE
        assert error["request_id"] == self.headers["x-request-id"]
        return error


def post(
    server: Server, body: Any, *, token: str | None = None, path: str = "/v1/chat/completions", **headers: str
) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"{server.url}{path}", data=data, method="POST")  # noqa: S310
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    if token is not None:
        request.add_header("authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


def refused(answer: Answer, status: int, code: str, param: str | None = None) -> dict[str, Any]:
    assert (answer.status, answer.error["code"], answer.error["param"]) == (status, code, param)
    assert not UsageReservation.objects.exists()
    return answer.error


@pytest.mark.parametrize("header", [None, "Basic abc", "Bearer", "Bearer ", "Bearer sk-unknown"])
def test_401_for_what_is_not_a_token(server: Server, header: str | None) -> None:
    answer = post(server, HELLO, **({} if header is None else {"authorization": header}))
    refused(answer, 401, "invalid_credential")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_401_for_an_unknown_truncated_revoked_or_expired_token(server: Server, token: str) -> None:
    refused(post(server, HELLO, token=token[:-1]), 401, "invalid_credential")
    refused(
        post(server, HELLO, token=token[:-1] + ("a" if token[-1] != "a" else "b")), 401, "invalid_credential"
    )
    ended = make_token(expires_at=now() + timedelta(hours=1))
    ATIToken.objects.filter(pk=ended.id).update(expires_at=now() - timedelta(seconds=1))
    refused(post(server, HELLO, token=ended.secret), 401, "token_expired")
    revoke_token(token=ATIToken.objects.get(prefix=token[:12]), actor="a test", now=now())
    refused(post(server, HELLO, token=token), 401, "invalid_credential")


def test_403_for_a_suspended_tenant(server: Server, token: str) -> None:
    tenant = alder()
    tenant.status = "SUSPENDED"
    tenant.save()
    refused(post(server, HELLO, token=token), 403, "tenant_suspended")


def test_403_for_a_model_or_a_task_that_is_not_allowed(server: Server, token: str) -> None:
    serve_model("dear", model_class_id="ADVANCED")
    make_plan("SMALL", classes=("BASE_S",))
    small = make_token(plan="SMALL").secret
    refused(post(server, {**HELLO, "model": "dear"}, token=small), 403, "model_not_allowed", "model")
    drafts = make_token(allowed_tasks=["LLM2_DRAFT"]).secret
    refused(post(server, HELLO, token=drafts), 403, "task_not_allowed")


def test_a_token_bound_to_a_network_works_only_there(server: Server) -> None:
    elsewhere = make_token(allowed_networks=["10.1.0.0/16"]).secret
    refused(post(server, HELLO, token=elsewhere), 401, "invalid_credential")
    forged = post(server, HELLO, token=elsewhere, x_forwarded_for="10.1.2.3")
    refused(forged, 401, "invalid_credential")
    here = make_token(allowed_networks=["127.0.0.0/8"]).secret
    assert post(server, HELLO, token=here).status == 200


def test_404_for_an_unknown_model_path_or_team(server: Server, token: str) -> None:
    refused(post(server, {**HELLO, "model": "no\u0000such"}, token=token), 404, "model_not_found", "model")
    refused(post(server, HELLO, token=token, path="/v1/poems"), 404, "not_found")
    theirs = TeamFactory(tenant=birch())
    refused(post(server, HELLO, token=token, x_team_id=str(theirs.pk)), 404, "not_found", "team")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"", None),
        (b"{", None),
        (b'{"model": "\xff"}', None),
        (b"[1]", None),
        (b'"text"', None),
        (b"[" * 100_000, None),
        (b'{"a":' * 50_000, None),
        ({**HELLO, "model": 5}, "model"),
        ({**HELLO, "messages": []}, "messages"),
        ({**HELLO, "messages": "hello"}, "messages"),
        ({**HELLO, "max_tokens": -1}, "max_tokens"),
        ({**HELLO, "max_tokens": 10**18}, "max_tokens"),
        ({**HELLO, "n": 0}, "n"),
        ({**HELLO, "stream": "yes"}, "stream"),
        ({**HELLO, "metadata": []}, "metadata"),
        ({**HELLO, "metadata": {"agent_id": "a\u0000b"}}, "metadata.agent_id"),
        ({**HELLO, "metadata": {"agent_id": "a" * 129}}, "metadata.agent_id"),
        ({**HELLO, "metadata": {"trace_id": 5}}, "metadata.trace_id"),
    ],
)
def test_400_for_what_cannot_be_understood(server: Server, token: str, body: Any, param: str | None) -> None:
    refused(post(server, body, token=token), 400, "invalid_request", param)


def test_400_for_what_cannot_be_priced_under_a_hard_budget(server: Server, token: str) -> None:
    BudgetFactory(dimension="cost", amount=10**12)
    answer = post(server, {**HELLO, "web_search_options": {"size": "low"}}, token=token)
    refused(answer, 400, "unpriceable_request", "web_search_options")


def test_405_for_another_method(server: Server, token: str) -> None:
    refused(post(server, HELLO, token=token, path="/v1/models"), 405, "method_not_allowed")


def test_413_for_a_body_or_an_input_that_is_too_large(server: Server, token: str) -> None:
    RuleFactory(key="max_tokens_in", value=20)
    long = {**HELLO, "messages": [{"role": "user", "content": "many words " * 100}]}
    refused(post(server, long, token=token), 413, "input_too_large", "messages")
    refused(post(server, b"x" * (20 * 1024 * 1024 + 1), token=token), 413, "body_too_large")


def test_429_names_the_budget_and_when_to_come_back(server: Server, token: str) -> None:
    BudgetFactory(dimension="cost", amount=1_000, window="hour")
    answer = post(server, HELLO, token=token)
    error = refused(answer, 429, "budget_exceeded")
    assert error["usage"] | {"requested": "", "budget": ""} == {
        "budget": "",
        "scope": "tenant",
        "dimension": "cost",
        "unit": "usd",
        "current": "0",
        "held": "0",
        "requested": "",
        "limit": "0.000001",
        "period": "hour",
    }
    assert error["usage"]["budget"] == "tenant cost/hour"
    assert error["reset_at"].endswith("Z")
    assert 0 < int(answer.headers["retry-after"]) <= 3_600
    assert answer.headers["x-should-retry"] == "false"


def test_429_for_too_many_at_once(server: Server, token: str) -> None:
    RuleFactory(value=0)
    answer = post(server, HELLO, token=token)
    error = refused(answer, 429, "concurrency_exceeded")
    assert (error["usage"]["period"], error["usage"]["unit"]) == ("none", "calls")
    assert answer.headers["retry-after"] == "1"
    assert "x-should-retry" not in answer.headers


@pytest.mark.parametrize(
    ("directive", "status", "code"),
    [("error=500", 502, "vendor_error"), ("cut=0", 502, "vendor_error"), ("timeout", 504, "vendor_timeout")],
)
def test_502_and_504_for_a_vendor_that_fails(
    server: Server, token: str, directive: str, status: int, code: str
) -> None:
    for stream in (False, True):
        body = {
            **HELLO,
            "stream": stream,
            "messages": [{"role": "user", "content": f"sandbox:{directive}"}],
        }
        answer = post(server, body, token=token)
        assert (answer.status, answer.error["code"]) == (status, code)
    assert UsageLog.objects.count() == 2


def test_500_says_nothing_about_the_inside(
    server: Server, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise LookupError("secret inside")

    monkeypatch.setattr("metering.admission.plan.choose_models", broken)
    answer = post(server, HELLO, token=token)
    refused(answer, 500, "internal_error")
    assert b"secret inside" not in answer.body
    assert b"Traceback" not in answer.body


def test_typed_errors_of_the_sdk(server: Server, client: openai.OpenAI) -> None:
    BudgetFactory(dimension="requests", amount=0)
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="sandbox-small", messages=[{"role": "user", "content": "x"}])
    assert caught.value.code == "budget_exceeded"
    stranger = openai.OpenAI(base_url=f"{server.url}/v1", api_key="sk-unknown", max_retries=0)
    with stranger, pytest.raises(openai.AuthenticationError):
        stranger.models.list()
