"""A limit in mode warn over HTTP: the call goes through, its answer says so, and the decision is kept."""

import time

import openai
import pytest

from metering.models import PolicyDecision
from tests.factories import BudgetFactory, RuleFactory

pytestmark = pytest.mark.slow
PATIENCE_S = 20


def enforcement_of(client: openai.OpenAI, **fields: object) -> str:
    """The header of one call that was answered in full."""
    messages = [{"role": "user", "content": "hello"}]
    answer = client.chat.completions.with_raw_response.create(
        model="sandbox-small", messages=messages, max_tokens=20, **fields
    )  # type: ignore[call-overload]
    if fields.get("stream"):
        assert [chunk for chunk in answer.parse() if chunk.choices]
    else:
        assert answer.parse().choices[0].message.content
    return str(answer.headers["x-gateway-enforcement"])


def kept(verdict: str, calls: int) -> list[tuple[str, str, int]]:
    """Rule, code and count of what was decided, once the gateway has written so many."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        rows = list(PolicyDecision.objects.filter(verdict=verdict).order_by("rule", "minute"))
        if sum(row.count for row in rows) >= calls or time.monotonic() > deadline:
            return [(row.rule, row.code, row.count) for row in rows]
        time.sleep(0.05)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_budget_that_warns_is_named_by_the_header_and_kept_as_warned(
    client: openai.OpenAI, stream: bool
) -> None:
    BudgetFactory(dimension="requests", window="day", amount=0, mode="warn")
    assert enforcement_of(client, stream=stream) == 'warn; would_deny="tenant requests/day"'
    assert kept("warned", 1) == [("tenant requests/day", "budget_exceeded", 1)]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_rate_that_warns_is_named_once_its_bucket_is_empty(client: openai.OpenAI, stream: bool) -> None:
    RuleFactory(key="requests_per_minute", value=1, mode="warn")
    assert enforcement_of(client, stream=stream) == "enforce"
    assert enforcement_of(client, stream=stream) == 'warn; would_deny="tenant requests/minute"'
    assert kept("warned", 1) == [("tenant requests/minute", "rate_limited", 1)]


def test_every_limit_that_would_have_denied_is_named(client: openai.OpenAI) -> None:
    RuleFactory(key="requests_per_minute", value=0, mode="warn")
    BudgetFactory(dimension="requests", window="day", amount=0, mode="warn")
    assert enforcement_of(client) == (
        'warn; would_deny="tenant requests/minute"; would_deny="tenant requests/day"'
    )


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_what_is_only_observed_is_kept_and_not_told(client: openai.OpenAI, stream: bool) -> None:
    RuleFactory(key="requests_per_minute", value=0, mode="observe")
    assert enforcement_of(client, stream=stream) == "enforce"
    assert kept("observed", 1) == [("tenant requests/minute", "over_rate_capacity", 1)]


def test_a_gateway_that_warns_says_so_of_every_call(client: openai.OpenAI) -> None:
    RuleFactory(scope="global", key="enforcement", value="warn")
    assert enforcement_of(client) == "warn"
