"""What the rows of providers and models say that they may not hold: for the console, and for every script."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from metering.models import Provider
from metering.types import Vendor
from tests.factories import ProviderFactory
from tests.served import serve_model

pytestmark = pytest.mark.django_db
PROVIDER = {"name": "own", "kind": "openai_compatible", "base_url": "https://x.test"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"base_url": "https://me:hunter2@x.test"}, "base_url"),
        ({"base_url": "https://x.test/hunter2\n"}, "base_url"),
        ({"base_url": "https://x.test/" + "hunter2" * 100}, "base_url"),
        ({"api_key_env": "sk-hunter2"}, "api_key_env"),
        ({"api_key_env": "ODD_API_KEY"}, "api_key_env"),
        ({"vendor": "hunter"}, "vendor"),
        ({"traits": {"reasoning": "yes"}}, "traits"),
        ({"traits": {"nonsense": 1}}, "traits"),
        ({"traits": []}, "traits"),
        ({"traits": ""}, "traits"),
        ({"traits": None}, "traits"),
    ],
)
def test_a_row_says_itself_what_it_may_not_hold(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], field: str
) -> None:
    monkeypatch.setenv("ODD_API_KEY", "sk-hunter2\nx")
    with pytest.raises(ValidationError) as refused:
        Provider(**{**PROVIDER, **values}).full_clean()
    assert set(refused.value.message_dict) == {field}
    assert "hunter2" not in str(refused.value)


def test_a_row_whose_values_can_be_used_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOD_API_KEY", " sk-1 \n")
    for vendor in ("", *Vendor):
        Provider(
            **PROVIDER, api_key_env="GOOD_API_KEY", vendor=vendor, traits={"reasoning": True}
        ).full_clean()


def test_a_row_whose_key_cannot_be_sent_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODD_API_KEY", "sk\nx")
    Provider(**PROVIDER, api_key_env="ODD_API_KEY", is_active=False).full_clean()


@pytest.mark.parametrize("traits", [{"limit_names": []}, [], None])
def test_a_models_row_refuses_what_are_no_traits(traits: Any) -> None:
    model = serve_model("small")
    model.traits = traits
    with pytest.raises(ValidationError) as refused:
        model.full_clean()
    assert set(refused.value.message_dict) == {"traits"}


def test_no_statement_stores_an_unknown_vendor() -> None:
    ProviderFactory()
    with pytest.raises(IntegrityError, match="provider_vendor"), transaction.atomic():
        Provider.objects.update(vendor="nobody")
