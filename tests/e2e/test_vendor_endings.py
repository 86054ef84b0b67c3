"""However a vendor ends a call: a clear ending for the caller, and a settlement not below what may be billed."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from gateway_project.local.process import free_port
from metering.models import Provider, UsageLog, UsageReservation
from metering.reservation import running
from metering.types import ReservationState
from providers.openai_compatible import streamed as streamed_module
from tests.e2e.server import Server
from tests.e2e.wire import Wire
from tests.factories import BudgetFactory, make_token
from tests.vendors.running import RunningVendor

pytestmark = pytest.mark.slow
CALL_TIMEOUT_S = 1.0
MAX_TOKENS = 50
FREE, AS_HELD = "nothing", "as held"


@pytest.fixture
def token(front: Server) -> str:
    BudgetFactory(dimension="cost", amount=10**12)
    return make_token().secret


@pytest.fixture
def client(front: Server, token: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{front.url}/v1", api_key=token, max_retries=0) as client:
        yield client


@pytest.fixture
def impatient(directive: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For vendors that fall silent."""
    if "hang" in directive or "stall" in directive:
        monkeypatch.setattr(running, "CALL_TIMEOUT_S", CALL_TIMEOUT_S)


def ask(client: openai.OpenAI, text: str, *, stream: bool) -> list[Any]:
    """What came before the end."""
    messages: Any = [{"role": "user", "content": text}]
    answer: Any = client.chat.completions.create(
        model="small", messages=messages, max_tokens=MAX_TOKENS, stream=stream
    )
    return list(answer) if stream else [answer]


def assert_charged(how: str, outcome: str) -> None:
    row, held = UsageLog.objects.get(), UsageReservation.objects.get()
    assert held.state == ReservationState.SETTLED
    assert row.outcome == outcome
    charged = (row.input_tokens, row.output_tokens, row.cost_nano_usd)
    assert held.cost_nano_usd > 0
    assert charged == (
        (0, 0, 0) if how == FREE else (held.input_tokens, held.output_tokens, held.cost_nano_usd)
    )
    assert row.estimated is (how == AS_HELD)


BEFORE_THE_FIRST_TOKEN = [
    ("vendor:status=500", 502, "vendor_error", "error", FREE),
    ("vendor:status=401", 502, "vendor_error", "error", FREE),
    ("vendor:status=404", 502, "vendor_error", "error", FREE),
    ("vendor:status=400", 400, "invalid_request", "error", FREE),
    ("vendor:status=422", 400, "invalid_request", "error", FREE),
    ("vendor:status=504", 504, "vendor_timeout", "timeout", AS_HELD),
    ("vendor:hang", 504, "vendor_timeout", "timeout", AS_HELD),
    ("vendor:reset", 502, "vendor_error", "cut", AS_HELD),
    ("vendor:cut=0", 502, "vendor_error", "cut", AS_HELD),
]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("directive", "status", "code", "outcome", "charge"), BEFORE_THE_FIRST_TOKEN)
def test_an_end_before_the_first_token_is_an_error_answer(
    client: openai.OpenAI, directive: str, status: int, code: str, outcome: str, charge: str, stream: bool
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        ask(client, directive, stream=stream)
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert_charged(charge, outcome)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("directive", "status", "outcome"),
    [
        ("vendor:bad-json", 502, "cut"),
        ("vendor:cut=100", 502, "cut"),
        ("vendor:error", 502, "cut"),
        ("vendor:big=17000000", 502, "cut"),
        ("vendor:type=text/html vendor:bad-json", 502, "cut"),
        ("vendor:stall=600", 504, "timeout"),
    ],
)
def test_a_whole_answer_that_is_none_is_charged_as_held(
    client: openai.OpenAI, directive: str, status: int, outcome: str
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        ask(client, directive, stream=False)
    assert caught.value.status_code == status
    assert_charged(AS_HELD, outcome)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("directive", "code", "outcome"),
    [
        ("vendor:cut=3", "vendor_error", "cut"),
        ("vendor:end=3", "vendor_error", "cut"),
        ("vendor:bad-json", "vendor_error", "cut"),
        ("vendor:error", "vendor_error", "cut"),
        ("vendor:stall=600", "vendor_timeout", "timeout"),
        ("vendor:endless", "vendor_error", "cut"),
    ],
)
def test_a_stream_that_ends_badly_says_so_and_is_charged_as_held(
    front: Server, token: str, monkeypatch: pytest.MonkeyPatch, directive: str, code: str, outcome: str
) -> None:
    monkeypatch.setattr(streamed_module, "MAX_STREAM_BYTES", 200_000)
    with Wire(front, token) as wire:
        wire.ask(directive, stream=True, max_tokens=MAX_TOKENS)
        text = wire.read_all()
    assert b" 200 OK" in text[:30]
    assert b'"the"' in text, "what came before the end was not passed on"
    assert b"[DONE]" not in text
    last = json.loads(text.rpartition(b"data: ")[2].split(b"\n\n")[0])
    assert last["error"]["code"] == code
    assert last["error"]["request_id"]
    assert_charged(AS_HELD, outcome)


@pytest.mark.parametrize("stream", [False, True])
def test_the_vendors_own_words_about_a_bad_request_are_passed_on(
    client: openai.OpenAI, vendor: RunningVendor, stream: bool
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, "vendor:status=400 vendor:param=messages", stream=stream)
    assert "Invalid value for 'messages'." in str(caught.value)
    assert caught.value.param == "messages"
    assert vendor.api_key not in str(caught.value)


@pytest.mark.parametrize("status", [429, 503])
def test_when_the_vendor_wants_to_be_asked_again_is_passed_on(client: openai.OpenAI, status: int) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        ask(client, f"vendor:status={status} vendor:retry-after=9", stream=False)
    assert (caught.value.status_code, caught.value.code) == (502, "vendor_error")
    assert caught.value.response.headers["retry-after"] == "9"
    assert_charged(FREE, "error")


@pytest.mark.parametrize("stream", [False, True])
def test_a_vendor_that_cannot_be_reached_costs_nothing(client: openai.OpenAI, stream: bool) -> None:
    Provider.objects.update(base_url=f"http://127.0.0.1:{free_port()}/v1")
    with pytest.raises(openai.APIStatusError) as caught:
        ask(client, "hello", stream=stream)
    assert (caught.value.status_code, caught.value.code) == (502, "vendor_error")
    assert UsageReservation.objects.get().state == ReservationState.RELEASED
    assert not UsageLog.objects.exists()
