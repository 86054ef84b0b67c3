from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.openai_compatible.events import EventParser, EventTooLarge

EVENTS = [b'{"a":1}', b'{"b":"x\\ny"}', b"[DONE]"]


def parsed(data: bytes, cuts: list[int]) -> list[bytes]:
    parser = EventParser(1_000)
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(places)]
    found = [event for piece in pieces for event in parser.feed(piece)]
    return found + parser.end()


@given(
    cuts=st.lists(st.integers(0, 200), max_size=12),
    line_end=st.sampled_from([b"\n", b"\r\n", b"\r"]),
    noise=st.sampled_from([b"", b": comment", b"event: chunk", b"id: 7"]),
    space=st.sampled_from([b"", b" "]),
    ended=st.booleans(),
)
def test_however_the_bytes_are_cut_the_events_are_the_same(
    cuts: list[int], line_end: bytes, noise: bytes, space: bytes, ended: bool
) -> None:
    blocks = [noise + line_end * bool(noise) + b"data:" + space + event for event in EVENTS]
    data = (line_end * 2).join(blocks) + line_end * 2 * ended
    assert parsed(data, cuts) == EVENTS


def test_data_over_several_lines_is_one_event() -> None:
    assert parsed(b'data: {"a":\ndata: 1}\n\n', []) == [b'{"a":\n1}']


@pytest.mark.parametrize(
    ("data", "given"), [(b'{"a":1}', b'{"error":{"a":1}}'), (b"gone", b'{"error":"gone"}'), (b"", b"")]
)
def test_an_event_named_error_is_an_error_object(data: bytes, given: bytes) -> None:
    assert parsed(b"event: error\r\ndata: " + data + b"\r\n\r\n", []) == ([given] if given else [])


def test_comments_alone_are_no_events() -> None:
    assert parsed(b": OPENROUTER PROCESSING\n\n: again\n\n", []) == []


@pytest.mark.parametrize("end", [b"", b"\n\n"])
def test_an_event_that_is_too_long(end: bytes) -> None:
    with pytest.raises(EventTooLarge):
        EventParser(10).feed(b"data: 0123456789" + end)


@pytest.mark.parametrize("nothing", [b"data: ", b"data:", b"data", b"event: ping", b"id: 7\ndata: "])
def test_events_of_nothing_are_none(nothing: bytes) -> None:
    assert EventParser(1_000).feed(nothing + b"\n\n") == []


def test_a_long_event_in_many_pieces_is_not_copied_for_each_of_them() -> None:
    """Ten thousand pieces of one event: copying what has come for each would move 80 GB."""
    parser, piece = EventParser(32 * 1024 * 1024), b"x" * 1_600
    assert parser.feed(b"data: ") == []
    for _ in range(10_000):
        assert parser.feed(piece) == []
    assert parser.feed(b"\n") == []
    assert [len(event) for event in parser.feed(b"\n")] == [16_000_000]


@pytest.mark.parametrize("cuts", [[], [1], [1, 2], [3], [4], list(range(40))])
def test_a_byte_order_mark_is_left_out_at_the_beginning_alone(cuts: list[int]) -> None:
    mark = b"\xef\xbb\xbf"
    assert parsed(mark + b"data: 1\n\ndata: 2\n\n", cuts) == [b"1", b"2"]
    assert parsed(b"\n\n" + mark + b"data: 1\n\ndata: 2\n\n", cuts) == [b"2"]
