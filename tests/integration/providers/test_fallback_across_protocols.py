"""One conversation at three vendors with three protocols: who fails hands it on, and each gets it in its own words."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import openai
import pytest

from metering.ids import uuid7
from metering.models import UsageLog
from providers.signatures import carried
from tests.e2e.server import running_server
from tests.factories import ModelFactory, PriceFactory, ProviderFactory, make_token, reference_data
from tests.integration.providers.families import FAMILIES
from tests.served import settled_ledger
from tests.vendors.running import Running, running

pytestmark = pytest.mark.slow
FAILS = "vendor:status=500"
SCHEMA = {"type": "object", "properties": {"sunny": {"type": "boolean"}}}
FORM: Any = {"type": "json_schema", "json_schema": {"name": "weather", "schema": SCHEMA}}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS: Any = [
    {"type": "function", "function": {"name": name, "description": "x", "parameters": PARAMETERS}}
    for name in ("weather", "clock")
]
THOUGHT = {"type": "thinking", "thinking": "Which city?", "signature": "c2lnLW9mLWNsYXVkZQ=="}
CLAUDES = carried("anthropic", {"thinking_blocks": [THOUGHT]}, FAMILIES["anthropic"].model)
GEMINIS = carried("google", {"thought_signature": "c2lnLW9mLWdlbWluaQ=="}, FAMILIES["gemini"].model)
MARKS = ("extra_content", "made_by", THOUGHT["signature"], "c2lnLW9mLWdlbWluaQ==")


class Three(NamedTuple):
    """An alias `chat` of three vendors, the cheapest first."""

    client: openai.OpenAI
    fakes: dict[str, Running[Any]]

    def ask(self, failing: tuple[str, ...] = (), **fields: Any) -> Any:
        """One call, which these vendors fail."""
        for name in failing:
            self.fakes[name].vendor.next.append(FAILS)
        return self.client.chat.completions.with_raw_response.create(model="chat", max_tokens=50, **fields)

    def sent(self) -> dict[str, dict[str, Any]]:
        """What each vendor got, if it was asked."""
        calls = {name: fake.log.calls for name, fake in self.fakes.items()}
        return {name: seen[0].body for name, seen in calls.items() if seen}


@pytest.fixture(scope="module")
def fakes() -> Iterator[dict[str, Running[Any]]]:
    with ExitStack() as stopping:
        yield {name: stopping.enter_context(running(family.fake())) for name, family in FAMILIES.items()}


@pytest.fixture
def three(
    transactional_db: Any, fakes: dict[str, Running[Any]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Three]:
    reference_data()
    for price, (name, fake) in enumerate(fakes.items(), start=1):
        fake.log.clear()
        family, variable = FAMILIES[name], f"KEY_OF_{name.upper()}_API_KEY"
        monkeypatch.setenv(variable, fake.api_key)
        provider = ProviderFactory(
            name=f"{name}-{uuid7().hex[-12:]}",
            kind="openai_compatible" if name == "openai" else name,
            base_url=f"http://127.0.0.1:{fake.port}{family.path}",
            api_key_env=variable,
        )
        model = ModelFactory(name=name, provider=provider, physical_name=family.model, aliases=["chat"])
        PriceFactory(model=model, input=price, output=price)
    with settled_ledger(), running_server() as server:
        secret = make_token().secret
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key=secret, max_retries=0) as client:
            yield Three(client, fakes)


def conversation(extra: dict[str, Any]) -> Any:
    """A question, two calls of tools that some model has signed, and their results."""
    calls = [
        {
            "id": f"call_{name}",
            "type": "function",
            "function": {"name": name, "arguments": '{"city":"Paris"}'},
            **({"extra_content": extra} if name == "weather" else {}),
        }
        for name in ("weather", "clock")
    ]
    return [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Is it sunny in Paris?"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "call_weather", "content": "sun"},
        {"role": "tool", "tool_call_id": "call_clock", "content": "noon"},
    ]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_each_vendor_that_is_asked_gets_the_whole_conversation_in_its_own_protocol(
    three: Three, streamed: bool
) -> None:
    raw = three.ask(
        ("openai", "anthropic"),
        messages=conversation(CLAUDES),
        tools=TOOLS,
        response_format=FORM,
        stream=streamed,
    )
    if streamed:
        chunks = list(raw.parse())
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert raw.headers["x-gateway-model"] == "gemini"
    sent = three.sent()
    assert sent["openai"]["response_format"] == FORM
    assert [message["role"] for message in sent["openai"]["messages"]] == [
        *("system", "user", "assistant", "tool", "tool")
    ]
    assert_told_to_anthropic(sent["anthropic"])
    assert_told_to_gemini(sent["gemini"])
    rows = UsageLog.objects.order_by("attempt")
    assert [row.outcome for row in rows] == ["error", "error", "ok"]
    assert {str(row.pk) for row in rows} == {
        call.attempt_id for fake in three.fakes.values() for call in fake.log.calls
    }


def assert_told_to_anthropic(body: dict[str, Any]) -> None:
    uses = [
        {"type": "tool_use", "id": f"call_{name}", "name": name, "input": {"city": "Paris"}}
        for name in ("weather", "clock")
    ]
    assert body["output_config"]["format"] == {"type": "json_schema", "schema": SCHEMA}
    assert [tool["name"] for tool in body["tools"]] == ["weather", "clock"]
    asked, called, answered = body["messages"]
    assert (asked["role"], called["role"], answered["role"]) == ("user", "assistant", "user")
    assert [block for block in called["content"] if block["type"] == "tool_use"] == uses
    results = [(block["tool_use_id"], flat(block["content"])) for block in answered["content"]]
    assert results == [("call_weather", "sun"), ("call_clock", "noon")]


def flat(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def assert_told_to_gemini(body: dict[str, Any]) -> None:
    assert body["generationConfig"]["responseJsonSchema"] == SCHEMA
    assert body["systemInstruction"]["parts"] == [{"text": "Be brief."}]
    asked, called, answered = body["contents"]
    assert (asked["role"], called["role"], answered["role"]) == ("user", "model", "user")
    calls = [part["functionCall"] for part in called["parts"]]
    assert [(call["name"], call["args"]) for call in calls] == [
        (name, {"city": "Paris"}) for name in ("weather", "clock")
    ]
    results = [part["functionResponse"] for part in answered["parts"]]
    assert [each["name"] for each in results] == ["weather", "clock"]


@pytest.mark.parametrize(
    ("extra", "maker"), [(CLAUDES, "anthropic"), (GEMINIS, "gemini")], ids=["Claude's", "Gemini's"]
)
def test_the_signature_of_a_model_comes_back_to_it_and_to_no_other(
    three: Three, extra: dict[str, Any], maker: str
) -> None:
    three.ask(("openai", "anthropic"), messages=conversation(extra), tools=TOOLS)
    sent = {name: json.dumps(body) for name, body in three.sent().items()}
    assert sent.keys() == three.fakes.keys()
    signature = THOUGHT["signature"] if maker == "anthropic" else "c2lnLW9mLWdlbWluaQ=="
    assert signature in sent.pop(maker)
    assert not any(mark in text for text in sent.values() for mark in MARKS)


def test_what_one_protocol_has_no_word_for_is_asked_of_a_vendor_whose_protocol_has(three: Three) -> None:
    """Anthropic knows no seed; Gemini does. To Anthropic nothing is sent, and nothing is booked there."""
    raw = three.ask(("openai",), messages=conversation(CLAUDES), tools=TOOLS, seed=7)
    assert raw.headers["x-gateway-model"] == "gemini"
    assert three.sent()["gemini"]["generationConfig"]["seed"] == 7
    assert three.fakes["anthropic"].log.calls == []
    assert [row.outcome for row in UsageLog.objects.order_by("attempt")] == ["error", "ok"]


def test_what_no_other_protocol_has_a_word_for_fails_for_the_first_vendors_reason(three: Three) -> None:
    """The request is right where it was meant to go, so its caller may come back with it."""
    with pytest.raises(openai.InternalServerError) as caught:
        three.ask(("openai",), messages=conversation(CLAUDES), tools=TOOLS, logit_bias={"50256": -100})
    assert caught.value.code == "vendor_error"
    assert "x-should-retry" not in caught.value.response.headers
    assert [row.outcome for row in UsageLog.objects.all()] == ["error"]
