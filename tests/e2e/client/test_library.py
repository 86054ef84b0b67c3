"""What the library can do besides the documents' lists: `/v1`, sync and async alike."""

from decimal import Decimal

import pytest

from gateway_client import (
    AsyncBudgetMonitor,
    AsyncGatewayClient,
    GatewayUnavailableError,
    InvalidRequestError,
    ModelNotAllowedError,
    ParallelRunner,
    RetryPolicy,
    Settings,
    Tool,
)
from launcher.process import free_port
from metering.models import ATIToken, UsageLog
from tests.e2e.client.one_gateway import MODEL, OneGateway, Person

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
READ = Tool(name="read", description="Reads a file.", parameters={"type": "object"})
IMPATIENT = RetryPolicy(retries=0, patience_s=0)


def settings(ann: Person, **facts: str) -> Settings:
    return Settings(base_url=ann.gateway.url, api_key=ann.token, model=MODEL, **facts)


def test_tools_are_called_and_their_results_come_back_over_both_surfaces(ann: Person) -> None:
    asked = {"role": "user", "content": 'sandbox:tool=read {"path": "a", "from": 1.5}'}
    wanted = {"path": "a", "from": 1.5}
    with ann.client() as client, ann.provider(ann.signed_in()) as provider:
        for each in (client, provider):
            answer = each.chat([asked], [READ], max_tokens=200)
            *_, streamed, _ = each.stream_chat([asked], [READ], max_tokens=200)
            [call] = answer.tool_calls
            assert (call.name, call.arguments, streamed.tool_call) == (
                "read",
                wanted,
                streamed.tool_call,
            )
            assert streamed.tool_call is not None
            assert (streamed.tool_call.name, streamed.tool_call.arguments) == ("read", wanted)
            result = {"role": "tool", "tool_call_id": call.id, "content": "apples"}
            assert "apples" in each.chat([asked, answer, result], [READ], max_tokens=200).content


def test_an_estimate_by_the_listed_prices_is_what_the_call_costs(ann: Person) -> None:
    with ann.client() as client:
        usage = client.chat("hello", max_tokens=7).usage
        assert client.calculate_cost(usage.input_tokens, usage.output_tokens) == usage.cost
        assert client.calculate_cost(1, 1, model="chat-default") is not None
        assert client.calculate_cost(1, 1, model="unheard-of") is None
        [model] = [each for each in client.models().models if each.id == MODEL]
    assert (model.provider, model.price.input if model.price else None) == ("sandbox", Decimal(1))


async def test_the_async_client_says_the_same(ann: Person) -> None:
    with ann.client() as client:
        whole = client.chat("hello")
        streamed = list(client.stream_chat("hello"))
        cost = client.calculate_cost(1_000, 1_000)
    async with AsyncGatewayClient(settings(ann)) as client:
        await client.wait_until_ready(10)
        assert (await client.chat("hello")).content == whole.content
        assert [chunk async for chunk in client.stream_chat("hello")] == streamed
        assert await client.calculate_cost(1_000, 1_000) == cost
        assert await AsyncBudgetMonitor(client).check_and_warn() is None
        sdk = await client.openai.models.list()
    assert MODEL in [model.id for model in sdk.data]
    assert "".join(chunk.delta for chunk in streamed) == whole.content
    assert streamed[-1].usage == whole.usage


def test_another_model_is_asked_where_the_first_is_not_there(ann: Person) -> None:
    with ann.client(fallbacks=["unheard-of", MODEL], policy=IMPATIENT) as client:
        assert client.chat("hello", model="never-was", max_tokens=5).model == MODEL
        *_, last = client.stream_chat("hello", model="never-was", max_tokens=5)
        assert last.usage is not None
        with pytest.raises(InvalidRequestError):
            client.chat("hello", max_tokens=-1)
    assert UsageLog.objects.filter(tenant_id=ann.tenant.pk).count() == 2


def test_a_model_that_the_token_does_not_allow_is_told_so(gateway: OneGateway, ann: Person) -> None:
    gateway.committed(lambda: ATIToken.objects.filter(tenant=ann.tenant).update(allowed_models=["another"]))
    with ann.client() as client, pytest.raises(ModelNotAllowedError) as caught:
        client.chat("hello")
    assert (caught.value.status_code, caught.value.code, caught.value.param) == (
        403,
        "model_not_allowed",
        "model",
    )
    assert caught.value.request_id


def test_a_system_prompt_is_written_by_the_model_for_prompts(ann: Person) -> None:
    with ann.client() as client:
        client.settings = settings(ann, model_prompt_gen="chat-default")
        assert client.generate_system_prompt("It answers questions about pumps.", max_tokens=30)
    row = UsageLog.objects.get(tenant_id=ann.tenant.pk)
    assert row.model_alias == "chat-default"


def test_where_nobody_listens_the_list_of_models_is_the_safe_one_and_waiting_ends(ann: Person) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    with ann.client(url=nowhere, policy=IMPATIENT) as client:
        found = client.models(safe_mode=True)
        assert found.is_safe_mode
        assert found.find("chat-default") is not None
        with pytest.raises(GatewayUnavailableError):
            client.models()
        with pytest.raises(GatewayUnavailableError, match=r"not ready after 0\.2 s"):
            client.wait_until_ready(0.2)


def test_the_parallel_runner_gives_every_item_its_outcome_in_order(ann: Person) -> None:
    asks = [{"messages": f"call {number}", "max_tokens": 3} for number in range(6)]
    asks[2] = {"messages": "call 2", "model": "unheard-of"}
    with ann.client() as client:
        outcomes = ParallelRunner(client, workers=3).run(asks)
        alone = [client.chat(**ask).content for ask in (asks[0], asks[5])]
    assert [type(outcome).__name__ for outcome in outcomes] == [
        *["ChatResponse"] * 2,
        "InvalidRequestError",
        *["ChatResponse"] * 3,
    ]
    assert [outcomes[0].content, outcomes[5].content] == alone
