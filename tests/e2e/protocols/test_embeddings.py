"""Embeddings through the gateway, with the official SDK."""

from decimal import Decimal

import openai
import pytest

from metering.models import LLMModel, UsageLog
from tests.e2e.server import Server
from tests.factories import BudgetFactory
from tests.vendors.running import RunningVendor

pytestmark = pytest.mark.slow


@pytest.fixture
def asking(front: Server, vendor: RunningVendor) -> openai.OpenAI:
    from tests.factories import make_token

    return openai.OpenAI(base_url=f"{front.url}/v1", api_key=make_token().secret, max_retries=0)


def test_the_vendors_count_is_charged(asking: openai.OpenAI, vendor: RunningVendor) -> None:
    raw = asking.embeddings.with_raw_response.create(model="small", input=["one two", "three"])
    answer = raw.parse()
    row = UsageLog.objects.get()
    assert len(answer.data) == 2
    assert (row.input_tokens, row.output_tokens) == (answer.usage.prompt_tokens, 0) == (3, 0)
    assert Decimal(raw.headers["x-gateway-cost-usd"]) == Decimal(row.cost_nano_usd) / 10**9 > 0
    [call] = vendor.log.calls
    assert call.path.endswith("/embeddings")
    assert "max_tokens" not in call.body


def test_many_inputs_may_be_longer_together_than_the_context(asking: openai.OpenAI) -> None:
    LLMModel.objects.update(context_tokens=300, max_output_tokens=100)
    answer = asking.embeddings.create(model="small", input=["word " * 50] * 40)
    assert len(answer.data) == 40


def test_a_used_up_budget_refuses_them(asking: openai.OpenAI) -> None:
    BudgetFactory(dimension="cost", amount=1)
    with pytest.raises(openai.RateLimitError) as caught:
        asking.embeddings.create(model="small", input="one")
    assert caught.value.code == "budget_exceeded"


def test_a_model_that_embeds_answers_no_chat(asking: openai.OpenAI) -> None:
    LLMModel.objects.update(capabilities=["embeddings"])
    with pytest.raises(openai.BadRequestError, match="/v1/embeddings"):
        asking.chat.completions.create(model="small", messages=[{"role": "user", "content": "hello"}])


def test_an_empty_input_is_named(asking: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        asking.embeddings.create(model="small", input=[])
    assert caught.value.param == "input"
