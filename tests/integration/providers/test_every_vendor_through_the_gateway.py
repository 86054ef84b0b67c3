"""OpenAI's SDK → one gateway that serves every vendor → the vendors' fakes: a smoke test for each."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import openai
import pytest

from metering.models import UsageLog
from tests.e2e.server import running_server
from tests.factories import ProviderFactory, make_token, reference_data
from tests.integration.providers.families import VENDORS, Family
from tests.served import empty_tables, serve_model, settled_ledger
from tests.vendors.dialects import DIALECTS
from tests.vendors.running import Running, running

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
KEY_VARIABLE = "{}_SMOKE_API_KEY"
WORDS = "the quick brown fox jumps over the lazy"


@dataclass(frozen=True)
class Served:
    """The gateway's client, and the vendors behind it by name."""

    client: openai.OpenAI
    fakes: dict[str, Running[Any]]


@pytest.fixture(scope="module")
def served(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Served]:
    with django_db_blocker.unblock():
        try:
            with settled_ledger(), ExitStack() as stack:
                yield _served(stack)
        finally:
            empty_tables()


def _served(stack: ExitStack) -> Served:
    reference_data()
    patch = stack.enter_context(pytest.MonkeyPatch.context())
    fakes: dict[str, Running[Any]] = {}
    for name, family in VENDORS.items():
        fakes[name] = stack.enter_context(running(family.fake()))
        variable = KEY_VARIABLE.format(name.upper())
        patch.setenv(variable, fakes[name].api_key)
        provider = ProviderFactory(
            name=name,
            kind=name if name in ("anthropic", "gemini") else "openai_compatible",
            base_url=f"http://127.0.0.1:{fakes[name].port}{family.path}",
            api_key_env=variable,
            vendor=name if name in DIALECTS else "",
        )
        serve_model(f"smoke-{name}", provider=provider, physical_name=family.model)
    server = stack.enter_context(running_server())
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key=make_token().secret, max_retries=0)
    return Served(stack.enter_context(client), fakes)


@pytest.mark.parametrize(("name", "family"), VENDORS.items(), ids=VENDORS)
def test_a_whole_answer_and_a_stream_reach_the_caller_and_cost_what_the_vendor_billed(
    served: Served, name: str, family: Family
) -> None:
    asked: Any = {"model": f"smoke-{name}", "messages": [{"role": "user", "content": "hello"}]}
    headers = {"x-request-id": f"smoke-{name}"}
    raw = served.client.chat.completions.with_raw_response.create(**asked, extra_headers=headers)
    chunks = list(served.client.chat.completions.create(**asked, stream=True, extra_headers=headers))
    whole = raw.parse()
    assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == (WORDS, "stop")
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == WORDS
    fake = served.fakes[name]
    fake.finish()
    rows = UsageLog.objects.filter(request_id=f"smoke-{name}")
    billed = {call.attempt_id: family.counted(call.usage) for call in fake.log.calls}
    assert {str(row.pk): (row.input_tokens, row.output_tokens) for row in rows} == billed
    assert (len(billed), any(row.estimated or row.partly_priced for row in rows)) == (2, False)
    assert fake.api_key not in raw.text + str(raw.headers)
