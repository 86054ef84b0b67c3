"""What a rate limit says, in the explanation that is asked for and in the decision that is kept."""

import json
import time
import urllib.request
from typing import Any
from urllib.parse import urlencode

import openai
import pytest

from metering.models import PolicyDecision
from tests.e2e.server import Server
from tests.factories import RuleFactory

pytestmark = pytest.mark.slow
PATIENCE_S = 20


def ask(client: openai.OpenAI, **fields: Any) -> None:
    messages: Any = [{"role": "user", "content": "hello"}]
    client.chat.completions.create(model="sandbox-small", messages=messages, max_tokens=20, **fields)


def explained(server: Server, token: str, **fields: object) -> dict[str, Any]:
    question = urlencode({"task": "LLM0_CHAT", "model": "sandbox-small", "output_tokens": 20, **fields})
    request = urllib.request.Request(f"{server.url}/api/policy/explain?{question}")  # noqa: S310
    request.add_header("authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
    return found


def rate_steps(trace: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {step["rule"]: step for step in trace if step["window"] == "minute"}


def denied() -> PolicyDecision:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        row = PolicyDecision.objects.filter(verdict="denied").first()
        if row is not None:
            return row
        time.sleep(0.05)
    raise AssertionError("no denial was kept")


def test_it_shows_each_rate_with_its_key_window_limit_and_what_is_left(
    server: Server, client: openai.OpenAI, token: str
) -> None:
    RuleFactory(scope="plan", scope_id="PRO", key="requests_per_minute", value=1_000)
    own = RuleFactory(key="requests_per_minute_per_token", value=3)
    ask(client)
    answer = explained(server, token)
    steps = rate_steps(answer["trace"])
    assert set(steps) == {"plan requests/minute", "tenant requests/minute per token"}
    step = steps["tenant requests/minute per token"]
    assert (step["source"], step["source_id"], step["key"], step["value"], step["outcome"]) == (
        "tenant", str(own.pk), "requests_per_minute_per_token", 3, "has room",
    )  # fmt: skip
    assert (step["requested"], step["left"]) == (1, 2)
    assert answer["verdict"] == "allowed"


def test_it_names_the_rate_that_would_deny_the_next_call(
    server: Server, client: openai.OpenAI, token: str
) -> None:
    rule = RuleFactory(key="requests_per_minute", value=1)
    ask(client)
    answer = explained(server, token)
    assert (answer["verdict"], answer["code"], answer["rule"], answer["rule_id"]) == (
        "denied", "rate_limited", "tenant requests/minute", str(rule.pk),
    )  # fmt: skip
    assert rate_steps(answer["trace"])["tenant requests/minute"]["outcome"] == "no room"
    assert "there will be enough in" in answer["message"]


def test_it_draws_nothing(server: Server, client: openai.OpenAI, token: str) -> None:
    RuleFactory(key="requests_per_minute", value=1)
    for _ in range(3):
        assert explained(server, token)["verdict"] == "allowed"
    ask(client)


def test_what_is_left_now_says_nothing_about_another_time(
    server: Server, client: openai.OpenAI, token: str
) -> None:
    RuleFactory(key="requests_per_minute", value=1)
    ask(client)
    answer = explained(server, token, at="2031-01-01T00:00:00Z")
    step = rate_steps(answer["trace"])["tenant requests/minute"]
    assert (answer["verdict"], step["outcome"], step["left"]) == ("allowed", "in force", None)


def test_a_rate_that_is_tried_would_deny(server: Server, client: openai.OpenAI, token: str) -> None:
    RuleFactory(key="requests_per_minute", value=1, mode="warn")
    ask(client)
    answer = explained(server, token)
    assert (answer["verdict"], answer["code"], answer["mode"]) == ("warned", "rate_limited", "warn")
    assert rate_steps(answer["trace"])["tenant requests/minute"]["outcome"] == "would deny"


def test_a_providers_rate_is_named_but_not_how_much_others_draw(
    server: Server, client: openai.OpenAI, token: str
) -> None:
    RuleFactory(key="requests_per_minute", value=9, scope="provider", scope_id="sandbox")
    ask(client)
    step = rate_steps(explained(server, token)["trace"])["provider requests/minute"]
    assert (step["outcome"], step["value"], step["used"], step["left"]) == ("has room", 9, None, None)


def test_a_429_is_kept_with_every_rate_of_the_call_and_names_the_rule_in_force(client: openai.OpenAI) -> None:
    RuleFactory(scope="plan", scope_id="PRO", key="requests_per_minute", value=3)
    agents = RuleFactory(key="requests_per_minute", value=1, scope="agent", scope_id="helper")
    ask(client, extra_headers={"x-agent-id": "helper"})
    with pytest.raises(openai.RateLimitError) as caught:
        ask(client, extra_headers={"x-agent-id": "helper"})
    assert caught.value.body["usage"]["budget"] == "agent requests/minute"  # type: ignore[index]
    assert 55 <= int(caught.value.response.headers["retry-after"]) <= 60
    row = denied()
    assert (row.rule, row.rule_id, row.code) == ("agent requests/minute", agents.pk, "rate_limited")
    steps = rate_steps(row.trace)
    assert {name: (step["outcome"], step["left"]) for name, step in steps.items()} == {
        "plan requests/minute": ("has room", 2),
        "agent requests/minute": ("no room", 0),
    }
