"""Any bytes a vendor can send end in an answer or in a defined error; what a strict client reads is not lost."""

from hypothesis import given
from hypothesis import strategies as st

from providers.openai_compatible.events import EventParser, EventTooLarge
from providers.port import Completion, ProviderError
from tests.properties import thorough
from tests.unit.providers.reading import Streamed, check_told, decoded, streamed, whole
from tests.vendors.decisions import Decisions, drawn
from tests.vendors.odd_answers import OddAnswer
from tests.vendors.odd_streams import BYTE_ORDER_MARK, pieces_of, stream_of
from tests.vendors.odd_values import ODD
from tests.vendors.reference_reader import Unreadable, in_order, read_stream, read_whole


def check_whole(given: Completion | ProviderError) -> None:
    if isinstance(given, ProviderError):
        check_told(given)
    else:
        assert isinstance(decoded(given.body), dict)


def check_stream(given: Streamed) -> None:
    """Its chunks are objects on one line each, and only the last one says what is charged."""
    for chunk in given.chunks:
        assert b"\n" not in chunk.data
        assert b"\r" not in chunk.data
        assert not chunk.data or isinstance(decoded(chunk.data), dict)
    assert all(chunk.usage is None for chunk in given.chunks[:-1])
    if given.failed is None:
        assert given.chunks[-1].usage is not None
    else:
        check_told(given.failed)
        assert not given.chunks or given.chunks[-1].usage is None


@thorough(1_500)
@given(drawn)
def test_any_bytes_end_in_an_answer_or_a_defined_error(data: bytes) -> None:
    decide = Decisions(data)
    raw = data[len(data) - decide.below(40) :]
    body = stream_of(decide) if decide.once_in(2) else OddAnswer(decide).answer()
    place = decide.below(1 << 12) % (len(body) + 1)
    spoilt = decide.of((raw, b"", *ODD))
    body = body[:place] + spoilt + body[place + decide.of((0, 1, len(raw), 1 << 16)) :]
    for each in (raw, body):
        check_whole(whole(each))
        check_stream(streamed([each]))


@thorough(1_500)
@given(drawn)
def test_a_whole_answer_that_a_client_reads_is_given_in_either_form(data: bytes) -> None:
    decide = Decisions(data)
    body = OddAnswer(decide).answer(choices=decide.below(3) + 1)
    given, as_stream = whole(body), streamed([body])
    check_whole(given)
    check_stream(as_stream)
    try:
        texts = read_whole(body)
    except Unreadable:
        return
    assert isinstance(given, Completion)
    assert read_whole(given.body) == texts
    assert in_order(read_stream(as_stream.as_sent, ours=True)) == in_order(texts)


@thorough(1_500)
@given(drawn)
def test_a_stream_that_a_client_reads_is_given_in_either_form(data: bytes) -> None:
    body = stream_of(Decisions(data))
    given, as_whole = streamed([body]), whole(body)
    check_stream(given)
    check_whole(as_whole)
    try:
        texts = read_stream(body)
    except Unreadable:
        return
    assert given.failed is None
    assert isinstance(as_whole, Completion)
    if not body.endswith((b"\n\n", b"\r\r", b"\r\n\r\n")):
        return  # what lacks its blank line is read by the gateway alone
    assert in_order(read_stream(given.as_sent, ours=True)) == in_order(texts)
    assert in_order(read_whole(as_whole.body)) == in_order(texts)


@thorough(1_500)
@given(drawn)
def test_how_bytes_are_cut_into_pieces_changes_nothing(data: bytes) -> None:
    decide = Decisions(data)
    body = OddAnswer(decide).answer() if decide.once_in(8) else stream_of(decide)
    assert streamed(pieces_of(decide, body)).facts == streamed([body]).facts


@thorough(1_000)
@given(drawn, st.text("da:\n\r x", max_size=30), st.integers(1, 12))
def test_how_bytes_are_cut_changes_no_event(data: bytes, text: str, longest: int) -> None:
    decide = Decisions(data)
    body = decide.of((b"", BYTE_ORDER_MARK)) + text.replace("d", "data:").encode()
    assert events_in([body], longest) == events_in(pieces_of(decide, body), longest)


def events_in(pieces: list[bytes], longest: int) -> list[bytes] | None:
    """None: one was too long."""
    parser = EventParser(longest)
    try:
        return [event for piece in pieces for event in parser.feed(piece)] + parser.end()
    except EventTooLarge:
        return None
