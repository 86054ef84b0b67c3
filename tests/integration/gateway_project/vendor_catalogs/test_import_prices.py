"""`import_prices`: what differs from the list is shown and entered; what a person entered stays."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils.timezone import now

from metering.models import AuditEvent, LLMModel, ModelPrice, Provider
from tests.factories import ModelFactory, PriceFactory, ProviderFactory
from tests.integration.metering.management.asking import answer, refusal, text

pytestmark = pytest.mark.django_db
LAST_YEAR = now() - timedelta(days=365)


def vendor(name: str = "openai", **facts: Any) -> Provider:
    url = "https://api.openai.com/v1"
    return ProviderFactory(name=name, **({"kind": "openai_compatible", "base_url": url} | facts))


def priced(name: str, *, provider: Provider | None = None, listed: bool = True, **prices: Any) -> LLMModel:
    """A model that has cost a dollar since last year."""
    model = ModelFactory(name=name, provider=provider or vendor())
    PriceFactory(model=model, effective_from=LAST_YEAR, is_listed=listed, **prices)
    return model


def prices_of(name: str) -> list[tuple[Decimal, Decimal]]:
    rows = ModelPrice.objects.filter(model=name).order_by("effective_from")
    return [(row.input, row.output) for row in rows]


def test_each_amount_that_differs_is_shown_old_and_new() -> None:
    priced("gpt-4o")
    lines = {line["field"]: (line["old"], line["new"]) for line in answer("import_prices")}
    assert lines["input"] == ("1", "2.5")
    assert lines["output"] == ("1", "10")
    assert lines["cached_input"] == ("1", "1.25")


def test_people_see_a_table_and_what_it_comes_to() -> None:
    priced("gpt-4o")
    shown = text("import_prices").splitlines()
    assert shown[0].split() == ["model", "state", "from", "field", "old", "new"]
    assert ["gpt-4o", "changed", "-", "output", "1", "10"] in [line.split() for line in shown]
    assert "1 models with new prices" in shown[-1]


def test_a_change_is_a_new_row_from_now_on_and_the_old_one_stays() -> None:
    priced("gpt-4o")
    answer("import_prices")
    assert prices_of("gpt-4o") == [(1, 1), (Decimal("2.5"), 10)]
    [event] = AuditEvent.objects.filter(object_type="price", object_id="gpt-4o")
    assert event.actor == "manage.py import_prices"


def test_what_has_not_changed_gets_no_row() -> None:
    priced("gpt-4o")
    answer("import_prices")
    assert answer("import_prices") == []
    assert len(prices_of("gpt-4o")) == 2


def test_a_dry_run_shows_the_same_and_enters_nothing() -> None:
    priced("gpt-4o")
    assert answer("import_prices", "--dry-run") == answer("import_prices", "--dry-run") != []
    assert prices_of("gpt-4o") == [(1, 1)]
    assert "Dry run: nothing was changed." in text("import_prices", "--dry-run")


def test_a_model_without_a_price_gets_one() -> None:
    ModelFactory(name="gpt-4o", provider=vendor())
    answer("import_prices")
    assert prices_of("gpt-4o") == [(Decimal("2.5"), 10)]


def test_a_model_that_the_list_does_not_name_is_told_and_keeps_its_price() -> None:
    priced("gpt-99-imagined")
    ModelFactory(name="another", provider=vendor("house", base_url="http://gpu.test/v1", vendor="vllm"))
    assert [(line["model"], line["state"]) for line in answer("import_prices")] == [
        ("another", "unknown"),
        ("gpt-99-imagined", "unknown"),
    ]
    assert prices_of("gpt-99-imagined") == [(1, 1)]
    assert prices_of("another") == []


def test_the_sandbox_is_no_vendor_with_a_list() -> None:
    PriceFactory()
    assert answer("import_prices") == []


def test_a_price_that_a_person_entered_is_told_and_stays() -> None:
    priced("gpt-4o", listed=False)
    lines = answer("import_prices")
    assert {line["state"] for line in lines} == {"own"}
    assert ("output", "1", "10") in [(line["field"], line["old"], line["new"]) for line in lines]
    assert prices_of("gpt-4o") == [(1, 1)]


def test_a_persons_price_is_replaced_when_it_is_asked_for() -> None:
    priced("gpt-4o", listed=False)
    answer("import_prices", "--replace-own")
    assert prices_of("gpt-4o") == [(1, 1), (Decimal("2.5"), 10)]


def test_a_price_that_a_person_entered_for_the_future_stays_and_takes_over_then() -> None:
    model = priced("gpt-4o")
    PriceFactory(model=model, effective_from=now() + timedelta(days=30), input=7)
    answer("import_prices")
    assert prices_of("gpt-4o") == [(1, 1), (Decimal("2.5"), 10), (7, 1)]


def test_one_provider_alone_can_be_asked_for() -> None:
    priced("gpt-4o")
    priced("claude-haiku-4-5", provider=vendor("claude", kind="anthropic", base_url=""))
    assert {line["model"] for line in answer("import_prices", "--provider", "claude")} == {"claude-haiku-4-5"}
    assert prices_of("gpt-4o") == [(1, 1)]
    assert "There is no provider 'none'" in str(refusal("import_prices", "--provider", "none"))


def test_a_vendor_is_known_by_its_host_its_kind_or_what_its_row_says() -> None:
    priced("gpt-4o")
    priced("gemini-2.5-flash", provider=vendor("google", kind="gemini", base_url=""))
    priced("grok-4.3", provider=vendor("elsewhere", base_url="http://proxy.test/v1", vendor="xai"))
    answer("import_prices")
    assert {name: prices_of(name)[-1] for name in ("gpt-4o", "gemini-2.5-flash", "grok-4.3")} == {
        "gpt-4o": (Decimal("2.5"), 10),
        "gemini-2.5-flash": (Decimal("0.3"), Decimal("2.5")),
        "grok-4.3": (Decimal("1.25"), Decimal("2.5")),
    }


def test_another_server_on_the_machine_of_an_ollama_is_not_taken_for_one() -> None:
    priced("llama", provider=vendor("mine", base_url="http://localhost:8001/v1"))
    assert [line["state"] for line in answer("import_prices")] == ["unknown"]


def test_what_moves_a_price_besides_tokens_is_shown_by_its_own_name() -> None:
    model = priced("gpt-6-luna")
    ModelPrice.objects.filter(model=model).update(modifiers={"service_tiers": {"flex": "0.4"}})
    lines = {line["field"]: (line["old"], line["new"]) for line in answer("import_prices")}
    assert lines["cache_write_12h"] == ("(none)", "0.25")
    assert lines["service_tiers"] == ('{"flex": "0.4"}', '{"fast": "2", "flex": "0.5", "priority": "2"}')
    assert lines["tiers"][1].startswith('[{"from_tokens": 272000, "input": "0.2", "output": "0.75"')
    assert lines["tools"][1] == '{"file_search": "0.0025", "web_search": "0.01"}'
