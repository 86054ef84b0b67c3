"""Vendors' keys entered in the console: sealed, audited without the key, and never shown again."""

from typing import Any

import pytest
from django.test import Client

from metering.api_key import MAX_KEYS
from metering.catalog.provider_keys.read_keys import keys_of
from metering.models import AuditEvent, Provider, ProviderKey, Tenant
from tests.factories import ProviderFactory, alder
from tests.integration.admin_console.conftest import Url
from tests.integration.admin_console.forms import errors_of

CANARY = "sk-canary-0123456789-wxyz"


@pytest.fixture
def vendor(db: Any) -> Provider:
    provider: Provider = ProviderFactory(name="acme")
    return provider


def form(tenant: Tenant | None = None, **fields: Any) -> dict[str, Any]:
    values = {"provider": "acme", "tenant": tenant.pk if tenant else "", "label": "main", "key": CANARY}
    return {**values, "is_active": "on", **fields}


def audited() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("id").values_list("action", "actor"))


def test_a_key_is_set_for_a_tenant_and_audited_without_it(
    console: Client, url: Url, vendor: Provider
) -> None:
    assert console.post(url(ProviderKey, "add"), form(alder())).status_code == 302
    assert keys_of(alder().pk) == {"acme": (CANARY,)}
    assert audited() == [("providerkey.set", "ops@example.com")]
    assert "canary" not in str(AuditEvent.objects.get().__dict__)


def test_a_key_is_on_no_page_sealed_or_not(console: Client, url: Url, vendor: Provider) -> None:
    console.post(url(ProviderKey, "add"), form())
    row = ProviderKey.objects.get()
    pages = [
        url(ProviderKey), url(ProviderKey, "add"), url(ProviderKey, "change", row.pk),
        url(ProviderKey, "history", row.pk), url(ProviderKey, "delete", row.pk), url(AuditEvent),
    ]  # fmt: skip
    for page in pages:
        shown = console.get(page).content.decode()
        assert "canary" not in shown, page
        assert bytes(row.sealed).decode() not in shown, page
    assert "…wxyz" in console.get(url(ProviderKey)).content.decode()


def test_a_form_that_is_refused_comes_back_without_the_key(
    console: Client, url: Url, vendor: Provider
) -> None:
    response = console.post(url(ProviderKey, "add"), form(label=""))
    assert set(errors_of(response)) == {"label"}
    assert "canary" not in response.content.decode()


def test_an_empty_field_leaves_the_key_as_it_is(console: Client, url: Url, vendor: Provider) -> None:
    console.post(url(ProviderKey, "add"), form())
    row = ProviderKey.objects.get()
    change = url(ProviderKey, "change", row.pk)
    assert console.post(change, {"key": "", "is_active": "on"}).status_code == 302
    assert keys_of(None) == {"acme": (CANARY,)}
    assert console.post(change, {"key": "another-key-of-acme"}).status_code == 302
    assert keys_of(None) == {}
    assert console.post(change, {"key": "", "is_active": "on"}).status_code == 302
    assert keys_of(None) == {"acme": ("another-key-of-acme",)}
    assert [action for action, _ in audited()] == [
        "providerkey.set",
        "providerkey.set",
        "providerkey.switched_off",
        "providerkey.switched_on",
    ]


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"key": ""}, "key", "This field is required."),
        ({"key": f"{CANARY}\tx"}, "key", "The key holds control characters"),
        ({"key": f"{CANARY}…"}, "key", "The key holds characters beyond Latin-1"),
        ({"label": "taken"}, "__all__", "There is a key of this label already"),
    ],
)
def test_what_cannot_be_used_is_a_form_error_without_the_key(
    console: Client, url: Url, vendor: Provider, fields: dict[str, str], field: str, sentence: str
) -> None:
    console.post(url(ProviderKey, "add"), form(label="taken"))
    errors = errors_of(console.post(url(ProviderKey, "add"), form(**fields)))
    assert set(errors) == {field}
    assert sentence in str(errors[field])
    assert "canary" not in str(errors)
    assert ProviderKey.objects.count() == 1


def test_one_key_too_many_is_a_form_error(console: Client, url: Url, vendor: Provider) -> None:
    ProviderKey.objects.bulk_create(
        [ProviderKey(provider=vendor, label=str(number), sealed=b"") for number in range(MAX_KEYS)]
    )
    errors = errors_of(console.post(url(ProviderKey, "add"), form()))
    assert "acme has 64 keys already" in str(errors)


def test_a_deleted_key_is_gone_and_audited(console: Client, url: Url, vendor: Provider) -> None:
    console.post(url(ProviderKey, "add"), form())
    row = ProviderKey.objects.get()
    assert console.post(url(ProviderKey, "delete", row.pk), {"post": "yes"}).status_code == 302
    assert keys_of(None) == {}
    assert audited()[-1] == ("providerkey.deleted", "ops@example.com")
