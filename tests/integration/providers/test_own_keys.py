"""A tenant's own key: its calls go out with that alone, are metered as ever, cost nothing here, and are marked."""

import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
import requests
from django.utils.timezone import now

from launcher.process import wait_until
from metering.catalog.provider_keys.set_key import set_provider_key, switch_provider_key
from metering.models import Provider, ProviderKey, Tenant, UsageLog, UsageMeter
from metering.usage.attempts import usage_by_attempt
from metering.usage.filters import UsageFilter
from metering.usage.prices import Prices
from metering.usage.summary import usage_summary
from tests.e2e.canary import everything_logged, tables_with
from tests.e2e.server import Server, running_server
from tests.factories import BudgetFactory, ProviderFactory, alder, birch, make_token, reference_data
from tests.served import serve_model, settled_ledger
from tests.vendors.key_desk import KeyDesk, Refusal
from tests.vendors.openai_app import FakeOpenAI
from tests.vendors.running import Running, running

pytestmark = pytest.mark.slow
KEY_VARIABLE = "FAKE_VENDOR_API_KEY"
GATEWAYS, ALDERS = "gateways-canary-0123456789", "alders-canary-0123456789-wxyz"
MODEL = "small"
WITHIN_S = 30.0


@pytest.fixture(scope="module")
def _running() -> Iterator[Running[KeyDesk]]:
    with running(KeyDesk(FakeOpenAI())) as vendor:
        yield vendor


@pytest.fixture
def desk(_running: Running[KeyDesk]) -> KeyDesk:
    desk = _running.vendor
    desk.seen.clear()
    desk.refused.clear()
    desk.known = (GATEWAYS, ALDERS, "alders-next-key")
    return desk


@pytest.fixture
def provider(transactional_db: Any, _running: Running[KeyDesk], monkeypatch: pytest.MonkeyPatch) -> Provider:
    monkeypatch.setenv(KEY_VARIABLE, GATEWAYS)
    reference_data()
    row: Provider = ProviderFactory(
        name="fake", kind="openai_compatible", base_url=_running.base_url, api_key_env=KEY_VARIABLE
    )
    serve_model(MODEL, provider=row, physical_name="fake-small")
    return row


@pytest.fixture
def gateway(provider: Provider, desk: KeyDesk) -> Iterator[Server]:
    with settled_ledger(), running_server() as server:
        assert wait_until(lambda: desk.seen == [GATEWAYS], WITHIN_S), (
            "it asks each vendor whether it is there"
        )
        desk.seen.clear()
        yield server


def own_key(provider: Provider, key: str = ALDERS) -> ProviderKey:
    return set_provider_key(provider=provider, tenant=alder(), key=key, actor="a test", now=now())


def ask(gateway: Server, tenant: Tenant, text: str = "hello", *, streamed: bool = False) -> Any:
    with openai.OpenAI(
        base_url=f"{gateway.url}/v1", api_key=make_token(tenant).secret, max_retries=0
    ) as client:
        messages: Any = [{"role": "user", "content": text}]
        made: Any = client.chat.completions.with_raw_response.create(
            model=MODEL, messages=messages, max_tokens=5, stream=streamed
        )
        if streamed:
            list(made.parse())
        return made


def used(dimension: str) -> int:
    meter = UsageMeter.objects.filter(dimension=dimension, tenant_id=alder().pk).first()
    return meter.used if meter is not None else 0


@pytest.mark.parametrize("streamed", [False, True])
def test_a_tenants_calls_go_out_with_its_own_key_and_others_with_the_gateways(
    gateway: Server, provider: Provider, desk: KeyDesk, streamed: bool
) -> None:
    own_key(provider)
    ask(gateway, alder(), streamed=streamed)
    ask(gateway, birch(), streamed=streamed)
    assert desk.seen == [ALDERS, GATEWAYS]
    rows = {row.tenant_id: row for row in UsageLog.objects.all()}
    own, other = rows[alder().pk], rows[birch().pk]
    assert (own.own_key, own.cost_nano_usd, own.input_tokens > 0, own.output_tokens) == (True, 0, True, 5)
    assert (other.own_key, other.cost_nano_usd > 0, other.output_tokens) == (False, True, 5)


def test_tokens_count_on_budgets_and_money_does_not(
    gateway: Server, provider: Provider, desk: KeyDesk
) -> None:
    BudgetFactory(dimension="tokens", amount=10_000)
    BudgetFactory(
        dimension="cost", amount=1
    )  # a thousandth of a millionth of a dollar: too little for any call
    with pytest.raises(openai.RateLimitError, match="budget"):
        ask(gateway, alder())
    own_key(provider)
    made = ask(gateway, alder())
    assert made.headers["x-gateway-cost-usd"] == "0"
    row = UsageLog.objects.get()
    assert used("tokens") == row.input_tokens + row.output_tokens
    assert used("cost") == 0
    assert desk.seen == [ALDERS]


def test_reports_count_and_mark_the_calls_and_say_what_they_would_have_cost(
    gateway: Server, provider: Provider, desk: KeyDesk
) -> None:
    own_key(provider)
    ask(gateway, alder())
    ask(gateway, birch())
    assert sorted(row["own_key"] for row in usage_by_attempt(UsageFilter())) == [False, True]
    (row,) = usage_summary(UsageFilter(tenant=alder()), by="model", prices=Prices.THEN, now=now())
    assert (row["own_key"], row["attempts"], row["charged_nano_usd"]) == (1, 1, 0)
    assert row["cost_nano_usd"] == 0, "priced again, it costs nothing here either"
    log = UsageLog.objects.get(own_key=True)
    assert log.list_cost_nano_usd == 1_000 * (log.input_tokens + log.output_tokens)


def test_a_refused_own_key_is_never_replaced_by_the_gateways(
    gateway: Server, provider: Provider, desk: KeyDesk
) -> None:
    own_key(provider)
    desk.refused[ALDERS] = Refusal(401)
    with pytest.raises(openai.APIStatusError, match="fake does not accept your own key") as caught:
        ask(gateway, alder())
    assert caught.value.status_code == 502
    assert desk.seen == [ALDERS]


def test_an_own_key_serves_where_the_gateway_has_none(
    gateway: Server, provider: Provider, desk: KeyDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "")
    own_key(provider)
    ask(gateway, alder())
    with pytest.raises(openai.APIStatusError, match="cannot be used as it is configured"):
        ask(gateway, birch())
    assert desk.seen == [ALDERS]


def test_an_own_key_that_cannot_be_opened_is_never_replaced_by_the_gateways(
    gateway: Server, provider: Provider, desk: KeyDesk
) -> None:
    ProviderKey.objects.create(provider=provider, tenant=alder(), sealed=b"nobody can read this")
    with pytest.raises(openai.APIStatusError, match="Your own key for the provider fake cannot be used"):
        ask(gateway, alder())
    assert desk.seen == []
    assert not UsageLog.objects.exists()


def test_a_changed_key_reaches_a_running_gateway_within_a_second(
    gateway: Server, provider: Provider, desk: KeyDesk, record_property: Any
) -> None:
    token = make_token().secret
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=token) as client:  # it retries what it may

        def goes_out_with() -> str:
            messages: Any = [{"role": "user", "content": "hi"}]
            client.chat.completions.create(model=MODEL, messages=messages, max_tokens=2)
            return desk.seen[-1]

        def seen_after_s(key: str) -> float:
            began_s = time.monotonic()
            while goes_out_with() != key:
                assert time.monotonic() - began_s < WITHIN_S
            return time.monotonic() - began_s

        assert goes_out_with() == GATEWAYS
        row = own_key(provider)
        took = [seen_after_s(ALDERS)]
        own_key(provider, "alders-next-key")
        took.append(seen_after_s("alders-next-key"))
        switch_provider_key(row=row, is_active=False, actor="a test", now=now())
        took.append(seen_after_s(GATEWAYS))
    record_property("seconds", [round(each, 3) for each in took])


def test_the_gateways_keys_of_environment_and_database_serve_in_turn_and_a_dead_one_is_not_seen(
    gateway: Server, provider: Provider, desk: KeyDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_provider_key(provider=provider, key="stored-key-of-gateway", actor="a test", now=now())
    ask(gateway, birch())
    ask(gateway, birch())
    assert set(desk.seen) == {GATEWAYS, "stored-key-of-gateway"}, "the vendor does not know the stored one"
    assert desk.seen.count("stored-key-of-gateway") == 1
    assert [row.outcome for row in UsageLog.objects.all()] == ["ok", "ok"]


def test_no_key_is_in_any_log_answer_or_table(gateway: Server, provider: Provider, desk: KeyDesk) -> None:
    with everything_logged() as logged:
        own_key(provider)
        set_provider_key(provider=provider, key=GATEWAYS, label="stored", actor="a test", now=now())
        answers = [str(dict(ask(gateway, tenant).headers)) for tenant in (alder(), birch())]
        desk.refused |= {key: Refusal(429, message=f"slow down, {key}") for key in (ALDERS, GATEWAYS)}
        for tenant in (alder(), birch()):
            with pytest.raises(openai.APIStatusError) as caught:
                ask(gateway, tenant)
            answers += [str(caught.value), caught.value.response.text]
        answers.append(requests.get(f"{gateway.url}/metrics", timeout=20).text)
    assert "canary" not in str(answers)
    assert "canary" not in logged.getvalue()
    assert tables_with("canary") == []
