"""`import_models`: what the vendor lists and is not here, what is here and no longer listed, and why some stay out."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from metering.catalog.served import load_models
from metering.models import LLMModel, Provider
from tests.factories import ModelFactory, ProviderFactory, reference_data
from tests.integration.gateway_project.vendor_catalogs.listing_vendor import ListingVendor
from tests.integration.metering.management.asking import answer, refusal, text
from tests.vendors.openai_app import API_KEY
from tests.vendors.running import running

pytestmark = pytest.mark.django_db
Serve = Callable[..., Provider]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """A provider whose vendor lists these models."""
    monkeypatch.setenv("FAKE_API_KEY", API_KEY)
    reference_data()
    with ExitStack() as vendors:

        def provider(*models: str | dict[str, Any], name: str = "openai", vendor: str = "openai") -> Provider:
            fake = vendors.enter_context(running(ListingVendor(*models)))
            return ProviderFactory(
                name=name,
                kind="openai_compatible",
                base_url=fake.base_url,
                api_key_env="FAKE_API_KEY",
                vendor=vendor,
            )

        yield provider


def lines(*options: str, provider: str = "openai") -> dict[str, tuple[str, str]]:
    """Each model's state and reason."""
    found = answer("import_models", provider, *options)
    return {line["model"]: (line["state"], line["reason"]) for line in found}


def test_a_model_of_the_shipped_catalog_is_entered_as_it_stands_there_and_can_be_called(serve: Serve) -> None:
    serve("gpt-4o-mini")
    assert lines() == {"gpt-4o-mini": ("added", "BASE_S")}
    model = LLMModel.objects.get(name="gpt-4o-mini")
    assert (model.context_tokens, model.max_output_tokens, model.label) == (128_000, 16_384, "GPT-4o Mini")
    assert model.aliases == ["chat-default"]
    assert (
        load_models().by_name["gpt-4o-mini"].price.output
        == load_models().find("chat-default")[0].price.output
    )


def test_one_that_only_the_list_and_the_vendor_know_gets_limits_from_the_vendor_and_a_class_by_its_price(
    serve: Serve,
) -> None:
    served = {"id": "groq/compound-of-a-test", "context_window": 8_000, "max_completion_tokens": 9_000}
    serve({**served, "id": "gemma2-9b-it"}, served, name="groq", vendor="groq")
    found = lines(provider="groq")
    assert found["gemma2-9b-it"] == ("added", "BASE_S")
    model = LLMModel.objects.get(name="gemma2-9b-it")
    assert (model.context_tokens, model.max_output_tokens) == (8_000, 8_000)
    assert found["groq/compound-of-a-test"][1].startswith("the price list does not name it")


def test_what_has_no_price_or_no_limits_or_is_retired_is_left_out_with_the_reason(serve: Serve) -> None:
    serve("gpt-99-imagined", "gpt-3.5-turbo", "o1", "omni-moderation-latest")
    found = lines()
    assert {state for state, _ in found.values()} == {"left out"}
    assert "the price list does not name it" in found["gpt-99-imagined"][1]
    assert "output limit" in found["gpt-3.5-turbo"][1]
    assert found["o1"][1] == "the vendor has retired it: 2026-10-23"
    assert "the price list does not name it" in found["omni-moderation-latest"][1]
    assert not LLMModel.objects.exists()


def test_what_is_stored_is_not_told_again_and_what_is_gone_is_told_and_left(serve: Serve) -> None:
    provider = serve("gpt-4o")
    ModelFactory(name="mine", provider=provider, physical_name="gpt-4o")
    old = ModelFactory(name="old", provider=provider, physical_name="gpt-4")
    ModelFactory(name="off", provider=provider, physical_name="gpt-3", is_active=False)
    [(name, (state, _))] = lines().items()
    assert (name, state) == ("gpt-4", "gone")
    old.refresh_from_db()
    assert old.is_active


def test_a_dry_run_tells_the_same_and_enters_nothing(serve: Serve) -> None:
    serve("gpt-4o")
    assert lines("--dry-run") == {"gpt-4o": ("added", "PRO_M")}
    assert not LLMModel.objects.exists()
    assert text("import_models", "openai", "--dry-run").endswith(
        "openai lists 1 models: 1 added. Dry run: nothing was changed.\n"
    )


def test_a_name_that_another_model_has_gets_the_providers_before_it(serve: Serve) -> None:
    ModelFactory(name="gpt-4o")
    ModelFactory(name="another", aliases=["gpt-5"])
    serve("gpt-4o", "gpt-5")
    lines()
    assert set(LLMModel.objects.filter(provider="openai").values_list("name", flat=True)) == {
        "openai/gpt-4o",
        "openai/gpt-5",
    }


def test_models_of_an_ollama_cost_nothing_but_those_of_its_cloud_are_left_out(serve: Serve) -> None:
    serve("qwen3:8b", "mine:latest", "gpt-oss:120b-cloud", name="ollama", vendor="ollama")
    found = lines(provider="ollama")
    assert {name: state for name, (state, _) in found.items()} == {
        "qwen3:8b": "added",
        "mine:latest": "added",
        "gpt-oss:120b-cloud": "left out",
    }
    mine = load_models().by_name["mine:latest"]
    assert (mine.price.input, mine.price.output, mine.model_class, mine.context_tokens) == (
        0,
        0,
        "BASE_S",
        4_096,
    )


def test_a_provider_of_nobodys_list_gets_no_model_by_itself(serve: Serve) -> None:
    serve("llama", name="house", vendor="vllm")
    assert "no price list is known for this provider" in lines(provider="house")["llama"][1]


def test_who_cannot_be_asked_is_told_in_one_line_without_the_key(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("gpt-4o")
    monkeypatch.setenv("FAKE_API_KEY", "sk-secret-0123456789abcdef")
    said = str(refusal("import_models", "openai"))
    assert (
        said == "openai was asked for its models: status 401: it does not accept the gateway's credentials."
    )
    assert "There is no provider 'none'" in str(refusal("import_models", "none"))
    monkeypatch.delenv("FAKE_API_KEY")
    assert "`check_providers` says why" in str(refusal("import_models", "openai"))
