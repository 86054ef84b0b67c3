"""The source documents' own lists of tests for the client, against a gateway in a process of its own."""

import io
import logging
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils.timezone import now

from gateway_client import (
    BudgetExceededError,
    BudgetMonitor,
    DirectLLMProvider,
    ProviderFactory,
    ProxiedLLMProvider,
)
from metering.models import LoginSession, UsageLog
from tests.e2e.client.one_gateway import MODEL, OneGateway, Person

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
CENT = 10**7
"""In nano-USD."""


def rows_of(person: Person) -> list[UsageLog]:
    return list(UsageLog.objects.filter(tenant_id=person.tenant.pk))


def test_it_routes_a_request_through_the_proxy(ann: Person, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "gateway_client"), ann.provider(ann.signed_in()) as provider:
        answer = provider.chat("hello")
    [row] = rows_of(ann)
    assert (answer.role, answer.model, row.team_id, row.user_id) == (
        "assistant",
        f"sandbox/{MODEL}",
        ann.team.pk,
        ann.user.pk,
    )
    assert answer.content.startswith("[sandbox]")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (row.input_tokens, row.output_tokens)
    assert answer.usage.cost == Decimal(row.cost_nano_usd) / 10**9
    [line] = [record.getMessage() for record in caplog.records if record.name == "gateway_client"]
    for fact in (
        ann.team.slug,
        answer.model,
        f"input_tokens={row.input_tokens}",
        f"cost={answer.usage.cost:f}",
    ):
        assert fact in line


def test_it_tells_that_the_budget_is_exceeded(ann: Person) -> None:
    ann.budget(1)
    with ann.provider(ann.signed_in()) as provider, pytest.raises(BudgetExceededError) as caught:
        provider.chat("hello")
    error = caught.value
    assert (error.status_code, error.code, error.usage.period) == (429, "budget_exceeded", "daily")
    assert error.request_id
    assert error.reset_at > now()
    assert error.display_message().splitlines()[:5] == [
        "",
        "✗ Budget Exceeded",
        "",
        "You have reached your daily budget limit.",
        "",
    ]


def test_it_streams_responses(ann: Person) -> None:
    with ann.provider(ann.signed_in()) as provider:
        whole = provider.chat("hello")
        *chunks, last = provider.stream_chat("hello")
    assert len(chunks) > 1
    assert "".join(chunk.delta for chunk in chunks) == whole.content
    assert last.usage == whole.usage


def test_it_refreshes_a_token_that_has_expired(ann: Person) -> None:
    session = ann.signed_in(now() - timedelta(minutes=11))
    stale = session.active_context()
    with ann.provider(session) as provider:
        assert provider.chat("hello").content
    fresh = session.store.load(ann.gateway.url)
    assert stale is not None
    assert fresh is not None
    assert fresh.access != stale.access
    assert LoginSession.objects.get(user=ann.user).previous_refresh_id is not None


def test_the_whole_proxied_flow(gateway: OneGateway, ann: Person) -> None:
    ann.budget(CENT, of_user=True)
    store = gateway.store()
    ann.signed_in(store=store)
    folder = gateway.workspace(ann.team, more=f'[llm]\nmodel = "{MODEL}"\nmax_tokens = 20\n')
    with ProviderFactory.create(folder=folder, environ={}, store=store) as provider:
        assert isinstance(provider, ProxiedLLMProvider)
        assert provider.sentence == (
            f"Using the proxied LLM provider (Teams mode): {gateway.url}, for the team {ann.team.slug}."
        )
        before = provider.budget(ann.team.slug)
        cost = provider.chat("hello").usage.cost
        after = provider.budget(ann.team.slug)
    assert before is not None
    assert after is not None
    assert (before.current, before.limit, before.period) == (0, Decimal("0.01"), "daily")
    assert after.current == cost
    assert after.remaining == Decimal("0.01") - cost


def test_it_falls_back_to_local_mode_when_nobody_is_signed_in(gateway: OneGateway, ann: Person) -> None:
    folder = gateway.workspace(ann.team, more='[llm]\nprovider = "openai"\nmodel = "gpt-4o-mini"\n')
    with ProviderFactory.create(
        folder=folder, environ={"OPENAI_API_KEY": "sk-own"}, store=gateway.store()
    ) as provider:
        assert isinstance(provider, DirectLLMProvider)
        assert provider.connection.base_url == "https://api.openai.com/v1"
        assert provider.sentence == (
            "Using the direct LLM provider (Local mode): openai, with your own key. "
            f"Nobody is signed in at {gateway.url}."
        )


def test_direct_mode_asks_the_vendor_itself_with_the_own_key(gateway: OneGateway, ann: Person) -> None:
    url = f"{gateway.url}/v1"  # which is OpenAI-compatible
    folder = gateway.workspace(more=f'[llm]\nprovider = "{url}"\nmodel = "{MODEL}"\n')
    environ = {"LLM_BASE_URL": url, "LLM_API_KEY": ann.token}
    with ProviderFactory.create(folder=folder, environ=environ, store=gateway.store()) as provider:
        assert isinstance(provider, DirectLLMProvider)
        assert provider.chat("hello", max_tokens=5).content
    [row] = rows_of(ann)
    assert (row.user_id, row.team_id) == (None, None)


@pytest.mark.parametrize(
    ("percent", "first_line"),
    [
        (79, None),
        (80, "⚠️  WARNING: Budget running low"),
        (95, "⚠️  CRITICAL: Budget almost exhausted!"),
    ],
)
def test_the_monitor_warns_at_80_and_95_percent(ann: Person, percent: int, first_line: str | None) -> None:
    out = io.StringIO()
    with ann.provider(ann.signed_in()) as provider:
        spent = int(provider.chat("hello").usage.cost * 10**9)
        ann.budget(spent * 100 // percent)
        status = BudgetMonitor(provider, out=out).check_and_warn(ann.team.slug)
    assert status is not None
    assert int(status.percent_used) == percent
    lines = out.getvalue().splitlines()
    assert lines[1:2] == ([first_line] if first_line else [])
    assert [line.partition(":")[0] for line in lines[3:6]] == (
        ["Used", "Remaining", "Resets"] if first_line else []
    )
