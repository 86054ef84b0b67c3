"""Vendors, traits, addresses and keys entered in the console: checked as everywhere, refused in plain words."""

from html import unescape
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from metering.models import AuditEvent, LLMModel, ModelPrice, Provider
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url
from tests.integration.admin_console.forms import errors_of

FORM = {
    "name": "own", "kind": "openai_compatible", "base_url": "http://x.test/v1", "api_key_env": "", "vendor": "",
    "traits": "{}", "is_active": "on",
}  # fmt: skip
MODEL = {
    "name": "big", "provider": "sandbox", "physical_name": "big-1", "model_class": "BASE_M", "context_tokens": 9000,
    "max_output_tokens": 900, "is_active": "on", "prices-TOTAL_FORMS": 0, "prices-INITIAL_FORMS": 0,
}  # fmt: skip


def test_a_provider_is_added_with_its_vendor_and_traits(console: Client, url: Url) -> None:
    form = {**FORM, "vendor": "vllm", "traits": '{"stream_options": false}'}
    assert console.post(url(Provider, "add"), form).status_code == 302
    row = Provider.objects.get()
    assert (row.vendor, row.traits) == ("vllm", {"stream_options": False})
    assert AuditEvent.objects.get(action="provider.added").facts["values"]["traits"] == {
        "stream_options": False
    }


def test_traits_that_are_emptied_are_none(console: Client, url: Url) -> None:
    Provider.objects.create(name="own", kind="sandbox", traits={"reasoning": True})
    assert console.post(url(Provider, "change", "own"), {**FORM, "traits": ""}).status_code == 302
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
        ("traits", '{"limit_name": []}', "'limit_name' is no trait"),
        ("traits", '{"limit_names": []}', "'limit_names' must be a list"),
        ("traits", "[]", "must be a mapping"),
        ("traits", "{", "Enter a valid JSON"),
    ],
)
def test_what_cannot_be_used_is_a_form_error(
    console: Client, url: Url, monkeypatch: pytest.MonkeyPatch, field: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv("ODD_API_KEY", "hunter2\nx")
    errors = errors_of(console.post(url(Provider, "add"), {**FORM, field: value}))
    assert set(errors) == {field}
    assert sentence in unescape(str(errors[field]))
    assert "hunter2" not in str(errors[field])
    assert not Provider.objects.exists()


def test_a_models_traits_are_entered_and_checked(console: Client, url: Url) -> None:
    rows.catalog()
    wrong: dict[str, Any] = {**MODEL, "traits": '{"pictures": 4}'}
    errors = errors_of(console.post(url(LLMModel, "add"), wrong))
    assert "'pictures' must be text" in unescape(str(errors["traits"]))
    right = {**MODEL, "traits": '{"pictures": "gpt-4o"}'}
    assert console.post(url(LLMModel, "add"), right).status_code == 302
    assert LLMModel.objects.get(name="big").traits == {"pictures": "gpt-4o"}


def test_the_page_explains_every_trait(console: Client, url: Url) -> None:
    page = console.get(url(Provider, "add")).content.decode()
    for name in ("limit_names", "stream_options", "service_tier", "reasoning", "pictures"):
        assert name in page


@pytest.mark.parametrize(
    ("noun", "field"), [(Provider, "traits"), (LLMModel, "traits"), (ModelPrice, "modifiers")]
)
def test_a_new_rows_json_begins_as_nothing(console: Client, url: Url, noun: type[Model], field: str) -> None:
    form = console.get(url(noun, "add")).context["adminform"].form
    assert form[field].value() == "{}"
