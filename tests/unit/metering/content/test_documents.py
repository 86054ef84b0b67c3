"""Texts of requests and answers of every protocol, whole and in the pieces of a stream."""

from typing import Any

import msgspec
import pytest

from metering.content.bounded import bounded_json
from metering.content.documents import pieces_of, redact_in_place
from metering.content.names import redact_names

CARD = "4111 1111 1111 1111"


def chunk(text: str, index: int = 0) -> dict[str, Any]:
    return {"object": "chat.completion.chunk", "choices": [{"index": index, "delta": {"content": text}}]}


def delta(text: str, index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}}


def output(text: str, index: int = 0) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "item_id": "m", "output_index": index, "delta": text}


@pytest.mark.parametrize("event", [chunk, delta, output])
@pytest.mark.parametrize("size", [1, 3, 7])
def test_a_number_that_a_stream_brings_in_pieces_is_found(event: Any, size: int) -> None:
    text = f"It is {CARD} indeed."
    events = [event(text[place : place + size]) for place in range(0, len(text), size)]
    assert redact_in_place(events) == {"card": 1}
    told = "".join(
        str(piece.text)
        for each in events
        for piece in pieces_of(each)
        if piece.path.endswith(("content", "text", "]delta")) or piece.path == "delta"
    )
    assert "It is [CARD] indeed." in told.replace("text_delta", "")
    assert "4111" not in msgspec.json.encode(events).decode()


@pytest.mark.parametrize("event", [chunk, delta, output])
def test_texts_of_two_answers_at_once_are_not_mixed(event: Any) -> None:
    events = [event("4111 1111", 0), event("ann@al", 1), event(" 1111 1111", 0), event("der.example", 1)]
    assert redact_in_place(events) == {"card": 1, "email": 1}


def test_what_is_whole_in_one_piece_is_found_between_letters_of_others() -> None:
    events = [chunk("x"), chunk(CARD), chunk("y")]
    redact_in_place(events)
    assert "4111" not in msgspec.json.encode(events).decode()


@pytest.mark.parametrize(
    "request_",
    [
        {"messages": [{"role": "user", "content": f"my card {CARD}"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": CARD}]}]},
        {"system": [{"type": "text", "text": CARD}], "messages": []},
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": CARD}]}], "instructions": ""},
        {"input": ["one", CARD]},
        {"input": CARD},
        {"messages": [{"role": "tool", "content": f'{{"card": "{CARD}"}}'}]},
        {"messages": [{"tool_calls": [{"function": {"arguments": f'{{"n": "{CARD}"}}'}}]}]},
        {"messages": [{"content": [{"type": "tool_use", "input": {"number": 4111111111111111}}]}]},
        {"disclosure": f"A pump {CARD}.", "options": {"deep": [[[CARD]]]}},
    ],
)
def test_every_text_of_a_request_is_looked_at(request_: dict[str, Any]) -> None:
    assert redact_in_place([request_])["card"] >= 1
    written = msgspec.json.encode(request_).decode()
    assert "4111" not in written
    assert "[CARD]" in written


def test_pictures_are_no_texts() -> None:
    request = {"messages": [{"content": [{"image_url": {"url": "data:image/png;base64,4111111111111111"}}]}]}
    assert not redact_in_place([request])


def test_a_document_nested_deeply_is_read() -> None:
    document: Any = CARD
    for _ in range(900):
        document = [document]
    assert redact_in_place([document]) == {"card": 1}


def test_long_texts_are_cut_and_say_so() -> None:
    written, is_cut = bounded_json({"messages": [{"content": "word " * 100_000}]}, most=100_000)
    assert is_cut
    assert len(written) <= 100_000
    assert "characters cut]" in msgspec.json.decode(written)["messages"][0]["content"]


def test_pictures_are_cut_too() -> None:
    written, is_cut = bounded_json({"url": "data:image/png;base64," + "A" * 500_000})
    assert is_cut
    assert len(written) < 1_000


def test_so_many_texts_that_none_can_be_left_are_told_of_by_their_length() -> None:
    written, is_cut = bounded_json(["word"] * 100_000)
    assert is_cut
    assert msgspec.json.decode(written)["cut"] == "700,001 bytes"


def test_a_short_document_stays_whole() -> None:
    assert bounded_json({"a": "b"}) == ('{"a":"b"}', False)


def test_names_that_many_objects_share_are_replaced_in_each() -> None:
    documents = [{"input": {"ann@alder.example": 1, "ann@alder.example ": 2}} for _ in range(2)]
    assert redact_names(documents) == {"email": 4}
    assert documents == [{"input": {"[EMAIL]": 1, "[EMAIL] ": 2}}] * 2


def test_sealed_parts_of_a_document_keep_their_names() -> None:
    document = {"signature": "AAA", "ordinary": [{"data": {"ann@alder.example": 1}, "format": "json"}]}
    assert not redact_names([document])


def test_a_type_that_is_no_text_makes_nothing_opaque() -> None:
    assert [piece.text for piece in pieces_of({"type": [], "data": "read me"})] == ["read me"]
