"""However a vendor ends a call: a clear ending for the caller, and a settlement not below what may be billed."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from launcher.process import free_port
from metering.models import Provider, UsageLog, UsageReservation
from metering.reservation import tries
from metering.types import ReservationState
from providers.openai_compatible import events as events_module
from tests.e2e.server import Server
from tests.e2e.wire import Wire
from tests.factories import BudgetFactory, make_token
from tests.vendors.running import RunningVendor

pytestmark = pytest.mark.slow
CALL_TIMEOUT_S = 3.0
MAX_TOKENS = 50
FREE, UNANSWERED, WHAT_CAME, OTHERWISE = "nothing", "input and limit", "input and what came", "otherwise"
Ending = tuple[int, str, str, str]
"""Status and code for the caller; outcome and charge in the books."""

FAILED: Ending = (502, "vendor_error", "error", FREE)
BAD_REQUEST: Ending = (400, "invalid_request", "error", FREE)
NO_SUCH_MODEL: Ending = (404, "model_not_found", "error", FREE)
TOO_MANY: Ending = (429, "vendor_rate_limited", "error", FREE)
TIMED_OUT: Ending = (504, "vendor_timeout", "timeout", UNANSWERED)
CUT: Ending = (502, "vendor_error", "cut", UNANSWERED)
TIMED_OUT_IN_THE_STREAM: Ending = (200, "vendor_timeout", "timeout", WHAT_CAME)
CUT_IN_THE_STREAM: Ending = (200, "vendor_error", "cut", WHAT_CAME)

BEFORE_THE_FIRST_TOKEN: dict[str, Ending] = {
    "vendor:status=500": FAILED,
    "vendor:status=401": FAILED,
    "vendor:status=404": NO_SUCH_MODEL,
    "vendor:status=429": TOO_MANY,
    "vendor:status=502": FAILED,
    "vendor:status=503": FAILED,
    "vendor:status=400": BAD_REQUEST,
    "vendor:status=422": BAD_REQUEST,
    "vendor:status=504": TIMED_OUT,
    "vendor:hang": TIMED_OUT,
    "vendor:reset": CUT,
    "vendor:cut=0": CUT,
}
WHOLE_ANSWERS: dict[str, Ending] = {
    "vendor:bad-json": CUT,
    "vendor:cut=100": CUT,
    "vendor:error": FAILED,
    "vendor:big=17000000": CUT,
    "vendor:type=text/html vendor:bad-json": CUT,
    "vendor:stall=600": TIMED_OUT,
}
AFTER_THE_FIRST_TOKEN: dict[str, Ending] = {
    "vendor:cut=3": CUT_IN_THE_STREAM,
    "vendor:end=3": CUT_IN_THE_STREAM,
    "vendor:bad-json": CUT_IN_THE_STREAM,
    "vendor:error": CUT_IN_THE_STREAM,
    "vendor:stall=600": TIMED_OUT_IN_THE_STREAM,
    "vendor:endless": CUT_IN_THE_STREAM,
}


@pytest.fixture
def token(front: Server) -> str:
    BudgetFactory(dimension="cost", amount=10**12)
    return make_token().secret


@pytest.fixture
def client(front: Server, token: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{front.url}/v1", api_key=token, max_retries=0) as client:
        yield client


def ask(client: openai.OpenAI, text: str, *, stream: bool, request_id: str = "call") -> openai.APIStatusError:
    """The error that comes instead of an answer."""
    messages: Any = [{"role": "user", "content": text}]
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(
            model="small",
            messages=messages,
            max_tokens=MAX_TOKENS,
            stream=stream,
            extra_headers={"x-request-id": request_id},
        )
    return caught.value


def booked(request_id: str) -> tuple[str, str]:
    """Outcome and charge of a call, whose reservation is settled."""
    row = UsageLog.objects.get(request_id=request_id)
    held = UsageReservation.objects.get(pk=row.reservation_id)
    assert held.state == ReservationState.SETTLED
    assert held.cost_nano_usd > 0
    charged = (row.input_tokens, row.output_tokens, row.cost_nano_usd, row.steps, row.estimated)
    if charged == (0, 0, 0, 0, False):
        return row.outcome, FREE
    assert 0 < row.input_tokens < held.input_tokens, "the input was not counted"
    if (row.output_tokens, row.estimate_reason) == (held.output_tokens, "unanswered"):
        return row.outcome, UNANSWERED
    came = row.output_tokens > 0 and row.estimate_reason == "cut"
    return row.outcome, WHAT_CAME if came else OTHERWISE


def endings(client: openai.OpenAI, directives: dict[str, Ending], *, stream: bool) -> dict[str, Ending]:
    """How each of them ends, for the caller and in the books; patient only with vendors that are not silent."""
    found: dict[str, Ending] = {}
    for directive in directives:
        with pytest.MonkeyPatch.context() as patch:
            if "hang" in directive or "stall" in directive:
                patch.setattr(tries, "TOTAL_S", CALL_TIMEOUT_S)
            error = ask(client, directive, stream=stream, request_id=f"r-{len(found)}")
        found[directive] = (error.status_code, str(error.code), *booked(f"r-{len(found)}"))
    return found


@pytest.mark.parametrize("stream", [False, True])
def test_an_end_before_the_first_token_is_an_error_answer(client: openai.OpenAI, stream: bool) -> None:
    assert endings(client, BEFORE_THE_FIRST_TOKEN, stream=stream) == BEFORE_THE_FIRST_TOKEN


def test_a_whole_answer_that_is_none_is_charged_its_input_and_the_limit(client: openai.OpenAI) -> None:
    assert endings(client, WHOLE_ANSWERS, stream=False) == WHOLE_ANSWERS


def test_a_stream_that_ends_badly_says_so_and_is_charged_for_what_came(
    front: Server, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "MAX_STREAM_BYTES", 200_000)
    found: dict[str, Ending] = {}
    for directive in AFTER_THE_FIRST_TOKEN:
        with pytest.MonkeyPatch.context() as patch, Wire(front, token) as wire:
            if "stall" in directive:
                patch.setattr(tries, "TOTAL_S", CALL_TIMEOUT_S)
            wire.ask(directive, stream=True, max_tokens=MAX_TOKENS)
            text = wire.read_all()
        assert b'"the"' in text, "what came before the end was not passed on"
        assert b"[DONE]" not in text
        error = json.loads(text.rpartition(b"data: ")[2].split(b"\n\n")[0])["error"]
        status = int(text.split()[1])
        found[directive] = (status, error["code"], *booked(error["request_id"]))
    assert found == AFTER_THE_FIRST_TOKEN


@pytest.mark.parametrize("stream", [False, True])
def test_the_vendors_own_words_about_a_bad_request_are_passed_on(
    client: openai.OpenAI, vendor: RunningVendor, stream: bool
) -> None:
    error = ask(client, "vendor:status=400 vendor:param=messages", stream=stream)
    assert "Invalid value for 'messages'." in str(error)
    assert error.param == "messages"
    assert vendor.api_key not in str(error)


@pytest.mark.parametrize(("status", "ending"), [(429, TOO_MANY), (503, FAILED)])
def test_when_the_vendor_wants_to_be_asked_again_is_passed_on(
    client: openai.OpenAI, status: int, ending: Ending
) -> None:
    error = ask(client, f"vendor:status={status} vendor:retry-after=9", stream=False)
    assert (error.status_code, error.code) == ending[:2]
    assert error.response.headers["retry-after"] == "9"
    assert booked("call") == ("error", FREE)


@pytest.mark.parametrize("stream", [False, True])
def test_a_vendor_that_cannot_be_reached_costs_nothing(client: openai.OpenAI, stream: bool) -> None:
    Provider.objects.update(base_url=f"http://127.0.0.1:{free_port()}/v1")
    error = ask(client, "hello", stream=stream)
    assert (error.status_code, error.code) == (502, "vendor_error")
    assert UsageReservation.objects.get().state == ReservationState.RELEASED
    assert not UsageLog.objects.exists()
