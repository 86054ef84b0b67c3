"""A vendor's own Responses answers, whole and streamed: passed on as they came, and charged by what they report."""

import asyncio
import json
import random
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import msgspec
import pytest

from metering.ports import Progress
from providers.openai_compatible.traits import KNOWN, Traits
from providers.port import Chunk, Completion, EstimateReason, Failure, ProviderError, Usage
from providers.responses.native_answer import whole_response
from providers.responses.native_request import native_payload
from providers.responses.native_stream import ResponsesStream
from providers.responses.other_form import events_of_response, response_of_events
from tests.integration.providers.asking import Asked
from tests.unit.providers.responses.sdk import check_order
from tests.unit.providers.test_fuzz_of_translations import spoilt
from tests.vendors.directives import directives_in
from tests.vendors.openai_responses import messages_of, wired_response

T = TypeVar("T")
KEY = "sk-vendor-0123456789"
BODY: dict[str, Any] = {"model": "m", "input": "hello", "max_output_tokens": 50}
TOOLS = [{"type": "function", "name": "look"}]
USAGE = {"input_tokens": 5, "output_tokens": 8, "total_tokens": 13}
_loop = asyncio.new_event_loop()


def run(work: Coroutine[Any, Any, T]) -> T:
    return _loop.run_until_complete(work)


def call(body: dict[str, Any] | None = None, *, asked: dict[str, Any] | None = None) -> Asked:
    body = body or BODY
    return Asked(
        model="m",
        payload=msgspec.json.encode(body),
        body=body,
        asked=asked or body,
        output_limit=50,
        progress=Progress(),
        protocol="responses",
    )


def wired(given: str = "hello", **fields: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A vendor's answer to this, whole and in events."""
    body = {**BODY, "input": given, **fields}
    made = wired_response(body, directives_in({"model": "m", "messages": messages_of(body)}))
    return made.answer, made.events


def framed(events: Sequence[dict[str, Any]]) -> bytes:
    texts = [f"event: {event.get('type')}\ndata: {json.dumps(event)}\n\n" for event in events]
    return "".join(texts).encode("utf-8", "replace")


def reader() -> ResponsesStream:
    return ResponsesStream(call(), KEY, Traits())


def streamed(data: bytes, stream: ResponsesStream | None = None) -> list[Chunk]:
    stream = stream or reader()
    return [*stream.feed(data), *run(stream.end())]


def failed(data: bytes) -> tuple[ProviderError, Usage | None]:
    """How a stream fails, and what is charged for it."""
    stream = reader()
    with pytest.raises(ProviderError) as caught:
        streamed(data, stream)
    return caught.value, run(stream.came())


def whole(answer: object) -> Completion:
    return run(whole_response(json.dumps(answer).encode(), call(), KEY))


def sent(body: dict[str, Any], *, streamed: bool = False, traits: Traits = KNOWN["openai"]) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(native_payload(call(body), streamed=streamed, traits=traits))
    return decoded


def test_a_request_that_lacks_nothing_goes_byte_for_byte() -> None:
    asked = call({**BODY, "service_tier": "default"})
    assert native_payload(asked, streamed=False, traits=KNOWN["openai"]) is asked.payload


@pytest.mark.parametrize("tier", [None, "auto"])
def test_the_plain_tier_is_asked_for_by_name(tier: str | None) -> None:
    assert sent({**BODY, "service_tier": tier})["service_tier"] == "default"


def test_a_vendor_without_tiers_is_sent_none() -> None:
    assert "service_tier" not in sent(BODY, traits=KNOWN["xai"])


def test_a_tier_that_was_named_stays() -> None:
    assert sent({**BODY, "service_tier": "flex"})["service_tier"] == "flex"


@pytest.mark.parametrize("streamed", [False, True])
def test_an_answer_in_the_background_is_refused_because_nobody_could_fetch_it(streamed: bool) -> None:
    with pytest.raises(ProviderError, match="given at once") as caught:
        sent({**BODY, "background": True}, streamed=streamed)
    assert (caught.value.status, caught.value.param) == (400, "background")
    assert sent({**BODY, "background": False})["background"] is False


def test_a_stream_is_asked_for_where_one_is_wanted() -> None:
    assert sent(BODY, streamed=True)["stream"] is True
    body = {**BODY, "stream": True, "stream_options": {"include_obfuscation": False}}
    assert sent(body) == {**BODY, "stream": False, "service_tier": "default"}


def test_a_text_about_our_ids_stays_as_it_is() -> None:
    body = {**BODY, "input": "what is msg_gw_1?", "service_tier": "default"}
    assert sent(body) == body


def test_a_whole_answer_passes_as_it_came() -> None:
    answer, _ = wired()
    completion = whole(answer)
    assert json.loads(completion.body) == answer
    assert completion.model == "m-2026-01-01"


def test_events_pass_as_they_came_and_the_last_has_the_usage() -> None:
    _, events = wired()
    chunks = streamed(framed(events))
    assert [json.loads(chunk.data) for chunk in chunks] == events
    assert [chunk.usage is not None for chunk in chunks] == [False] * (len(events) - 1) + [True]


def test_how_the_bytes_are_cut_changes_nothing() -> None:
    _, events = wired("vendor:reasoning=3", reasoning={"summary": "auto"})
    data, stream = framed(events), reader()
    pieces = [data[start : start + 7] for start in range(0, len(data), 7)]
    chunks = [chunk for piece in pieces for chunk in stream.feed(piece)] + run(stream.end())
    assert chunks == streamed(data)


def test_a_stream_is_done_with_its_terminal_event() -> None:
    _, events = wired()
    stream = reader()
    list(stream.feed(framed(events[:-1])))
    assert not stream.done
    list(stream.feed(framed(events[-1:])))
    assert stream.done


def test_what_comes_after_the_terminal_event_is_not_read() -> None:
    _, events = wired()
    data = framed(events) + b"data: [DONE]\n\ndata: {broken\n\n"
    assert streamed(data) == streamed(framed(events))


def test_a_last_event_without_its_blank_line_is_read() -> None:
    _, events = wired()
    assert streamed(framed(events).rstrip()) == streamed(framed(events))


@pytest.mark.parametrize("streams", [False, True])
def test_xais_ticks_and_tool_calls_are_charged(streams: bool) -> None:
    answer, events = wired()
    answer["usage"] = {
        **USAGE,
        "cost_in_usd_ticks": 25_000_000,
        "num_server_side_tools_used": 2,
        "server_side_tool_usage_details": {"web_search_calls": 2},
    }
    usage = streamed(framed(events))[-1].usage if streams else whole(answer).usage
    assert usage is not None
    assert usage.vendor_cost_nano_usd == 2_500_000
    assert usage.tool_calls == {"web_search": 2}


def test_of_a_search_that_opens_the_pages_it_found_the_search_alone_has_a_fee() -> None:
    answer, events = wired()
    actions = [{"type": "search", "query": "noon"}, {"type": "open_page", "url": "https://a.example"}]
    calls = [
        {"type": "web_search_call", "id": f"ws_{place}", "status": "completed", "action": action}
        for place, action in enumerate([*actions, {"type": "find_in_page", "pattern": "noon"}])
    ]
    answer["output"] = [*calls, *answer["output"]]
    begun = [{**each, "status": "in_progress", "action": None} for each in calls]
    added = [{"type": "response.output_item.added", "item": item} for item in begun]
    done = [{"type": "response.output_item.done", "item": item} for item in calls]
    last = {**events[-1], "response": answer}
    for charged in (
        whole(answer).usage,
        streamed(framed([*events[:2], *added, *done, *events[2:-1], last]))[-1].usage,
        streamed(framed([*events[:2], *added, *done, *events[2:]]))[-1].usage,
    ):
        assert charged is not None
        assert charged.tool_calls == {"web_search": 1}


@pytest.mark.parametrize("streams", [False, True])
def test_calls_of_the_vendors_tools_are_counted(streams: bool) -> None:
    answer, events = wired()
    searches = [{"type": "web_search_call", "id": f"ws_{place}", "status": "completed"} for place in (1, 2)]
    answer["output"] = searches + answer["output"]
    added = [{"type": "response.output_item.added", "item": search} for search in searches]
    usage = streamed(framed([*added, *events]))[-1].usage if streams else whole(answer).usage
    assert usage is not None
    assert usage.tool_calls == {"web_search": 2}


def test_long_lived_cache_writes_are_read() -> None:
    answer, _ = wired()
    lives = {"ttl_30m_tokens": 1, "ttl_12h_tokens": 2}
    details = {"cached_tokens": 0, "cache_write_tokens": 3, "cache_write_tokens_details": lives}
    answer["usage"] = {**USAGE, "input_tokens_details": details}
    usage = whole(answer).usage
    assert (usage.cache_write_tokens, usage.cache_write_12h_tokens) == (3, 2)


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": 0, "output_tokens": 0}])
def test_a_charge_that_is_missing_is_counted_and_marked(usage: Any) -> None:
    answer, events = wired()
    answer["usage"] = usage
    for charged in (whole(answer).usage, streamed(framed(events))[-1].usage):
        assert charged is not None
        assert charged.estimate_reason is EstimateReason.MISSING
        assert charged.output_tokens == 8
        assert charged.input_tokens


def test_a_request_that_cannot_be_counted_is_charged_no_guess() -> None:
    answer, _ = wired()
    answer["usage"] = None
    body = {**BODY, "tools": [{"type": "web_search"}]}
    charged = run(whole_response(json.dumps(answer).encode(), call(body), KEY)).usage
    assert charged.input_tokens is None


def test_pictures_that_were_made_cannot_be_counted() -> None:
    answer, _ = wired()
    answer |= {"usage": None, "output": [{"type": "image_generation_call", "id": "ig_1", "result": "AAAA"}]}
    assert whole(answer).usage.output_tokens is None


@pytest.mark.parametrize("streams", [False, True])
def test_an_answer_that_failed_is_charged_what_it_reports(streams: bool) -> None:
    answer, events = wired("vendor:finish=failed")
    if streams:
        error, usage = failed(framed(events))
    else:
        answer["output"] = []
        with pytest.raises(ProviderError) as caught:
            whole(answer)
        error, usage = caught.value, caught.value.usage
    assert "failed to generate" in error.message
    assert error.failure is Failure.CUT
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (5, 8)


def test_an_answer_that_failed_at_once_costs_nothing() -> None:
    answer, events = wired("vendor:finish=failed")
    answer |= {"usage": None, "output": []}
    error, usage = failed(framed([*events[:2], events[-1]]))
    assert (error.failure, error.status, error.retryable) == (Failure.REFUSED, 500, True)
    assert usage is None
    with pytest.raises(ProviderError) as caught:
        whole(answer)
    assert caught.value.failure is Failure.REFUSED


ERROR = {"code": "rate_limit_exceeded", "message": "Too fast.", "param": None}


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "sequence_number": 2, **ERROR},
        {"type": "error", "error": ERROR},
        {"type": "response.failed", "response": {"status": "failed", "error": ERROR}},
        {"error": ERROR},
    ],
)
@pytest.mark.parametrize("named", [False, True])
def test_an_error_event_in_any_form_is_an_error(event: dict[str, Any], named: bool) -> None:
    data = framed([event]) if named else f"data: {json.dumps(event)}\n\n".encode()
    error, usage = failed(data)
    assert (error.failure, error.status) == (Failure.REFUSED, 429)
    assert "Too fast." in error.message
    assert usage is None


def test_an_error_after_the_first_word_is_charged_by_what_came() -> None:
    _, events = wired()
    error, usage = failed(framed([*events[:6], {"type": "error", **ERROR}]))
    assert error.failure is Failure.CUT
    assert usage is not None
    assert (usage.output_tokens, usage.estimate_reason) == (2, EstimateReason.CUT)


def test_a_stream_that_ends_without_its_terminal_event_is_broken() -> None:
    _, events = wired()
    error, _ = failed(framed(events[:-1]))
    assert error.failure is Failure.CUT


@pytest.mark.parametrize("data", [b"data: {broken\n\n", b"data: []\n\n", b"", b"data: [DONE]\n\n"])
def test_a_stream_of_nothing_is_broken(data: bytes) -> None:
    assert failed(data)[0].failure is Failure.CUT


@pytest.mark.parametrize(
    "answer",
    [{}, [], {"status": "queued", "output": []}, {"status": "in_progress", "output": []}, {"output": 7}],
)
def test_an_answer_without_output_is_broken(answer: Any) -> None:
    with pytest.raises(ProviderError) as caught:
        whole(answer)
    assert caught.value.failure is Failure.CUT


def test_an_error_object_is_an_error() -> None:
    with pytest.raises(ProviderError, match=r"Too fast\.") as caught:
        whole({"error": ERROR})
    assert caught.value.failure is Failure.REFUSED


def test_an_error_never_tells_the_key() -> None:
    error, _ = failed(framed([{"type": "error", "message": f"bad key {KEY}", "code": None}]))
    assert KEY[:12] not in error.message


FIELDS: list[dict[str, Any]] = [
    {},
    {"input": "vendor:tool", "tools": TOOLS},
    {"input": "vendor:tool", "tools": [{"type": "custom", "name": "patch"}]},
    {"input": "vendor:reasoning=3", "reasoning": {"summary": "auto"}},
    {"max_output_tokens": 3},
]


@pytest.mark.parametrize("fields", FIELDS)
def test_a_whole_answer_in_place_of_a_stream_says_the_same(fields: dict[str, Any]) -> None:
    answer, events = wired(**{"given": fields.get("input", "hello"), **fields_without_input(fields)})
    chunks = events_of_response(whole(answer))
    made = [json.loads(chunk.data) for chunk in chunks]
    check_order(made)
    assert made[-1]["response"] == events[-1]["response"]
    assert chunks[-1].usage == whole(answer).usage


@pytest.mark.parametrize("fields", FIELDS)
def test_a_stream_in_place_of_a_whole_answer_says_the_same(fields: dict[str, Any]) -> None:
    answer, events = wired(**{"given": fields.get("input", "hello"), **fields_without_input(fields)})
    assert json.loads(run(response_of_events(framed(events), reader())).body) == answer


def fields_without_input(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "input"}


@pytest.mark.parametrize("place", range(len(FIELDS)))
def test_a_spoilt_answer_is_an_answer_or_a_defined_error(place: int) -> None:
    dice, fields = random.Random(place), FIELDS[place]
    answer, events = wired(**{"given": fields.get("input", "hello"), **fields_without_input(fields)})
    for _ in range(60):
        given = spoilt(answer, dice)
        try:
            completion = whole(given)
        except ProviderError:
            continue
        events_of_response(completion)
        check(completion.usage)
    for _ in range(60):
        stream = reader()
        try:
            usage = streamed(framed(spoilt_events(events, dice)), stream)[-1].usage
        except ProviderError:
            usage = run(stream.came())
        check(usage)


def spoilt_events(events: list[dict[str, Any]], dice: random.Random) -> list[dict[str, Any]]:
    """With one of them spoilt, or gone."""
    place = dice.randrange(len(events))
    changed = [] if dice.random() < 0.1 else [spoilt(events[place], dice)]
    return [*events[:place], *changed, *events[place + 1 :]]


def check(usage: Usage | None) -> None:
    """Every figure is a count."""
    if usage is None:
        return
    for tokens in (usage.input_tokens, usage.output_tokens):
        assert tokens is None or tokens >= 0
    assert usage.cached_input_tokens + usage.cache_write_tokens <= (usage.input_tokens or 0)
