"""The input of a Responses request as messages of a chat completion."""

from typing import Any

import pytest

from providers.port import ProviderError
from providers.responses.marks import sealed
from providers.responses.request import chat_request

USER = {"role": "user", "content": "hello"}
CALL = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": '{"a":1}'}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "seen"}
CHAT_CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"a":1}'}}
CHAT_OUTPUT = {"role": "tool", "tool_call_id": "c1", "content": "seen"}


def messages(*items: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = chat_request({"model": "m", "input": list(items), **fields})["messages"]
    return found


def refused(*items: Any, **fields: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        chat_request({"model": "m", "input": list(items), **fields})
    assert caught.value.status == 400
    return caught.value


def test_a_text_is_a_message_of_the_user() -> None:
    assert chat_request({"model": "m", "input": "hi"})["messages"] == [{"role": "user", "content": "hi"}]


def test_instructions_come_first() -> None:
    assert messages(USER, instructions="Be brief.") == [{"role": "system", "content": "Be brief."}, USER]


def test_instructions_and_the_system_prompts_after_them_are_one() -> None:
    developer = {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "B"}]}
    assert messages(developer, USER, instructions="A")[0] == {"role": "system", "content": "A\n\nB"}


def test_a_later_developer_message_stays_where_it_is() -> None:
    found = messages(USER, {"role": "developer", "content": "Now in French."})
    assert found[1] == {"role": "system", "content": "Now in French."}


def test_one_text_part_is_a_text() -> None:
    item = {"role": "user", "content": [{"type": "input_text", "text": "hello"}]}
    assert messages(item) == [USER]


def test_texts_and_pictures_of_a_user_are_parts() -> None:
    parts = [
        {"type": "input_text", "text": "what is it?"},
        {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "low"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="},
    ]
    assert messages({"role": "user", "content": parts})[0]["content"] == [
        {"type": "text", "text": "what is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}},
    ]


def test_what_the_assistant_said_is_one_text() -> None:
    parts = [{"type": "output_text", "text": text, "annotations": []} for text in ("a", "b")]
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": parts}
    assert messages(USER, item)[1] == {"role": "assistant", "content": "ab"}


def test_a_refusal_of_the_assistant_stays_one() -> None:
    item = {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}
    assert messages(USER, item)[1]["content"] == [{"type": "refusal", "refusal": "No."}]


def test_two_messages_of_the_assistant_stay_two() -> None:
    said = [{"role": "assistant", "content": text} for text in ("a", "b")]
    assert messages(USER, *said)[1:] == said


def test_a_text_and_the_calls_after_it_are_one_message() -> None:
    second = {**CALL, "call_id": "c2"}
    found = messages(USER, {"role": "assistant", "content": "I look."}, CALL, second, OUTPUT)
    assert found[1:] == [
        {"role": "assistant", "content": "I look.", "tool_calls": [CHAT_CALL, {**CHAT_CALL, "id": "c2"}]},
        CHAT_OUTPUT,
    ]


def test_a_text_between_a_call_and_its_output_belongs_to_the_call() -> None:
    found = messages(USER, CALL, {"role": "assistant", "content": "I looked."}, OUTPUT)
    assert found[1:] == [
        {"role": "assistant", "content": "I looked.", "tool_calls": [CHAT_CALL]},
        CHAT_OUTPUT,
    ]


def test_calls_with_outputs_between_them_are_turns_of_their_own() -> None:
    second = {**CALL, "call_id": "c2"}, {**OUTPUT, "call_id": "c2"}
    assert [each["role"] for each in messages(USER, CALL, OUTPUT, *second)[1:]] == [
        *("assistant", "tool"),
        *("assistant", "tool"),
    ]


def test_an_output_in_parts_is_one_text() -> None:
    parts = [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]
    assert messages(USER, CALL, {**OUTPUT, "output": parts})[2]["content"] == "a\nb"


def test_pictures_of_an_output_go_to_the_user_after_all_outputs() -> None:
    image = {"type": "input_image", "image_url": "https://example.org/a.png"}
    pictured = {**OUTPUT, "output": [{"type": "input_text", "text": "a map"}, image]}
    second = {**CALL, "call_id": "c2"}, {**OUTPUT, "call_id": "c2"}
    said = messages(USER, CALL, second[0], pictured, second[1], {"role": "user", "content": "so?"})
    assert said[2:] == [
        {"role": "tool", "tool_call_id": "c1", "content": "a map"},
        {"role": "tool", "tool_call_id": "c2", "content": "seen"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "The result of the tool call c1:"},
                {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
            ],
        },
        {"role": "user", "content": "so?"},
    ]


def test_an_output_of_a_picture_alone_says_where_it_is_before_the_next_call() -> None:
    image = {"type": "input_image", "image_url": "https://example.org/a.png"}
    second = {**CALL, "call_id": "c2"}, {**OUTPUT, "call_id": "c2"}
    said = messages(USER, CALL, {**OUTPUT, "output": [image]}, *second)
    assert [each["role"] for each in said] == ["user", "assistant", "tool", "user", "assistant", "tool"]
    assert said[2]["content"] == "(The result is shown in the next message.)"


def test_a_custom_call_is_a_call_of_a_function_with_one_text() -> None:
    custom = {"type": "custom_tool_call", "call_id": "c1", "name": "patch", "input": 'a "b"'}
    output = {"type": "custom_tool_call_output", "call_id": "c1", "output": "done"}
    function = {"name": "patch", "arguments": '{"input":"a \\"b\\""}'}
    assert messages(USER, custom, output)[1]["tool_calls"][0]["function"] == function


def test_thoughts_are_left_out() -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAx"}
    assert messages(USER, thought, {"role": "assistant", "content": "a"}) == messages(
        USER, {"role": "assistant", "content": "a"}
    )


def test_what_a_call_wants_back_comes_back_with_it() -> None:
    extra = {"google": {"thought_signature": "s"}, "made_by": "m"}
    thought = {
        "type": "reasoning",
        "id": "rs_gw_1_0",
        "summary": [],
        "encrypted_content": sealed({"c1": extra}),
    }
    assert messages(USER, thought, CALL, OUTPUT)[1]["tool_calls"] == [{**CHAT_CALL, "extra_content": extra}]


@pytest.mark.parametrize("spoilt", ["gateway.1.", "gateway.1.%%%", "gateway.1.bm90IGpzb24=", "gateway.1.é"])
def test_spoilt_thoughts_are_as_good_as_none(spoilt: str) -> None:
    thought = {"type": "reasoning", "summary": [], "encrypted_content": spoilt}
    assert messages(USER, thought, CALL, OUTPUT)[1]["tool_calls"] == [CHAT_CALL]


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({"type": "item_reference", "id": "msg_1"}, "input[0].type"),
        ({"type": "web_search_call", "id": "ws_1"}, "input[0].type"),
        ({"type": "compaction", "encrypted_content": "x"}, "input[0].type"),
        ({"id": "x"}, "input[0].type"),
        ("hello", "input[0]"),
        ({"role": "narrator", "content": "x"}, "input[0].role"),
        ({"role": "user", "content": "x", "weight": 2}, "input[0].weight"),
        ({"role": "user", "content": [{"type": "input_audio"}]}, "input[0].content[0].type"),
        ({"role": "user", "content": [{"type": "input_text", "text": 1}]}, "input[0].content[0].text"),
        (
            {"role": "user", "content": [{"type": "input_image", "file_id": "f"}]},
            "input[0].content[0].file_id",
        ),
        (
            {"role": "user", "content": [{"type": "input_file", "file_url": "u"}]},
            "input[0].content[0].file_url",
        ),
        ({**CALL, "call_id": None}, "input[0].call_id"),
        ({**CALL, "name": ""}, "input[0].name"),
        ({**CALL, "caller": {"type": "program", "caller_id": "p"}}, "input[0].caller"),
        ({**OUTPUT, "output": None}, "input[0].output"),
    ],
)
def test_an_item_without_counterpart_is_refused_by_its_path(item: Any, path: str) -> None:
    assert refused(item).param == path


@pytest.mark.parametrize("given", [None, 7, {}, ""])
def test_an_input_that_is_none_is_refused(given: Any) -> None:
    with pytest.raises(ProviderError) as caught:
        chat_request({"model": "m", "input": given})
    assert caught.value.param == "input"


def test_an_empty_input_is_refused() -> None:
    assert refused().param == "input"
