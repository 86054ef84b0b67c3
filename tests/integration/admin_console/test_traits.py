"""Vendors, traits, addresses and keys entered in the console: checked as everywhere, refused in plain words."""

from html import unescape

import pytest
from django.test import Client

from admin_console.price_form import PriceForm
from metering.catalog.prices import price_of
from metering.models import AuditEvent, LLMModel, ModelPrice, Provider
from metering.traits import TRAITS
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url
from tests.integration.admin_console.forms import errors_of

FORM = {
    "name": "own", "kind": "openai_compatible", "base_url": "http://x.test/v1", "api_key_env": "", "vendor": "",
    "is_active": "on",
}  # fmt: skip
MODEL = {
    "name": "big", "provider": "sandbox", "physical_name": "big-1", "model_class": "BASE_M", "context_tokens": 9000,
    "max_output_tokens": 900, "is_active": "on", "prices-TOTAL_FORMS": 0, "prices-INITIAL_FORMS": 0,
}  # fmt: skip


def test_a_provider_is_added_with_its_vendor_and_traits(console: Client, url: Url) -> None:
    form = {**FORM, "vendor": "vllm", "traits-stream_options": "no"}
    assert console.post(url(Provider, "add"), form).status_code == 302
    row = Provider.objects.get()
    assert (row.vendor, row.traits) == ("vllm", {"stream_options": False})
    assert AuditEvent.objects.get(action="provider.added").facts["values"]["traits"] == {
        "stream_options": False
    }


def test_traits_that_are_emptied_are_none(console: Client, url: Url) -> None:
    Provider.objects.create(name="own", kind="sandbox", traits={"reasoning": True})
    assert console.post(url(Provider, "change", "own"), {**FORM, "traits-reasoning": ""}).status_code == 302
    assert Provider.objects.get().traits == {}
    assert AuditEvent.objects.get(action="provider.changed").facts["changes"]["traits"] == [
        {"reasoning": True},
        {},
    ]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("base_url", "http://me:hunter2@x.test", "The base URL must have no user name"),
        ("base_url", "http://x.test:hunter2", "The base URL must have a port"),
        ("api_key_env", "sk-hunter2", "must be the name of an environment variable"),
        ("api_key_env", "ODD_API_KEY", "ODD_API_KEY holds control characters"),
        ("vendor", "nobody", "nobody is not one of the available choices"),
        ("traits-limit_names", "max", "Names of the output limit: Select a valid choice"),
        ("traits-service_tier", "Flex!", "Plain service tier: This must be text of at most 32"),
        ("traits-retries", "1,5", "Asked again: “1,5” may mean two amounts"),
        ("traits-first_byte_s", "0", "from 0.05 to 3,600"),
    ],
)
def test_what_cannot_be_used_is_a_form_error(
    console: Client, url: Url, monkeypatch: pytest.MonkeyPatch, field: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv("ODD_API_KEY", "hunter2\nx")
    errors = errors_of(console.post(url(Provider, "add"), {**FORM, field: value}))
    [wrong] = errors
    assert wrong == field.partition("-")[0]
    assert sentence in unescape(str(errors[wrong]))
    assert "hunter2" not in str(errors)
    assert not Provider.objects.exists()


def test_a_models_traits_are_entered_and_shown_again(console: Client, url: Url) -> None:
    rows.catalog()
    traits = {
        "traits-pictures": "none", "traits-service_tier": "flex", "traits-tokenizer": "o200k_base",
        "traits-limit_names": "max_completion_tokens, max_tokens", "traits-first_byte_s": "2.5",
        "traits-total_s": "90", "traits-tokens_per_minute": "2M", "traits-reasoning": "yes",
    }  # fmt: skip
    assert console.post(url(LLMModel, "add"), {**MODEL, **traits}).status_code == 302
    stored = {
        "limit_names": ["max_completion_tokens", "max_tokens"],
        "service_tier": "flex",
        "reasoning": True,
        "pictures": "",
        "tokenizer": "o200k_base",
        "first_byte_s": 2.5,
        "total_s": 90,
        "tokens_per_minute": 2_000_000,
    }
    assert LLMModel.objects.get(name="big").traits == stored
    shown = str(console.get(url(LLMModel, "change", "big")).context["adminform"].form["traits"])
    assert 'value="2.5"' in shown
    assert 'value="2,000,000"' in shown
    assert '<option value="yes" selected' in shown


def test_every_trait_has_a_control_that_explains_it(console: Client, url: Url) -> None:
    page = unescape(console.get(url(Provider, "add")).content.decode())
    for name, trait in TRAITS.items():
        assert f'name="traits-{name}"' in page
        assert trait.meaning[1:] in page


def test_a_prices_levers_are_entered_and_shown_again(console: Client, url: Url) -> None:
    rows.catalog()
    form = {
        "model": "sandbox-small", "input": "$2", "output": "8", "modifiers-per_call": "$0.01",
        "modifiers-tool_web_search": "0.01", "modifiers-tier_name_0": "flex", "modifiers-tier_factor_0": "0.5",
        "modifiers-hours_days_0": ["mon"], "modifiers-hours_from_0": "1", "modifiers-hours_to_0": "4:30",
        "modifiers-hours_factor_0": "2", "modifiers-above_0": "272k", "modifiers-above_input_0": "$4",
        "modifiers-above_output_0": "$12",
    }  # fmt: skip
    assert console.post(url(ModelPrice, "add"), form).status_code == 302
    price = ModelPrice.objects.order_by("-effective_from")[0]
    assert price_of(price).tiers[0].tokens == 272_000
    assert price.modifiers == {
        "tiers": [
            {"from_tokens": 272000, "input": "4", "output": "12", "cached_input": "4", "cache_write": "4"}
        ],
        "service_tiers": {"flex": "0.5"},
        "hours": [{"days": ["mon"], "from": "01:00", "to": "04:30", "factor": "2"}],
        "per_call": "0.01",
        "tools": {"web_search": "0.01"},
    }
    shown = str(PriceForm(instance=price)["modifiers"])
    for value in ("272,000", "$4.00", "0.5", "04:30", "$0.01"):
        assert f'value="{value}"' in shown


def test_a_line_of_levers_that_is_half_filled_in_is_refused_at_its_control(console: Client, url: Url) -> None:
    rows.catalog()
    form = {"model": "sandbox-small", "input": "2", "output": "8", "modifiers-above_0": "272k"}
    errors = errors_of(console.post(url(ModelPrice, "add"), form))
    assert "Input: This is needed beside the others of its line." in str(errors["modifiers"])
