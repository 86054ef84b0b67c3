"""The answer cache over HTTP, as the official SDK meets it."""

import os
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
from redis import Redis

from launcher.process import wait_until
from metering.models import Tenant, UsageLog
from tests.e2e.server import Server
from tests.factories import RuleFactory, alder, birch, make_token

pytestmark = pytest.mark.slow
USE = {"x-gateway-cache": "use"}


@pytest.fixture(autouse=True)
def no_answers(settings: Any) -> Iterator[None]:
    settings.ANSWER_CACHE_TIMEOUT_S = 10  # a busy machine decides nothing
    yield
    with Redis.from_url(os.environ["REDIS_URL"]) as redis:
        for key in redis.scan_iter("answers:*"):
            redis.delete(key)


def asked(**more: Any) -> dict[str, Any]:
    usual = {"model": "sandbox-small", "messages": [{"role": "user", "content": "hello"}], "temperature": 0}
    return {"extra_headers": USE, **usual, **more}


def create(client: openai.OpenAI, **more: Any) -> Any:
    return client.chat.completions.with_raw_response.create(**asked(**more))


def text_of(chunks: Any) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def code_of(client: openai.OpenAI) -> str | None:
    """The code with which the usual request is refused; None: it is answered."""
    try:
        create(client, extra_headers={})
    except openai.APIStatusError as refusal:
        return refusal.code
    return None


def test_a_hit_has_the_same_bytes_and_headers_that_say_so(client: openai.OpenAI) -> None:
    first, again = create(client), create(client)
    assert again.content == first.content
    assert again.parse().choices[0].message.content == first.parse().choices[0].message.content
    told = {name: again.headers.get(name) for name in ("x-gateway-cache", "x-gateway-cost-usd", "age")}
    assert told == {"x-gateway-cache": "hit", "x-gateway-cost-usd": "0", "age": "0"}
    assert again.headers["x-gateway-attempts"] == "0"
    assert (first.headers["x-gateway-cache"], "age" in first.headers) == ("miss", False)
    assert [row.outcome for row in UsageLog.objects.order_by("id")] == ["ok", "cached"]


def test_a_streamed_hit_reads_like_the_first_stream_and_like_the_whole_answer(client: openai.OpenAI) -> None:
    first = create(client, stream=True)
    said = text_of(first.parse())
    again = create(client, stream=True, stream_options={"include_usage": True})
    chunks = list(again.parse())
    whole = create(client)
    assert said == text_of(chunks) == whole.parse().choices[0].message.content
    told, usage = chunks[-1].usage, whole.parse().usage
    assert told is not None
    assert usage is not None
    assert told.to_dict() == usage.to_dict() | {"cost_usd": "0"}
    assert [raw.headers["x-gateway-cache"] for raw in (first, again, whole)] == ["miss", "hit", "hit"]
    assert whole.parse().choices[0].finish_reason == "stop"


def test_a_whole_answer_is_given_as_a_stream(client: openai.OpenAI) -> None:
    whole = create(client)
    streamed = create(client, stream=True)
    chunks = list(streamed.parse())
    assert text_of(chunks) == whole.parse().choices[0].message.content
    assert streamed.headers["x-gateway-cache"] == "hit"
    assert all(chunk.usage is None for chunk in chunks)


def test_a_header_that_says_anything_else_is_400_and_named(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        create(client, extra_headers={"x-gateway-cache": "maybe"})
    assert (caught.value.code, caught.value.param) == ("invalid_request", "x-gateway-cache")
    assert not UsageLog.objects.exists()


def test_a_sampled_request_is_told_why_it_is_not_cached(client: openai.OpenAI) -> None:
    assert create(client, temperature=1).headers["x-gateway-cache"] == "bypass; reason=sampled"


def test_without_header_and_rule_no_answer_speaks_of_a_cache(client: openai.OpenAI) -> None:
    assert "x-gateway-cache" not in create(client, extra_headers={}).headers


def test_a_suspended_tenant_gets_nothing_and_birch_never_gets_alders_answer(
    client: openai.OpenAI, server: Server
) -> None:
    RuleFactory(scope="global", key="cache_ttl_s", value=600)
    create(client, extra_headers={})
    assert create(client, extra_headers={}).headers["x-gateway-cache"] == "hit"
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=make_token(birch()).secret) as stranger:
        assert create(stranger, extra_headers={}).headers["x-gateway-cache"] == "miss"
    tenant = alder()
    tenant.status = Tenant.Status.SUSPENDED
    tenant.save()
    assert wait_until(lambda: code_of(client) == "tenant_suspended", 30)


def test_the_metrics_tell_hits_misses_and_what_was_saved(
    client: openai.OpenAI, server: Server, settings: Any
) -> None:
    settings.METRICS_TOKEN = "a-token-for-prometheus"

    def counted(name: str) -> float:
        answer = httpx2.get(
            f"{server.url}/metrics", headers={"authorization": f"Bearer {settings.METRICS_TOKEN}"}
        )
        return sum(
            float(line.rsplit(" ", 1)[1]) for line in answer.text.splitlines() if line.startswith(name)
        )

    names = (
        'gateway_cache_calls_total{result="hit"}',
        'gateway_cache_calls_total{result="miss"}',
        'gateway_cache_answers_total{result="kept"}',
        "gateway_cache_saved_nano_usd_total",
        "gateway_cache_bytes_total",
    )
    before = [counted(name) for name in names]
    create(client)
    create(client)
    hits, misses, kept, saved, size = [counted(name) - old for name, old in zip(names, before, strict=True)]
    paid = UsageLog.objects.get(outcome="ok").cost_nano_usd
    assert (hits, misses, kept, saved) == (1, 1, 1, paid)
    assert size > 0
