"""Which chunks say nothing of an answer yet."""

import pytest

from metering.reservation.silence import says_something
from tests.fakes.vendors import FakeChunk, FakeUsage


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}]}', False),
        (b'{"choices":[{"delta":{"role":"assistant"}}]}', False),
        (b'{"choices":[]}', False),
        (b"", False),
        (b'{"choices":[{"delta":{"content":"a"}}]}', True),
        (b'{"choices":[{"delta":{"reasoning_content":"a"}}]}', True),
        (b'{"choices":[{"delta":{"tool_calls":[{"index":0}]}}]}', True),
        (b'{"choices":[{"delta":{},"finish_reason":"stop"}]}', True),
        (b'{"other":1}', True),
        (b'{"choices":"text"}', True),
    ],
)
def test_a_chunk_without_any_part_of_an_answer_says_nothing(data: bytes, says: bool) -> None:
    assert says_something(FakeChunk(data=data)) is says


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"type":"message_start","message":{"content":[]}}', False),
        (b'{"type":"ping"}', False),
        (b'{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}', False),
        (b'{"type":"content_block_start","content_block":{"type":"thinking","thinking":"","signature":""}}', False),
        (b'{"type":"content_block_start","content_block":{"type":"text","text":"a"}}', True),
        (b'{"type":"content_block_start","content_block":{"type":"tool_use","name":"f","input":{}}}', True),
        (b'{"type":"content_block_start","content_block":{"type":"redacted_thinking","data":"a"}}', True),
        (b'{"type":"content_block_start"}', True),
        (b'{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}', True),
        (b'{"type":"content_block_stop","index":0}', True),
    ],
)  # fmt: skip
def test_an_event_of_a_message_that_only_begins_a_text_says_nothing(data: bytes, says: bool) -> None:
    assert says_something(FakeChunk(data=data)) is says


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"type":"response.created","response":{"instructions":"a"}}', False),
        (b'{"type":"response.in_progress"}', False),
        (b'{"type":"response.output_item.added","item":{"type":"message","content":[]}}', False),
        (b'{"type":"response.output_item.added","item":{"type":"reasoning","summary":[]}}', False),
        (b'{"type":"response.content_part.added","part":{"type":"output_text","text":"","logprobs":[]}}', False),
        (b'{"type":"response.reasoning_summary_part.added","part":{"type":"summary_text","text":""}}', False),
        (b'{"type":"response.output_item.added","item":{"type":"function_call","arguments":""}}', True),
        (b'{"type":"response.output_item.added","item":{"type":"message","content":[{"text":"a"}]}}', True),
        (b'{"type":"response.content_part.added","part":{"type":"refusal","refusal":"a"}}', True),
        (b'{"type":"response.content_part.added"}', True),
        (b'{"type":"response.output_text.delta","delta":"a"}', True),
        (b'{"type":"response.completed"}', True),
    ],
)  # fmt: skip
def test_an_event_of_a_response_that_only_begins_a_text_says_nothing(data: bytes, says: bool) -> None:
    assert says_something(FakeChunk(data=data)) is says


def test_a_chunk_with_the_usage_says_something() -> None:
    assert says_something(FakeChunk(data=b"", usage=FakeUsage()))
