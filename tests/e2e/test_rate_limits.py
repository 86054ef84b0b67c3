import time
from collections.abc import Callable
from typing import Any

import openai
import pytest

from tests.e2e.server import Server
from tests.factories import BudgetFactory, RuleFactory, birch, make_token

pytestmark = pytest.mark.slow
MESSAGES = [{"role": "user", "content": "hello"}]


@pytest.fixture
def client_of(server: Server) -> Callable[[str], openai.OpenAI]:
    def make(secret: str) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{server.url}/v1", api_key=secret, max_retries=0)

    return make


def ask(client: openai.OpenAI, **fields: object) -> dict[str, str]:
    """The headers of one answered call."""
    answer = client.chat.completions.with_raw_response.create(
        model="sandbox-small", messages=MESSAGES, max_tokens=20, **fields
    )  # type: ignore[call-overload]
    return dict(answer.headers)


def test_an_answer_says_what_is_left(client_of: Callable[[str], openai.OpenAI]) -> None:
    RuleFactory(key="requests_per_minute", value=10)
    RuleFactory(key="tokens_per_minute", value=100_000)
    with client_of(make_token().secret) as client:
        headers = ask(client)
        assert headers["x-ratelimit-limit-requests"] == "10"
        assert headers["x-ratelimit-remaining-requests"] == "9"
        assert headers["x-ratelimit-reset-requests"] == "6s"
        assert 99_000 < int(headers["x-ratelimit-remaining-tokens"]) < 99_950
        bound = 100_000 - int(headers["x-ratelimit-remaining-tokens"])
        second = 100_000 - int(ask(client, stream=True)["x-ratelimit-remaining-tokens"])
        assert second < 2 * bound, "the first call's estimate was not trued up"


def test_the_tenants_tokens_share_its_rate_and_others_do_not(
    client_of: Callable[[str], openai.OpenAI],
) -> None:
    RuleFactory(key="requests_per_minute", value=2)
    one, other = client_of(make_token().secret), client_of(make_token().secret)
    ask(one)
    ask(other)
    with pytest.raises(openai.RateLimitError) as caught:
        ask(one)
    error = caught.value
    assert error.code == "rate_limited"
    assert error.body["usage"]["budget"] == "tenant requests/minute"  # type: ignore[index]
    assert (error.body["usage"]["limit"], error.body["usage"]["period"]) == (2, "minute")  # type: ignore[index]
    assert 25 <= int(error.response.headers["retry-after"]) <= 30
    assert error.response.headers["x-ratelimit-remaining-requests"] == "0"
    assert error.body["reset_at"].endswith("Z")  # type: ignore[index]


def test_a_token_may_have_a_rate_of_its_own(client_of: Callable[[str], openai.OpenAI]) -> None:
    slow, quick = make_token(), make_token()
    RuleFactory(key="requests_per_minute", value=1, scope="token", scope_id=str(slow.id))
    ask(client_of(slow.secret))
    with pytest.raises(openai.RateLimitError):
        ask(client_of(slow.secret))
    ask(client_of(quick.secret))
    ask(client_of(quick.secret))


def test_an_agent_has_ten_requests_a_minute_and_the_others_are_not_held_up(
    client_of: Callable[[str], openai.OpenAI],
) -> None:
    with client_of(make_token().secret) as client:
        for left in reversed(range(10)):
            headers = ask(client, extra_headers={"x-agent-id": "helper"})
            assert headers["x-ratelimit-remaining-requests"] == str(left)
        with pytest.raises(openai.RateLimitError) as caught:
            ask(client, extra_headers={"x-agent-id": "helper"})
        usage = caught.value.body["usage"]  # type: ignore[index]
        assert usage["budget"] == "default requests/minute per agent"
        ask(client, extra_headers={"x-agent-id": "other"})
        ask(client)


def test_an_address_is_counted_across_tokens_behind_our_proxies_only(
    client_of: Callable[[str], openai.OpenAI], settings: Any
) -> None:
    RuleFactory(key="requests_per_minute_per_address", value=1, scope="global")
    one, other = client_of(make_token().secret), client_of(make_token(birch()).secret)
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]
    here, there = ({"x-forwarded-for": f"6.6.6.6, 203.0.113.{end}"} for end in (8, 9))
    ask(one, extra_headers=here)
    with pytest.raises(openai.RateLimitError):
        ask(other, extra_headers=here)
    ask(other, extra_headers=there)
    settings.TRUSTED_PROXIES = []
    ask(one, extra_headers=here)
    with pytest.raises(openai.RateLimitError):
        ask(one, extra_headers=there)


def test_a_providers_rate_is_shared_by_tenants(client_of: Callable[[str], openai.OpenAI]) -> None:
    RuleFactory(key="requests_per_minute", value=1, scope="provider", scope_id="sandbox")
    ask(client_of(make_token().secret))
    with pytest.raises(openai.RateLimitError) as caught:
        ask(client_of(make_token(birch()).secret))
    usage = caught.value.body["usage"]  # type: ignore[index]
    assert usage["budget"] == "provider requests/minute"
    assert [usage[name] for name in ("current", "held", "limit")] == [None, None, None]
    assert "x-ratelimit-remaining-requests" not in caught.value.response.headers


def test_a_call_larger_than_the_minute_is_refused_for_good(client_of: Callable[[str], openai.OpenAI]) -> None:
    RuleFactory(key="tokens_per_minute", value=30)
    with client_of(make_token().secret) as client, pytest.raises(openai.BadRequestError) as caught:
        ask(client)
    assert caught.value.code == "over_rate_capacity"
    assert "retry-after" not in caught.value.response.headers


def test_what_the_budget_denies_does_not_count_against_the_rate(
    client_of: Callable[[str], openai.OpenAI],
) -> None:
    RuleFactory(key="requests_per_minute", value=2)
    budget = BudgetFactory(dimension="requests", window="day", amount=1)
    with client_of(make_token().secret) as client:
        ask(client)
        for _ in range(3):
            with pytest.raises(openai.RateLimitError, match="budget"):
                ask(client)
        type(budget).objects.update(amount=2)
        assert ask_until_the_new_budget_counts(client)["x-ratelimit-remaining-requests"] == "0"


def ask_until_the_new_budget_counts(client: openai.OpenAI) -> dict[str, str]:
    for _ in range(200):
        try:
            return ask(client)
        except openai.RateLimitError as error:
            assert error.code == "budget_exceeded"  # noqa: PT017
            time.sleep(0.02)
    raise AssertionError("the new budget never counted")
