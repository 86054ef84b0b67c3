"""Which keys a provider's configuration has: the environment's and the database's, a tenant's own apart."""

import logging
from typing import Any

import pytest
from django.utils.timezone import now

from gateway_project.vendor_configs import load_configs, load_own_configs
from metering.api_key import MAX_KEYS
from metering.catalog.provider_keys.set_key import set_provider_key
from metering.models import Provider, ProviderKey, Tenant
from metering.seal import seal
from tests.factories import ProviderFactory, alder, birch
from tests.integration.metering.management.asking import answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def vendor() -> Provider:
    provider: Provider = ProviderFactory(
        name="own", kind="openai_compatible", base_url="http://127.0.0.1:1/v1", api_key_env="OWN_API_KEY"
    )
    return provider


def keep(vendor: Provider, key: str, tenant: Tenant | None = None, **fields: Any) -> None:
    set_provider_key(provider=vendor, key=key, tenant=tenant, actor="ops", now=now(), **fields)


def test_keys_of_the_environment_and_the_database_are_used_together(
    vendor: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN_API_KEY", "one, two")
    keep(vendor, "two")
    keep(vendor, "three", label="second")
    assert load_configs()["own"].api_keys == ("one", "two", "three")


def test_a_key_in_the_database_is_enough(vendor: Provider) -> None:
    assert "own" not in load_configs()
    keep(vendor, "stored")
    assert load_configs()["own"].api_keys == ("stored",)
    (told,) = answer("check_providers")
    assert told["asked"] is True


def test_a_tenants_own_key_stands_alone(vendor: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWN_API_KEY", "gateways")
    keep(vendor, "alders", alder())
    assert load_configs()["own"].api_keys == ("gateways",)
    own = load_own_configs(alder().pk)
    assert (own.tenant_id, own.by_name["own"].api_keys) == (alder().pk, ("alders",))
    assert own.by_name["own"].base_url == vendor.base_url
    assert load_own_configs(birch().pk).by_name == {}


def test_an_own_key_is_no_way_to_a_provider_that_is_switched_off(vendor: Provider) -> None:
    keep(vendor, "alders", alder())
    Provider.objects.update(is_active=False)
    assert load_own_configs(alder().pk).by_name == {}


def test_too_many_keys_together_make_a_provider_unusable_and_are_told(
    vendor: Provider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OWN_API_KEY", ",".join(f"key-{number}" for number in range(MAX_KEYS)))
    keep(vendor, "one more")
    with caplog.at_level(logging.ERROR):
        assert "own" not in load_configs()
    assert caplog.records[0].__dict__["problem"] == "It has 65 keys; 64 are the most."


def test_what_is_wrong_with_a_tenants_own_key_is_logged_once_beside_the_gateways_that_is_well(
    vendor: Provider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OWN_API_KEY", "gateways")
    for number in range(MAX_KEYS + 1):  # past every door
        label, sealed = f"key {number}", seal(f"alders-{number}".encode())
        ProviderKey.objects.create(provider=vendor, tenant=alder(), label=label, sealed=sealed)
    for _ in range(3):
        assert load_own_configs(alder().pk).by_name == {}
        assert load_configs()["own"].api_keys == ("gateways",)
    assert [record.message for record in caplog.records] == ["provider.unusable"]
