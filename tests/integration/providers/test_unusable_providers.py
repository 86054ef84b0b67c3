"""A provider that cannot be called, although it stands in the catalog: its calls cost nothing, over real HTTP."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from metering.models import Provider, UsageLog, UsageReservation
from metering.types import ReservationState
from tests.e2e.server import running_server
from tests.factories import ProviderFactory, make_token, reference_data
from tests.served import serve_model, settled_ledger
from tests.vendors.running import RunningVendor

pytestmark = pytest.mark.slow
KEY_VARIABLE = "FAKE_VENDOR_API_KEY"
HELLO: Any = [{"role": "user", "content": "hello"}]


@pytest.fixture
def client(
    transactional_db: Any, vendor: RunningVendor, monkeypatch: pytest.MonkeyPatch
) -> Iterator[openai.OpenAI]:
    """Of a gateway with one model of the fake vendor's, and one of the sandbox's."""
    monkeypatch.setenv(KEY_VARIABLE, vendor.api_key)
    reference_data()
    fake = ProviderFactory(
        name="fake", kind="openai_compatible", base_url=vendor.base_url, api_key_env=KEY_VARIABLE
    )
    serve_model("small", provider=fake)
    serve_model("sandbox-small")
    with (
        settled_ledger(),
        running_server() as server,
        openai.OpenAI(base_url=f"{server.url}/v1", api_key=make_token().secret, max_retries=0) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"base_url": "https://x..hunter2/v1"}, "sk-1"),
        ({}, "hunter2\nx-injected: 1"),
    ],
)
def test_a_call_is_refused_charged_nothing_and_leaves_other_providers_alone(
    client: openai.OpenAI,
    vendor: RunningVendor,
    monkeypatch: pytest.MonkeyPatch,
    values: dict[str, str],
    key: str,
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, key)
    if values:  # past every door
        Provider.objects.filter(name="fake").update(**values)
    for stream in (False, True):
        with pytest.raises(openai.InternalServerError) as refused:
            client.chat.completions.create(model="small", messages=HELLO, stream=stream)  # type: ignore[call-overload]
        assert (refused.value.status_code, refused.value.code) == (502, "vendor_error")
        assert "hunter2" not in refused.value.message
    assert not vendor.log.calls
    assert {row.state for row in UsageReservation.objects.all()} == {ReservationState.RELEASED}
    assert not UsageLog.objects.filter(cost_nano_usd__gt=0).exists()
    assert client.chat.completions.create(model="sandbox-small", messages=HELLO).choices
