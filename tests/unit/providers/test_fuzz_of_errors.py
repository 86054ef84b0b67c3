"""A refusal is one whatever its bytes: it costs nothing, and what is told of it is one bounded line without the key."""

from hypothesis import given

from providers.openai_compatible.errors import CREDENTIAL, LIMITED, MAX_RETRY_AFTER_S, WRONG_REQUEST, refused
from providers.port import Failure, ProviderError
from tests.properties import thorough
from tests.unit.providers.reading import check_told, streamed, whole
from tests.vendors.decisions import Decisions, drawn
from tests.vendors.odd_answers import OddAnswer
from tests.vendors.odd_values import KEY

STATUSES = (300, 304, 400, 401, 403, 404, 408, 413, 418, 422, 429, 500, 502, 503, 504, 524, 529, 599)
RETRY_AFTER = (
    *("3", "0.5", "-4", "inf", "nan", "1e999", "1_0", "\u0663", "", "soon", "9" * 5_000),
    *("Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:00", "Wed, 99 Oct 99999 07:28:00 +999999999"),
)


@thorough(1_000)
@given(drawn)
def test_a_refusal_of_any_bytes_is_one(data: bytes) -> None:
    decide = Decisions(data)
    body = OddAnswer(decide).error()
    status = decide.of(STATUSES)
    headers = {"retry-after": decide.of(RETRY_AFTER), "date": decide.of(RETRY_AFTER)}
    error = refused(status, headers, body[: decide.of((1 << 16, 5))], KEY)
    assert error.status == status or (status in WRONG_REQUEST and error.status in {*CREDENTIAL, LIMITED})
    assert f"status {error.status}: " in error.message
    assert error.failure is (Failure.TIMEOUT if status in (504, 524) else Failure.REFUSED)
    assert error.retry_after_s is None or 0 <= error.retry_after_s <= MAX_RETRY_AFTER_S
    check_told(error)


@thorough(1_000)
@given(drawn)
def test_an_error_with_a_success_is_a_refusal_where_nothing_was_said(data: bytes) -> None:
    error = OddAnswer(Decisions(data)).error_object()
    if error == b"{}":
        return  # for a client that is none
    body = b'{"error": %b}' % error
    given_whole, given_stream = whole(body), streamed([b"data: %b\n\n" % body.replace(b"\n", b" ")])
    for error in (given_whole, given_stream.failed):
        assert isinstance(error, ProviderError)
        check_told(error)
    assert (given_stream.chunks, given_stream.usage) == ([], None)
