"""Over HTTP, a call waits for room before anything of its answer is sent."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import openai
import pytest

from gateway_project.telemetry import metrics
from launcher.process import wait_until
from metering.models import UsageLog, UsageReservation
from tests.e2e.server import Server
from tests.factories import RuleFactory, make_token
from tests.vendors.running import RunningVendor

pytestmark = pytest.mark.slow
WITHIN_S = 30


@pytest.fixture
def bearer(front: Server) -> str:
    """Alder's, whose calls go one by one and wait for that."""
    RuleFactory(key="max_concurrent", value=1)
    RuleFactory(key="wait_for_room_s", value=30)
    return make_token().secret


@pytest.fixture
def client(front: Server, bearer: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{front.url}/v1", api_key=bearer, max_retries=0) as client:
        yield client


@pytest.fixture
def under_way(client: openai.OpenAI, vendor: RunningVendor) -> Iterator[None]:
    """A call that has the only place until the vendor's gate is opened."""
    vendor.hold()
    thread = threading.Thread(target=ask, args=(client,))
    thread.start()
    assert wait_until(lambda: vendor.log.at_once == 1, WITHIN_S)
    yield
    vendor.open()
    thread.join()


def ask(client: openai.OpenAI, **options: Any) -> Any:
    return client.chat.completions.with_raw_response.create(
        model="small", messages=[{"role": "user", "content": "hello"}], max_tokens=50, **options
    )


def waiting() -> int:
    return int(metrics.waiting_for_room.read()) if metrics.waiting_for_room.read is not None else 0


def wait_for(condition: Callable[[], bool]) -> None:
    assert wait_until(condition, WITHIN_S)


@pytest.mark.parametrize("stream", [False, True])
def test_a_call_that_waited_says_how_long(
    client: openai.OpenAI, vendor: RunningVendor, under_way: None, stream: bool
) -> None:
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(ask, client, stream=stream)
        wait_for(lambda: waiting() == 1)
        vendor.open()
        headers = late.result(WITHIN_S).headers
    assert float(headers["x-gateway-waited-ms"]) > 0
    assert headers["x-gateway-model"] == "small"


def test_a_call_that_did_not_wait_says_nothing_of_it(client: openai.OpenAI) -> None:
    assert "x-gateway-waited-ms" not in ask(client).headers


@pytest.mark.parametrize("stream", [False, True])
def test_a_caller_who_hangs_up_waits_no_more_and_is_charged_nothing(
    front: Server, bearer: str, vendor: RunningVendor, under_way: None, stream: bool
) -> None:
    body = {"model": "small", "messages": [{"role": "user", "content": "hello"}], "stream": stream}
    with httpx.Client(headers={"authorization": f"Bearer {bearer}"}, timeout=1) as impatient:
        with pytest.raises(httpx.TimeoutException):
            impatient.post(f"{front.url}/v1/chat/completions", json=body)
        wait_for(lambda: waiting() == 0)
    assert UsageReservation.objects.filter(state=0).count() == 1
    vendor.open()
    wait_for(lambda: not UsageReservation.objects.filter(state=0).exists())
    assert UsageLog.objects.count() == 1
