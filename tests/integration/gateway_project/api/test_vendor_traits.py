"""Vendors, traits, addresses and keys through the API: shown, taken, and refused as everywhere."""

from typing import Any

import pytest

from metering.models import LLMModel, Provider, User
from tests.factories import reference_data
from tests.integration.gateway_project.api.people import call, code_of, super_admin

pytestmark = pytest.mark.django_db
TRAITS = {"limit_names": ["max_completion_tokens", "max_tokens"], "service_tier": "", "stream_options": False}
MODEL = {"provider": "own", "class": "BASE_S", "context_tokens": 1000, "max_output_tokens": 100}


@pytest.fixture
def ops(db: Any) -> User:
    reference_data()
    return super_admin()


def document(provider: dict[str, Any], model: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "providers": {"own": {"base_url": "https://x.test/v1", **provider}},
        "models": {"m": {**MODEL, **(model or {})}},
    }


def test_vendor_and_traits_are_taken_shown_and_taken_again(ops: User) -> None:
    given = document({"vendor": "groq", "traits": TRAITS}, {"traits": {"reasoning": True}})
    assert call("PUT", "catalog", given, who=ops).status_code == 200
    shown = call("GET", "catalog", who=ops).json()
    assert (shown["providers"]["own"]["vendor"], shown["providers"]["own"]["traits"]) == ("groq", TRAITS)
    assert shown["models"]["m"]["traits"] == {"reasoning": True}
    assert call("PUT", "catalog", shown, who=ops).json()["changes"] == []
    [provider] = call("GET", "catalog/providers", who=ops).json()["results"]
    assert (provider["vendor"], provider["traits"]) == ("groq", TRAITS)
    [model] = call("GET", "catalog/models", who=ops).json()["results"]
    assert model["traits"] == {"reasoning": True}


@pytest.mark.parametrize(
    ("provider", "model", "sentence"),
    [
        ({"vendor": "nobody"}, {}, "providers.own.vendor: unknown value 'nobody'"),
        ({"traits": {"limit_name": 1}}, {}, "unknown key 'limit_name'; did you mean 'limit_names'?"),
        (
            {"traits": {"stream_options": "no"}},
            {},
            "providers.own.traits.stream_options: must be true or false",
        ),
        ({"traits": []}, {}, "providers.own.traits: expected a mapping"),
        ({}, {"traits": {"pictures": 4}}, "models.m.traits.pictures: must be text"),
        ({"base_url": "https://me:hunter2@x.test"}, {}, "providers.own.base_url: must have no user name"),
        ({"base_url": "https://x.test/hunter2\u0007"}, {}, "providers.own.base_url: must have no spaces"),
        ({"base_url": "https://x.test:99999/hunter2"}, {}, "providers.own.base_url: must have a port"),
        ({"api_key": "${ODD_API_KEY}"}, {}, "providers.own.api_key: ODD_API_KEY holds control characters"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_loaded(
    ops: User,
    monkeypatch: pytest.MonkeyPatch,
    provider: dict[str, Any],
    model: dict[str, Any],
    sentence: str,
) -> None:
    monkeypatch.setenv("ODD_API_KEY", "hunter2\nx")
    response = call("PUT", "catalog", document(provider, model), who=ops)
    assert code_of(response) == (400, "invalid_catalog")
    assert sentence in response.json()["error"]["message"]
    assert "hunter2" not in response.content.decode()
    assert not Provider.objects.exists()
    assert not LLMModel.objects.exists()
