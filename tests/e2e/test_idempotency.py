"""Idempotency-Key over HTTP: the second request is answered as the first one was, for nothing."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, NamedTuple

import openai
import pytest

from metering.models import UsageLog, UsageMeter
from tests.e2e.server import Server
from tests.factories import BudgetFactory

pytestmark = pytest.mark.slow
HELLO: dict[str, Any] = {
    "model": "sandbox-small",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "hello"}],
}


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["error"]["code"])


def post(server: Server, token: str, key: str, **body: Any) -> Answer:
    request = urllib.request.Request(  # noqa: S310
        f"{server.url}/v1/chat/completions",
        json.dumps(HELLO | body).encode(),
        {"authorization": f"Bearer {token}", "idempotency-key": key},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


@pytest.mark.parametrize("stream", [False, True])
def test_the_second_answer_is_byte_for_byte_the_first_and_says_that_it_is_a_replay(
    server: Server, token: str, stream: bool
) -> None:
    BudgetFactory(dimension="cost", amount=10**9)
    first = post(server, token, "k-1", stream=stream)
    used = UsageMeter.objects.get().used
    again = post(server, token, "k-1", stream=stream)
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["x-gateway-reservation-id"] == first.headers["x-gateway-reservation-id"]
    assert (first.headers["idempotent-replayed"], again.headers["idempotent-replayed"]) == (None, "true")
    if stream:
        assert again.body.endswith(b"data: [DONE]\n\n")
    else:
        assert again.headers["x-gateway-cost-usd"] == again.headers["x-gateway-attempts"] == "0"
    assert UsageLog.objects.count() == 1
    assert UsageMeter.objects.get().used == used > 0


def test_a_replay_passes_a_budget_that_the_first_call_used_up(server: Server, token: str) -> None:
    BudgetFactory(dimension="requests", amount=1)
    assert post(server, token, "k-1").status == 200
    assert post(server, token, "k-1").status == 200
    assert post(server, token, "k-2").code == "budget_exceeded"


def test_422_for_another_body(server: Server, token: str) -> None:
    post(server, token, "k-1")
    answer = post(server, token, "k-1", max_tokens=8)
    assert (answer.status, answer.code) == (422, "idempotency_mismatch")


@pytest.mark.parametrize("key", ["k" * 256, "", "a\tb", "a\x01b"])
def test_400_for_a_key_that_cannot_be_one(server: Server, token: str, key: str) -> None:
    answer = post(server, token, key)
    assert answer.status == 400
    assert not UsageLog.objects.exists()


def test_a_failure_that_was_charged_is_answered_again_and_not_to_be_retried(
    server: Server, token: str
) -> None:
    asked = {"messages": [{"role": "user", "content": "sandbox:timeout"}]}
    first, again = post(server, token, "k-1", **asked), post(server, token, "k-1", **asked)
    assert (first.status, first.code) == (again.status, again.code) == (504, "vendor_timeout")
    assert (again.headers["idempotent-replayed"], again.headers["x-should-retry"]) == ("true", "false")
    assert UsageLog.objects.count() == 1


def test_a_failure_that_cost_nothing_is_tried_again(server: Server, token: str) -> None:
    asked = {"messages": [{"role": "user", "content": "sandbox:error=500"}]}
    for _ in range(2):
        assert post(server, token, "k-1", **asked).code == "vendor_error"
    assert UsageLog.objects.count() == 2


def test_the_official_sdk_reads_a_replayed_stream(client: openai.OpenAI) -> None:
    def said() -> str:
        stream = client.chat.completions.create(
            model="sandbox-small",
            messages=[{"role": "user", "content": "hello"}],
            stream=True,
            extra_headers={"idempotency-key": "k-1"},
        )
        return "".join(chunk.choices[0].delta.content or "" for chunk in stream)

    assert said() == said() != ""
    assert UsageLog.objects.count() == 1
