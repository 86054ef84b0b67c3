import json
from typing import Any

import pytest

from providers.port import ProviderError
from providers.sandbox.answer import answer_to
from providers.sandbox.directives import Directives
from providers.sandbox.provider import SandboxProvider
from tests.unit.providers.test_sandbox import answer, call, chunks

WRITE = "sandbox:tool=write_file"


def tools(*names: str) -> list[dict[str, Any]]:
    return [
        {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}} for name in names
    ]


async def choice_of(text: str, **fields: Any) -> dict[str, Any]:
    fields.setdefault("tools", tools("write_file", "read_file"))
    choice: dict[str, Any] = (await answer(text, **fields))["choices"][0]
    return choice


async def made_by(text: str, **fields: Any) -> list[tuple[str, Any]]:
    """The names and arguments of the calls."""
    calls = (await choice_of(text, **fields))["message"].get("tool_calls", [])
    return [(made["function"]["name"], json.loads(made["function"]["arguments"])) for made in calls]


async def test_it_calls_the_tool_that_it_is_told_to_call() -> None:
    arguments = {"path": "a b.txt", "lines": ["{", '"é"'], "mode": {"mask": 6}}
    choice = await choice_of(f"Please {WRITE} {json.dumps(arguments, ensure_ascii=False)} and go on.")
    (made,) = choice["message"]["tool_calls"]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", None)
    assert (made["type"], made["function"]["name"]) == ("function", "write_file")
    assert json.loads(made["function"]["arguments"]) == arguments
    assert made["id"].startswith("call_")


async def test_a_directive_without_arguments_calls_with_none() -> None:
    assert await made_by(f"{WRITE}, please") == [("write_file", {})]


async def test_several_directives_are_parallel_calls_with_ids_of_their_own() -> None:
    text = f'{WRITE} {{"n": 1}} sandbox:tool=read_file {{"n": 2}} {WRITE} {{"n": 3}}'
    assert await made_by(text) == [
        ("write_file", {"n": 1}),
        ("read_file", {"n": 2}),
        ("write_file", {"n": 3}),
    ]
    assert len({made["id"] for made in (await choice_of(text))["message"]["tool_calls"]}) == 3


async def test_without_leave_for_parallel_calls_there_is_one() -> None:
    assert await made_by(f"{WRITE} {WRITE}", parallel_tool_calls=False) == [("write_file", {})]


async def test_a_call_within_the_arguments_of_another_is_text() -> None:
    inner = {"text": 'sandbox:tool=read_file {"n": 1}'}
    assert await made_by(f"{WRITE} {json.dumps(inner)}") == [("write_file", inner)]


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": tools("read_file")},
        {"tools": None},
        {"tools": [{"type": "custom", "custom": {"name": "write_file"}}]},
        {"tool_choice": "none"},
    ],
    ids=["not offered", "none offered", "no function", "not wanted"],
)
async def test_a_tool_that_it_may_not_call_means_an_answer_in_words(fields: dict[str, Any]) -> None:
    choice = await choice_of(WRITE, **fields)
    assert "tool_calls" not in choice["message"]
    assert (choice["message"]["content"][:9], choice["finish_reason"]) == ("[sandbox]", "stop")


SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 3}},
    "required": ["city", "days"],
}
WEATHER = [*tools("read_file"), {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
NAMED = {"type": "function", "function": {"name": "weather"}}
FILLED = [("weather", {"city": "sandbox city", "days": 3})]


async def test_where_a_call_is_required_there_is_one_with_arguments_of_the_tool_s_schema() -> None:
    assert await made_by("hello", tools=WEATHER[1:], tool_choice="required") == FILLED
    assert await made_by(WRITE, tools=WEATHER, tool_choice="required") == [("read_file", {})]
    assert await made_by("hello", tools=WEATHER, tool_choice=NAMED) == FILLED
    assert await made_by("sandbox:tool=read_file", tools=WEATHER, tool_choice=NAMED) == FILLED


async def test_a_directive_tells_which_call_is_made_where_one_is_required() -> None:
    said = 'sandbox:tool=weather {"city": "Oslo"}'
    assert await made_by(said, tools=WEATHER, tool_choice="required") == [("weather", {"city": "Oslo"})]


async def test_what_is_required_is_called_once_and_then_its_result_is_quoted() -> None:
    messages = [{"role": "user", "content": "hello"}, {"role": "tool", "tool_call_id": "1", "content": "sun"}]
    choice = await choice_of("", messages=messages, tools=WEATHER, tool_choice="required")
    assert (choice["finish_reason"], choice["message"]["content"]) == ("stop", "[sandbox] The tool said: sun")


async def test_the_results_are_quoted() -> None:
    messages = [
        {"role": "user", "content": f"{WRITE} {WRITE}"},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "tool_call_id": "1", "content": "written: 12 bytes"},
        {"role": "tool", "tool_call_id": "2", "content": [{"type": "text", "text": "x" * 900}]},
    ]
    choice = await choice_of("", messages=messages)
    quoted = f"written: 12 bytes; {'x' * 200}"
    assert choice["message"]["content"] == f"[sandbox] The tool said: {quoted}"
    assert choice["finish_reason"] == "stop"


async def test_results_before_the_last_question_are_old() -> None:
    messages = [
        {"role": "user", "content": WRITE},
        {"role": "tool", "tool_call_id": "1", "content": "written"},
        {"role": "user", "content": "sandbox:tool=read_file"},
    ]
    assert await made_by("", messages=messages) == [("read_file", {})]


async def test_arguments_that_are_no_json_are_refused() -> None:
    with pytest.raises(ProviderError, match="write_file are no JSON object") as caught:
        await choice_of(f'{WRITE} {{"path": ')
    assert (caught.value.status, caught.value.param, caught.value.retryable) == (400, "messages", False)


def test_lone_surrogates_are_sent_as_question_marks() -> None:
    messages = [{"role": "user", "content": f'{WRITE} {{"a": "\ud800"}}'}]
    answer = answer_to({"messages": messages, "tools": tools("write_file")}, Directives())
    assert "".join(answer.calls[0].arguments) == '{"a": "?"}'


async def test_a_stream_makes_the_same_calls_in_pieces() -> None:
    text = f'{WRITE} {{"path": "a.txt", "text": "one two"}} sandbox:tool=read_file'
    offered = tools("write_file", "read_file")
    parts = await chunks(text, tools=offered)
    deltas = [choice["delta"] for part in parts for choice in part["choices"]]
    pieces = [piece for delta in deltas for piece in delta.get("tool_calls", ())]
    assert len(pieces) > 5
    whole = (await answer(text, tools=offered))["choices"][0]
    for index, made in enumerate(whole["message"]["tool_calls"]):
        first, *rest = [piece for piece in pieces if piece["index"] == index]
        assert {**first, "index": 0} == {
            **made,
            "index": 0,
            "function": {**made["function"], "arguments": ""},
        }
        said = "".join(piece["function"]["arguments"] for piece in rest)
        assert said == made["function"]["arguments"]
    assert [part["choices"][0]["finish_reason"] for part in parts[-2:-1]] == ["tool_calls"]
    assert parts[-1]["usage"]["completion_tokens"] > 5


async def test_calls_obey_the_output_limit() -> None:
    offered = tools("write_file")
    given = await answer(f'{WRITE} {{"path": "a.txt"}} {WRITE}', tools=offered, max_tokens=6)
    (made,) = given["choices"][0]["message"]["tool_calls"]
    assert (made["function"]["arguments"], given["choices"][0]["finish_reason"]) == ('{"path"', "length")
    assert given["usage"]["completion_tokens"] == 6


async def test_tools_and_calls_count_as_input() -> None:
    plain = (await answer(WRITE))["usage"]["prompt_tokens"]
    offered = (await answer(WRITE, tools=tools("other")))["usage"]["prompt_tokens"]
    assert plain < offered


def test_a_call_costs_its_name_and_arguments() -> None:
    body = call(f'{WRITE} {{"a": 1}}', tools=tools("write_file")).body
    usage = answer_to(body, Directives()).usage
    assert usage.output_tokens == 2 + 7  # "write_fi", "le"; {, ", a, ", :, 1, }


async def test_misbehaviour_goes_with_calls() -> None:
    body = f"{WRITE} sandbox:cut=3"
    stream = SandboxProvider().stream(call(body, tools=tools("write_file")))
    with pytest.raises(ProviderError, match="cut"):
        [chunk async for chunk in stream]


@pytest.mark.parametrize("function", [None, 7, {}, {"name": None}, {"name": ""}])
async def test_a_tool_without_a_name_is_refused_by_its_place(function: object) -> None:
    with pytest.raises(ProviderError) as caught:
        await answer("hello", tools=[*tools("read_file"), {"type": "function", "function": function}])
    assert (caught.value.status, caught.value.param) == (400, "tools[1].function.name")


async def test_a_choice_without_a_name_is_refused() -> None:
    with pytest.raises(ProviderError) as caught:
        await answer("hello", tools=tools("read_file"), tool_choice={"type": "function"})
    assert (caught.value.status, caught.value.param) == (400, "tool_choice.function.name")
