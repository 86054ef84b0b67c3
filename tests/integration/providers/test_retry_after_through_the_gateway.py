"""A vendor that says when to come back, asked through the whole gateway, where there is no other one."""

import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from metering.ids import uuid7
from metering.models import UsageLog
from metering.reservation.tries import MAX_PAUSE_S
from tests.e2e.server import running_server
from tests.factories import ProviderFactory, make_token, reference_data
from tests.served import serve_model, settled_ledger
from tests.vendors.running import RunningVendor

pytestmark = pytest.mark.slow
KEY_VARIABLE = "FAKE_VENDOR_API_KEY"
SOON_S = 2
"""More than any pause of our own would be."""


@pytest.fixture
def client(
    transactional_db: Any, vendor: RunningVendor, monkeypatch: pytest.MonkeyPatch
) -> Iterator[openai.OpenAI]:
    monkeypatch.setenv(KEY_VARIABLE, vendor.api_key)
    reference_data()
    provider = ProviderFactory(
        name=f"alone-{uuid7().hex[-12:]}",
        kind="openai_compatible",
        base_url=vendor.base_url,
        api_key_env=KEY_VARIABLE,
        traits={},  # retries as they are by default
    )
    serve_model("small", provider=provider, physical_name="fake-small")
    with settled_ledger(), running_server() as server:
        secret = make_token().secret
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key=secret, max_retries=0) as client:
            yield client


def ask(client: openai.OpenAI, *, streamed: bool = False) -> Any:
    return client.chat.completions.with_raw_response.create(
        model="small", messages=[{"role": "user", "content": "hello"}], max_tokens=5, stream=streamed
    )


@pytest.mark.parametrize(("status", "streamed"), [(429, False), (503, True)], ids=["whole", "streamed"])
def test_a_vendor_is_asked_again_when_it_wants_to_be_and_not_before(
    client: openai.OpenAI, vendor: RunningVendor, status: int, streamed: bool
) -> None:
    vendor.vendor.next.append(f"vendor:status={status} vendor:retry-after={SOON_S}")
    raw = ask(client, streamed=streamed)
    assert raw.headers["x-gateway-attempts"] == "2"
    if streamed:
        assert list(raw.parse())
    first, second = vendor.log.calls
    assert second.started_at - first.started_at >= SOON_S
    assert [row.outcome for row in UsageLog.objects.order_by("attempt")] == ["error", "ok"]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_vendor_that_wants_to_be_asked_late_is_not_waited_for_and_the_caller_is_told(
    client: openai.OpenAI, vendor: RunningVendor, streamed: bool
) -> None:
    late_s = int(MAX_PAUSE_S) + 1
    vendor.vendor.next.append(f"vendor:status=429 vendor:retry-after={late_s}")
    began_s = time.monotonic()
    with pytest.raises(openai.RateLimitError) as caught:
        ask(client, streamed=streamed)
    assert time.monotonic() - began_s < MAX_PAUSE_S
    assert caught.value.code == "vendor_rate_limited"
    assert caught.value.response.headers["retry-after"] == str(late_s)
    assert len(vendor.log.calls) == 1
    (row,) = UsageLog.objects.all()
    assert (row.outcome, row.cost_nano_usd) == ("error", 0)
