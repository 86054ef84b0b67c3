"""The answer cache in each protocol, natively and by way of chat: the same answer in either form, for nothing."""

import json
from typing import Any

import anthropic
import openai
import pytest

from tests.e2e.protocols.asking import GatewayAndVendors, Told
from tests.e2e.protocols.speaking import CHAT, MESSAGES, RESPONSES, STREAMED, WAYS, Json, Way, cost_of
from tests.unit.providers.responses.sdk import accumulated, check_order, check_types, known_fields
from tests.vendors.raw import ANSWER, RawVendor, Turn, delta, events, usage

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
TALKING = [name for name in STREAMED if name != "teams"]
"""Protocols in which models talk, as their SDKs speak them."""
BY_OPENAI = "responses by OpenAI"
FORMS = (False, True)
SAID = {"role": "assistant", "content": "hello"}
RESPONSE = {"object": "response", "status": "completed", "output": [{"type": "message", "content": []}]}


def turn_of(answer: Json) -> Turn:
    return Turn(body=json.dumps(answer).encode())


def keep(gateway: GatewayAndVendors, name: str | Way, text: str, *, header: str = "use", **more: Any) -> Told:
    """A request that may be answered from the cache."""
    way = WAYS[name] if isinstance(name, str) else name
    plain: Json = {"temperature": 0, **({"store": False} if way.speech is RESPONSES else {})}
    headers = {"x-gateway-cache": header, **more.pop("headers", {})}
    if more.get("stream") is False:
        del more["stream"]
    return gateway.ask(way, text, headers=headers, **plain | more)


def without_cost(events: list[Json]) -> list[Json]:
    """A stream's events without what their call cost."""
    for event in events:
        ((event.get("response") or event).get("usage") or {}).pop("cost_usd", None)
    return events


def status(told: Told) -> str | None:
    return told.headers.get("x-gateway-cache")


@pytest.mark.parametrize("name", TALKING)
def test_a_whole_answer_is_given_again_byte_for_byte_and_costs_nothing(
    gateway: GatewayAndVendors, name: str
) -> None:
    first, again = keep(gateway, name, "the whole"), keep(gateway, name, "the whole")
    assert [status(told) for told in (first, again)] == ["miss", "hit"]
    assert again.text == first.text
    assert (len(first.seen), again.seen) == (1, [])
    assert (again.headers["x-gateway-cost-usd"], again.headers["age"]) == ("0", "0")
    assert (again.row.outcome, again.row.cost_nano_usd, again.tokens) == ("cached", 0, (0, 0))
    assert again.row.list_cost_nano_usd == first.row.cost_nano_usd > 0


@pytest.mark.parametrize("name", TALKING)
def test_a_stream_is_given_again_event_by_event_and_says_that_it_cost_nothing(
    gateway: GatewayAndVendors, name: str
) -> None:
    asked = {"stream": True, **({"stream_options": {"include_usage": True}} if name == "chat" else {})}
    first, again = (keep(gateway, name, "the stream", **asked) for _ in range(2))
    assert [status(told) for told in (first, again)] == ["miss", "hit"]
    assert cost_of(again.usage) == 0 < cost_of(first.usage)
    assert without_cost(again.events) == without_cost(first.events)
    assert again.ending == first.ending == WAYS[name].speech.last
    assert again.row.list_cost_nano_usd == first.row.cost_nano_usd


@pytest.mark.parametrize("name", TALKING)
@pytest.mark.parametrize("streamed", FORMS)
def test_each_form_is_given_in_the_other(gateway: GatewayAndVendors, name: str, streamed: bool) -> None:
    text = f"first as {'a stream' if streamed else 'a whole'}"
    first = keep(gateway, name, text, stream=streamed)
    other = keep(gateway, name, text, stream=not streamed)
    assert (status(other), other.said) == ("hit", first.said)
    whole, stream = (other, first) if streamed else (first, other)
    assert WAYS[name].speech.stop(whole.answer) in ("stop", "end_turn", "completed")
    assert stream.ending == WAYS[name].speech.last


@pytest.mark.parametrize("name", ["messages by chat", "messages by Anthropic"])
@pytest.mark.parametrize("streamed", FORMS)
def test_anthropics_sdk_reads_both_forms_alike(gateway: GatewayAndVendors, name: str, streamed: bool) -> None:
    """Its version of the protocol has no temperature, so it asks for `any`."""
    asked: Any = {
        "model": WAYS[name].model,
        "max_tokens": 50,
        "messages": [{"role": "user", "content": f"for the SDK {streamed}"}],
        "extra_headers": {"x-gateway-cache": "use; any"},
    }
    with anthropic.Anthropic(base_url=gateway.url, api_key=gateway.tokens["free"], max_retries=0) as sdk:
        if streamed:
            with sdk.messages.stream(**asked) as first:
                first.until_done()
        else:
            sdk.messages.create(**asked)
        raw = sdk.messages.with_raw_response.create(**asked)
        with sdk.messages.stream(**asked) as stream:
            said: Json = stream.get_final_message().to_dict(exclude_none=True)
            told = [each.headers["x-gateway-cache"] for each in (raw, stream.response)]
    whole: Json = raw.parse().to_dict(exclude_none=True)
    assert told == ["hit", "hit"]
    assert {**said, "usage": None} == {**whole, "usage": None}
    assert said["usage"]["output_tokens"] == whole["usage"]["output_tokens"] > 0


@pytest.mark.parametrize("name", ["responses by chat", BY_OPENAI])
@pytest.mark.parametrize("streamed", FORMS)
def test_openais_sdk_reads_both_forms_alike(gateway: GatewayAndVendors, name: str, streamed: bool) -> None:
    text = f"for the SDK {streamed}"
    assert keep(gateway, name, text, stream=streamed).status == 200
    asked: Any = {"model": WAYS[name].model, "input": text, "max_output_tokens": 50, "temperature": 0}
    asked |= {"store": False, "extra_headers": {"x-gateway-cache": "use"}}
    token = gateway.tokens["free"]
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=token, max_retries=0) as sdk:
        raw = sdk.responses.with_raw_response.create(**asked)
        told = sdk.responses.with_raw_response.create(**asked, stream=True)
        stream = [event.to_dict() for event in told.parse()]
    assert [raw.headers["x-gateway-cache"], told.headers["x-gateway-cache"]] == ["hit", "hit"]
    without_cost(stream)
    check_types(stream)
    check_order(stream)
    assert accumulated(stream) == known_fields(json.loads(raw.content))


@pytest.mark.parametrize("name", TALKING)
def test_another_tenant_gets_its_own_answer(gateway: GatewayAndVendors, name: str) -> None:
    keep(gateway, name, "whose is it?")
    other = keep(gateway, name, "whose is it?", as_="capped")
    assert (status(other), len(other.seen)) == ("miss", 1)


@pytest.mark.parametrize("name", TALKING)
def test_the_same_text_in_another_protocol_is_another_request(gateway: GatewayAndVendors, name: str) -> None:
    assert status(keep(gateway, name, "in every protocol")) == "miss"


@pytest.mark.parametrize("name", ["responses by chat", BY_OPENAI])
@pytest.mark.parametrize("store", [True, None])
def test_a_response_that_its_vendor_may_store_is_made_for_each_caller(
    gateway: GatewayAndVendors, name: str, store: bool | None
) -> None:
    told = [keep(gateway, name, f"stored {store}", store=store, header="use; any") for _ in range(2)]
    assert [status(each) for each in told] == ["bypass; reason=stored"] * 2
    assert [len(each.seen) for each in told] == [1, 1]


@pytest.mark.parametrize(
    "more",
    [
        {"previous_response_id": "resp_1"},
        {"conversation": "conv_1"},
        {"prompt": {"id": "pmpt_1"}},
        {"input": [{"type": "item_reference", "id": "msg_1"}]},
    ],
)
def test_a_response_to_what_the_vendor_keeps_always_reaches_the_vendor(
    gateway: GatewayAndVendors, raw: RawVendor, more: Json
) -> None:
    way = Way(RESPONSES, "raw-native", RESPONSES)
    raw.answers(turn_of(RESPONSE), turn_of(RESPONSE))
    told = [keep(gateway, way, "and so on", header="use; any", **more) for _ in range(2)]
    assert [status(each) for each in told] == ["bypass; reason=state"] * 2
    assert [len(each.rows) for each in told] == [1, 1]
    assert {each.row.outcome for each in told} == {"ok"}


def test_an_answer_that_its_vendor_stored_all_the_same_is_not_kept(
    gateway: GatewayAndVendors, raw: RawVendor
) -> None:
    way = Way(RESPONSES, "raw-native", RESPONSES)
    stored = turn_of({**RESPONSE, "store": True})
    raw.answers(stored, stored)
    assert [status(keep(gateway, way, "do not store it")) for _ in range(2)] == ["miss", "miss"]


@pytest.mark.parametrize("name", ["messages by chat", "messages by Anthropic"])
def test_the_headers_of_a_protocol_are_a_part_of_the_request(gateway: GatewayAndVendors, name: str) -> None:
    plain = keep(gateway, name, "with betas")
    beta = keep(gateway, name, "with betas", headers={"anthropic-beta": "effort-2025-11-24"})
    assert [status(told) for told in (plain, beta)] == ["miss", "miss"]


def test_a_response_repeats_its_own_labels_and_not_those_of_the_first_caller(
    gateway: GatewayAndVendors,
) -> None:
    for agent in ("first", "second"):
        told = keep(gateway, BY_OPENAI, "whose labels?", metadata={"agent_id": agent})
        assert (status(told), told.answer["metadata"]) == ("miss", {"agent_id": agent})


def test_a_search_that_a_hard_budget_leaves_out_does_not_matter(gateway: GatewayAndVendors) -> None:
    tools = [{"type": "web_search", "external_web_access": False}]
    capped, free = (
        [status(keep(gateway, BY_OPENAI, "as Codex asks", as_=as_, tools=tools)) for _ in range(2)]
        for as_ in ("capped", "free")
    )
    assert (capped, free) == (["miss", "hit"], ["bypass; reason=live"] * 2)


@pytest.mark.parametrize("speech", [CHAT, MESSAGES, RESPONSES])
@pytest.mark.parametrize("finish", [None, "lost"])
def test_an_answer_of_which_nobody_knows_whether_it_had_ended_is_not_kept(
    gateway: GatewayAndVendors, raw: RawVendor, speech: Any, finish: str | None
) -> None:
    way = Way(speech, "raw-small", CHAT)
    answer = {**ANSWER, "choices": [{"index": 0, "message": SAID, "finish_reason": finish}]}
    for streamed in FORMS:
        turn = events(delta("hello", finish=finish), usage(9, 2)) if streamed else turn_of(answer)
        raw.answers(turn, turn)
        told = [keep(gateway, way, f"{speech.path} {finish}", stream=streamed) for _ in range(2)]
        assert [(each.status, status(each)) for each in told] == [(200, "miss")] * 2


@pytest.mark.parametrize("name", TALKING)
@pytest.mark.parametrize("streamed", FORMS)
def test_an_answer_that_calls_tools_is_kept_for_any_only(
    gateway: GatewayAndVendors, name: str, streamed: bool
) -> None:
    tools: dict[Any, Json] = {
        CHAT: {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}},
        MESSAGES: {"name": "weather", "input_schema": {"type": "object"}},
        RESPONSES: {"type": "function", "name": "weather", "parameters": {"type": "object"}},
    }
    way = WAYS[name]
    text = "vendor:case=tools" if way.sent is MESSAGES else "vendor:tool"
    text, asked = f"{text} {streamed}", {"tools": [tools[way.speech]], "stream": streamed}
    plain = [status(keep(gateway, name, text, **asked)) for _ in range(2)]
    for_any = [status(keep(gateway, name, text, header="use; any", **asked)) for _ in range(2)]
    assert (plain, for_any) == (["miss", "miss"], ["miss", "hit"])


def test_a_cut_stream_is_not_kept(gateway: GatewayAndVendors) -> None:
    for name in TALKING:
        told = [keep(gateway, name, "vendor:cut=7", stream=True) for _ in range(2)]
        assert [each.row.outcome for each in told] == ["cut", "cut"], name
