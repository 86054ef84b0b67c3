"""The official SDK against the gateway: what applications already do works unchanged."""

from decimal import Decimal
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from metering.models import UsageLog
from tests.factories import BudgetFactory, RuleFactory, TeamFactory, make_token
from tests.served import serve_model

pytestmark = pytest.mark.slow
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello"}]


def test_a_completion(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="sandbox-small", messages=HELLO, max_tokens=9)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 9
    assert answer.model == "sandbox/sandbox-small"
    row = UsageLog.objects.get()
    assert (row.output_tokens, row.input_tokens) == (9, answer.usage.prompt_tokens)


def test_the_headers_tell_what_happened(client: openai.OpenAI) -> None:
    BudgetFactory(dimension="requests", amount=10)
    BudgetFactory(dimension="cost", amount=10**9)
    raw = client.chat.completions.with_raw_response.create(
        model="sandbox-small", messages=HELLO, extra_headers={"x-request-id": "mine-1"}
    )
    row = UsageLog.objects.get()
    facts = {
        "x-request-id": "mine-1",
        "x-gateway-reservation-id": str(row.reservation_id),
        "x-gateway-model": "sandbox-small",
        "x-gateway-provider": "sandbox",
        "x-gateway-attempts": "1",
        "x-gateway-enforcement": "enforce",
        "x-budget-remaining-requests": "9",
    }
    assert {name: raw.headers.get(name) for name in facts} == facts
    cost = Decimal(raw.headers["x-gateway-cost-usd"])
    assert cost == Decimal(row.cost_nano_usd) / 10**9 > 0
    assert Decimal(raw.headers["x-budget-remaining-usd"]) == 1 - cost
    assert float(raw.headers["x-gateway-overhead-ms"]) > 0
    assert row.request_id == "mine-1"


def test_a_stream(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="sandbox-small", messages=HELLO)
    stream = client.chat.completions.create(model="sandbox-small", messages=HELLO, stream=True)
    chunks = list(stream)
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert said == whole.choices[0].message.content
    assert all(chunk.usage is None for chunk in chunks)
    first, second = UsageLog.objects.order_by("id")
    assert (first.output_tokens, first.cost_nano_usd) == (second.output_tokens, second.cost_nano_usd)


def test_a_stream_with_usage(client: openai.OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model="sandbox-small", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
    )
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == UsageLog.objects.get().output_tokens


def test_a_stream_that_breaks_off_is_an_error_for_the_caller(client: openai.OpenAI) -> None:
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "sandbox:cut=3"}]
    stream = client.chat.completions.create(model="sandbox-small", messages=messages, stream=True)
    with pytest.raises(openai.APIError, match="cut its answer off"):
        list(stream)
    assert UsageLog.objects.get().outcome == "cut"


def test_a_caller_who_leaves_a_stream_is_charged_what_it_cost(client: openai.OpenAI) -> None:
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "sandbox:gap=0.02"}]
    with client.chat.completions.create(model="sandbox-small", messages=messages, stream=True) as stream:
        next(iter(stream))
    assert not UsageLog.objects.exists()
    # The server drains before it ends, and the books are checked after that.


def test_labels_and_team_are_stored_with_the_attempt(client: openai.OpenAI) -> None:
    team = TeamFactory()
    client.chat.completions.create(
        model="sandbox-small",
        messages=HELLO,
        metadata={"agent_id": "helper", "microdao_id": "dao"},
        extra_headers={"X-Team-ID": team.slug, "x-conversation-id": "c-1", "x-agent-id": "loses"},
    )
    row = UsageLog.objects.get()
    assert (row.agent_id, row.microdao_id, row.conversation_id) == ("helper", "dao", "c-1")
    assert row.team_id == team.pk


def test_the_models_are_those_that_the_plan_allows(client: openai.OpenAI, server: Any) -> None:
    serve_model("dear", model_class_id="ADVANCED", aliases=["best"])
    names = ["ADVANCED", "BASE_S", "best", "dear", "sandbox-small"]
    assert [model.id for model in client.models.list()] == names
    assert client.models.retrieve("dear").owned_by == "sandbox"
    narrow = make_token(allowed_models=["sandbox-small"]).secret
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=narrow) as other:
        assert [model.id for model in other.models.list()] == ["BASE_S", "sandbox-small"]
        with pytest.raises(openai.NotFoundError):
            other.models.retrieve("dear")


def test_whatever_name_is_listed_is_served_and_no_other(client: openai.OpenAI, server: Any) -> None:
    serve_model("dear", model_class_id="ADVANCED", aliases=["best"])
    serve_model("middle", model_class_id="BASE_M", aliases=["best"])
    RuleFactory(key="max_class", value="BASE_M")
    listed = {model.id for model in client.models.list()}
    assert listed == {"BASE_M", "BASE_S", "best", "middle", "sandbox-small"}
    for name in ("dear", "middle", "best", "sandbox-small", "ADVANCED", "BASE_M", "BASE_S", "no-such"):
        try:
            client.chat.completions.create(model=name, messages=HELLO, max_tokens=5)
            served = True
        except (openai.PermissionDeniedError, openai.NotFoundError):
            served = False
        assert served is (name in listed), name
    assert client.models.retrieve("best").id == "best"


def test_a_token_without_the_task_is_told_so_instead_of_an_empty_list(server: Any) -> None:
    secret = make_token(allowed_tasks=["LLM2_DRAFT"]).secret
    with (
        openai.OpenAI(base_url=f"{server.url}/v1", api_key=secret) as other,
        pytest.raises(openai.PermissionDeniedError) as caught,
    ):
        other.models.list()
    assert caught.value.code == "task_not_allowed"
