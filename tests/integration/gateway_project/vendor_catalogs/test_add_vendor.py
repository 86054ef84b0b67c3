"""`add_vendor`: a key, one command, and models that can be called; a missing or wrong key changes nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from metering.catalog.served import load_models
from metering.models import AuditEvent, LLMModel, ModelPrice, Provider
from tests.factories import ModelFactory, PriceFactory, make_plan, reference_data
from tests.integration.gateway_project.vendor_catalogs.listing_vendor import ListingVendor
from tests.integration.metering.management.asking import answer, refusal, text
from tests.vendors.anthropic_app import FakeAnthropic
from tests.vendors.gemini_app import FakeGemini
from tests.vendors.openai_app import API_KEY
from tests.vendors.running import Running, running

pytestmark = pytest.mark.django_db
KEYS = (
    *("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_AI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"),
    *("GROK_API_KEY", "XAI_API_KEY"),
)


@pytest.fixture(autouse=True)
def no_keys(db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reference_data()
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    monkeypatch.setenv("GATEWAY_STATE_DIR", str(tmp_path))


@pytest.fixture
def openai(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running[ListingVendor]]:
    """A vendor of OpenAI's protocol, whose key is set."""
    monkeypatch.setenv("OPENAI_API_KEY", API_KEY)
    with running(ListingVendor("gpt-4o-mini")) as vendor:
        yield vendor


def test_a_vendor_comes_with_its_models_and_their_prices_and_the_key_stays_where_it_is(
    openai: Running[ListingVendor],
) -> None:
    added = answer("add_vendor", "openai", "--base-url", openai.base_url)
    row = Provider.objects.get(name="openai")
    assert (row.base_url, row.api_key_env, row.vendor) == (openai.base_url, "OPENAI_API_KEY", "openai")
    served = load_models().by_name
    assert set(added["models"]) == set(served)
    assert (served["gpt-4o"].price.input, served["gpt-4o"].price.output) == (2.5, 10)
    assert API_KEY not in json.dumps(added)
    assert openai.log.calls == []  # no call that a vendor would bill


def test_doing_it_again_changes_nothing(openai: Running[ListingVendor]) -> None:
    answer("add_vendor", "openai", "--base-url", openai.base_url)
    rows, events = ModelPrice.objects.count(), AuditEvent.objects.count()
    again = answer("add_vendor", "openai", "--base-url", openai.base_url)
    assert (again["changes"], again["prices"], again["imported"]) == ([], [], [])
    assert (ModelPrice.objects.count(), AuditEvent.objects.count()) == (rows, events)
    assert "nothing was changed" in text("add_vendor", "openai", "--base-url", openai.base_url)


def test_what_an_operator_has_changed_since_stays(openai: Running[ListingVendor]) -> None:
    answer("add_vendor", "openai", "--base-url", openai.base_url)
    traits = {"service_tier": "flex"}
    Provider.objects.filter(name="openai").update(traits=traits, markup_percent=5)
    LLMModel.objects.filter(name="gpt-6-astra").update(is_active=False, label="Ours")
    assert answer("add_vendor", "openai")["changes"] == []
    row = Provider.objects.get(name="openai")
    assert (row.base_url, row.traits, row.markup_percent) == (openai.base_url, traits, 5)
    assert LLMModel.objects.filter(name="gpt-6-astra", is_active=False, label="Ours").exists()


def test_a_model_of_another_provider_is_not_taken_over(openai: Running[ListingVendor]) -> None:
    ModelFactory(name="gpt-4o")
    ModelFactory(name="mine", aliases=["gpt-4o-mini"])
    added = answer("add_vendor", "openai", "--base-url", openai.base_url)
    assert LLMModel.objects.get(name="gpt-4o").provider_id == "sandbox"
    assert {"openai/gpt-4o", "openai/gpt-4o-mini"} <= set(added["models"])
    assert added["example"] == "openai/gpt-4o-mini"
    assert answer("add_vendor", "openai")["changes"] == []


def test_a_price_that_a_person_entered_stays(openai: Running[ListingVendor]) -> None:
    answer("add_vendor", "openai", "--base-url", openai.base_url)
    PriceFactory(model=LLMModel.objects.get(name="gpt-4o"), input=7)
    answer("add_vendor", "openai", "--base-url", openai.base_url)
    assert load_models().by_name["gpt-4o"].price.input == 7


def test_without_a_key_it_says_what_to_set_and_changes_nothing() -> None:
    said = str(refusal("add_vendor", "openai"))
    assert "OPENAI_API_KEY is not set" in said
    assert "put the line OPENAI_API_KEY=... into .env" in said
    assert "https://platform.openai.com/api-keys" in said
    assert "GROK_API_KEY is not set (XAI_API_KEY will do too)" in str(refusal("add_vendor", "grok"))
    assert not Provider.objects.exists()


def test_a_key_that_is_not_accepted_changes_nothing_and_is_not_shown(
    openai: Running[ListingVendor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-0123456789abcdef")
    said = str(refusal("add_vendor", "openai", "--base-url", openai.base_url))
    assert said == (
        f"OpenAI was asked with the key in OPENAI_API_KEY at {openai.base_url}: status 401: it does not accept the "
        "gateway's credentials. Nothing was changed."
    )
    assert not Provider.objects.exists()


def test_a_vendor_that_cannot_be_reached_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", API_KEY)
    assert "it cannot be reached" in str(
        refusal("add_vendor", "openai", "--base-url", "http://127.0.0.1:1/v1")
    )
    assert not Provider.objects.exists()


def test_an_address_that_cannot_be_one_and_an_unknown_vendor_are_refused() -> None:
    assert "--base-url must begin with http" in str(refusal("add_vendor", "openai", "--base-url", "ftp://x"))
    said = str(refusal("add_vendor", "acme"))
    assert said.startswith("There is no shipped catalog of 'acme'; there are openai, anthropic, gemini, xai")


@pytest.mark.parametrize("variable", ["GOOGLE_AI_API_KEY", "GEMINI_API_KEY"])
def test_a_key_may_have_another_name_which_the_provider_then_reads(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, FakeGemini.api_key)
    with running(FakeGemini()) as vendor:
        answer("add_vendor", "gemini", "--base-url", f"http://127.0.0.1:{vendor.port}")
    assert Provider.objects.get(name="gemini").api_key_env == variable
    assert "gemini-2.5-pro" in load_models().by_name


def test_people_may_call_a_vendor_by_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", FakeAnthropic.api_key)
    with running(FakeAnthropic()) as vendor:
        added = answer("add_vendor", "Claude", "--base-url", f"http://127.0.0.1:{vendor.port}")
    assert (added["provider"], added["example"]) == ("anthropic", "claude-haiku-4-5")


def test_it_tells_which_plans_may_use_how_many_of_the_models(openai: Running[ListingVendor]) -> None:
    assert "No plan may use them yet" in text("add_vendor", "openai", "--base-url", openai.base_url)
    make_plan("SMALL", classes=("BASE_S",))
    make_plan("ALL")
    added = answer("add_vendor", "openai", "--base-url", openai.base_url)
    small = [model for model in load_models().by_name.values() if model.model_class == "BASE_S"]
    assert added["plans"] == {"ALL": len(added["models"]), "SMALL": len(small)}


def test_it_ends_with_a_line_to_paste_with_the_demos_token_where_there_is_a_demo(
    openai: Running[ListingVendor], tmp_path: Path
) -> None:
    plain = answer("add_vendor", "openai", "--base-url", openai.base_url)["curl"]
    assert plain.startswith(
        "curl http://127.0.0.1:8000/v1/chat/completions -H 'Authorization: Bearer $TOKEN'"
    )
    assert '"model": "gpt-4o-mini"' in plain
    access = {"base_url": "http://127.0.0.1:9", "ati_token": "ati_demo"}
    (tmp_path / "demo.json").write_text(json.dumps(access))
    shown = text("add_vendor", "openai", "--base-url", openai.base_url)
    assert "curl http://127.0.0.1:9/v1/chat/completions -H 'Authorization: Bearer ati_demo'" in shown


def test_an_ollama_needs_no_key_and_comes_with_the_models_that_it_has() -> None:
    with running(ListingVendor("mine:latest", api_key=None)) as vendor:
        added = answer("add_vendor", "ollama", "--base-url", vendor.base_url)
        assert answer("add_vendor", "local", "--base-url", vendor.base_url)["imported"] == []
    assert [line["model"] for line in added["imported"]] == ["mine:latest"]
    assert added["example"] == "mine:latest"
    assert "dagi-local-8b" in load_models().by_name


def test_an_ollama_without_a_model_is_told_so() -> None:
    with running(ListingVendor(api_key=None)) as vendor:
        assert "It serves no model that is known here yet" in text(
            "add_vendor", "ollama", "--base-url", vendor.base_url
        )
