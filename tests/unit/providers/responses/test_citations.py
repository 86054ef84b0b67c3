"""What search models cite, as annotations of a Responses answer: only what the vendor says, each where it says so."""

from typing import Any

import pytest

from tests.unit.providers.responses.chat import call, chunk, completion, streamed, types, whole
from tests.unit.providers.responses.sdk import check_order, check_types, check_whole

TEXT = "The sky is blue [1] and the sea is too.[3][2]"
RESULTS = [
    {"title": "Sky", "url": "https://sky.example", "date": "2026-01-01"},
    {"title": "Sea", "url": "https://sea.example"},
]


def chat_citation(start: Any, end: Any, **fields: Any) -> dict[str, Any]:
    source = {"url": "https://sky.example", "title": "Sky", **fields}
    return {"type": "url_citation", "url_citation": {"start_index": start, "end_index": end, **source}}


def cited(start: int, end: int, url: str = "https://sky.example", title: str = "Sky") -> dict[str, Any]:
    return {"type": "url_citation", "start_index": start, "end_index": end, "url": url, "title": title}


def annotations(message: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    """Of the first text of a whole answer."""
    answer = whole({**completion(message), **fields})
    check_whole(answer)
    found: list[dict[str, Any]] = answer["output"][0]["content"][0]["annotations"]
    return found


def events_of(*chunks: dict[str, Any]) -> list[dict[str, Any]]:
    events = streamed(chunks)
    check_types(events)
    check_order(events)
    return events


def test_annotations_of_a_chat_message_keep_their_places() -> None:
    given = [
        chat_citation(4, 7),
        chat_citation(24, 27, url="https://sea.example", content="Waves", title=None),
    ]
    assert annotations({"content": TEXT, "annotations": given}) == [
        cited(4, 7),
        cited(24, 27, "https://sea.example", ""),
    ]


@pytest.mark.parametrize("before", [True, False], ids=["before the text", "behind it"])
def test_annotations_of_a_stream_are_told_once_when_the_text_is_whole(before: bool) -> None:
    deltas = [{"content": "The sky is "}, {"content": "blue"}]
    deltas.insert(0 if before else 2, {"annotations": [chat_citation(4, 7)]})
    events = events_of(*map(chunk, deltas), chunk({"annotations": [chat_citation(4, 7)]}, finish="stop"))
    assert types(events)[-5:] == [
        "output_text.annotation.added",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    (added,) = [event for event in events if event["type"].endswith("annotation.added")]
    assert (added["annotation_index"], added["content_index"], added["annotation"]) == (0, 0, cited(4, 7))
    assert events[-1]["response"]["output"][0]["content"][0]["annotations"] == [cited(4, 7)]


def test_a_place_counts_from_the_beginning_of_its_own_text() -> None:
    first, second = {"content": "Look. "}, {"content": "Blue."}
    calling = {"tool_calls": [{"index": 0, **call("c1", "look", "{}")}]}
    late = {"annotations": [chat_citation(6, 10), chat_citation(0, 4)]}
    events = events_of(chunk(first), chunk(calling), chunk(second), chunk(late, finish="stop"))
    looked, _, said = events[-1]["response"]["output"]
    assert looked["content"][0]["annotations"] == []
    assert said["content"][0]["annotations"] == [cited(0, 4)]


@pytest.mark.parametrize(
    "named",
    [
        {"search_results": RESULTS},
        {"search_results": RESULTS, "citations": [each["url"] for each in RESULTS]},
    ],
)
def test_numbers_in_a_text_cite_the_sources_of_the_answer(named: dict[str, Any]) -> None:
    assert annotations({"content": TEXT}, **named) == [
        cited(16, 19),
        cited(42, 45, "https://sea.example", "Sea"),
    ]


def test_sources_without_titles_have_none() -> None:
    assert annotations({"content": TEXT}, citations=["https://sky.example"]) == [
        cited(16, 19, title=""),
    ]


def test_sources_that_come_with_the_last_chunk_alone_are_cited() -> None:
    events = events_of(chunk({"content": TEXT}), {**chunk({}, finish="stop"), "search_results": RESULTS})
    assert len(events[-1]["response"]["output"][0]["content"][0]["annotations"]) == 2


def test_a_number_in_code_is_no_source() -> None:
    text = "`a[1]` and ```\nb[1]\n``` but [1]"
    assert annotations({"content": text}, citations=["https://sky.example"]) == [cited(28, 31, title="")]


@pytest.mark.parametrize(
    "given",
    [
        [chat_citation(None, 4)],
        [chat_citation(4, 1)],
        [chat_citation(-1, 4)],
        [chat_citation(900, 904)],
        [chat_citation(True, 4)],
        [chat_citation(0, 4, url=None)],
        [{"type": "url_citation"}, "x", {"type": "file_citation"}],
        "many",
    ],
)
def test_what_says_no_source_or_no_place_in_the_text_is_left_out(given: Any) -> None:
    assert annotations({"content": TEXT, "annotations": given}) == []


@pytest.mark.parametrize(
    "named", [{"citations": "x"}, {"citations": [1, None]}, {"search_results": [1, {"url": [2]}]}]
)
def test_sources_that_cannot_be_read_are_left_out(named: dict[str, Any]) -> None:
    assert annotations({"content": TEXT}, **named) == []
