"""One small call to each real vendor whose key is set: `script/test -m live`. Left out otherwise; it costs money."""

import os
from typing import Any

import openai
import pytest

from gateway_project.vendor_catalogs.known import KnownVendor, known_vendors
from metering.models import UsageLog
from tests.e2e.server import running_server
from tests.factories import make_token, reference_data
from tests.integration.metering.management.asking import answer
from tests.served import settled_ledger

pytestmark = [pytest.mark.live, pytest.mark.slow]
LOCAL = "OLLAMA_BASE_URL"


def wanted_by(vendor: KnownVendor) -> tuple[str, ...]:
    """Variables of its key, but not what is the usual one of another vendor."""
    others = {other.keys[0] for other in known_vendors().values() if other.keys and other is not vendor}
    own = [key for key in vendor.keys if key not in others]
    return tuple(name for key in own for name in (key, f"{key}_FILE")) or (LOCAL,)


@pytest.mark.parametrize("name", known_vendors())
def test_a_real_vendor_answers_and_its_call_is_metered(transactional_db: Any, name: str) -> None:
    vendor = known_vendors()[name]
    if not any(map(os.environ.get, wanted_by(vendor))):
        pytest.skip(f"none of {', '.join(wanted_by(vendor))} is set")
    reference_data()
    options = [] if vendor.keys else ["--base-url", os.environ[LOCAL]]
    model = answer("add_vendor", name, *options)["example"]
    with (
        settled_ledger(),
        running_server() as server,
        openai.OpenAI(base_url=f"{server.url}/v1", api_key=make_token().secret, max_retries=0) as client,
    ):
        whole = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Say hello."}], max_tokens=2_000
        )
        assert whole.choices[0].message.content
        streamed = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Say hello."}], max_tokens=2_000, stream=True
        )
        assert "".join(chunk.choices[0].delta.content or "" for chunk in streamed)
    for row in UsageLog.objects.all():
        assert row.input_tokens > 0
        assert row.output_tokens > 0
        assert not row.estimated
