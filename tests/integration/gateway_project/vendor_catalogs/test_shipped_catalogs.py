"""fixtures/catalogs/*.yaml: true to their sources, loadable, and every alias finds what it stands for."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from django.db import transaction
from django.utils.timezone import now
from pytest_django import DjangoDbBlocker

from gateway_project.vendor_catalogs.generate import NoPrice, catalog_text
from gateway_project.vendor_catalogs.known import CATALOGS, KnownModel, known_vendors
from metering.catalog.load_catalog import load_catalog
from metering.catalog.served import ModelIndex, load_models
from metering.models import LLMModel, ModelPrice
from tests.factories import reference_data

KEYS = list(known_vendors())
DATE = re.compile(r"prices on (\d{4}-\d\d-\d\d)")
OF_THE_SOURCE_DOCUMENTS = {
    *("gpt-4o", "gpt-4o-mini", "o1", "gpt-4-turbo", "gpt-4.1-mini", "grok-3", "grok-2", "grok-beta"),
    *("llama3-70b-8192", "llama3-8b-8192", "mixtral-8x7b-32768", "deepseek-r1", "deepseek-chat"),
    *("GLM-4", "GLM-4-Flash", "GLM-4-Air", "claude-3-5-sonnet", "claude-3-5-haiku", "claude-3-opus"),
    *("claude-sonnet-4", "gemini-2.5-pro", "dagi-local-8b"),
}


def file_of(key: str) -> Path:
    return CATALOGS / f"{key}.yaml"


def load(key: str) -> list[str]:
    changes = load_catalog(text=file_of(key).read_text(), actor="a test", now=now(), environment={})
    return [f"{change.kind} {change.name}" for change in changes]


@dataclass(frozen=True)
class Entered:
    """What the database holds after all files, read once."""

    models: dict[str, LLMModel]
    prices: dict[str, ModelPrice]
    served: ModelIndex


@pytest.fixture(scope="module")
def everything(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Entered:
    with django_db_blocker.unblock(), transaction.atomic():
        reference_data()
        for key in KEYS:
            load(key)
        entered = Entered(
            models={row.name: row for row in LLMModel.objects.all()},
            prices={row.model_id: row for row in ModelPrice.objects.all()},
            served=load_models(),
        )
        transaction.set_rollback(True)
    return entered


def test_each_vendor_has_its_file_and_no_other_file_is_there() -> None:
    assert {path.stem for path in CATALOGS.iterdir()} == set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_a_file_is_what_its_sources_say(key: str) -> None:
    text = file_of(key).read_text()
    found = DATE.search(text)
    assert found is not None
    day = datetime.strptime(found[1], "%Y-%m-%d").replace(tzinfo=UTC)
    assert text == catalog_text(key, known_vendors()[key], day)


@pytest.mark.parametrize("key", KEYS)
def test_a_file_loads_and_loading_it_again_changes_nothing(db: None, key: str) -> None:
    reference_data()
    vendor = known_vendors()[key]
    entered = load(key)
    assert {name for name in entered if not name.startswith("price")} == {
        f"provider {vendor.provider}",
        *(f"model {name}" for name in vendor.models),
    }
    assert sum(name.startswith("price") for name in entered) == len(vendor.models)
    assert load(key) == []


def test_all_files_together_have_no_name_twice(everything: Entered) -> None:
    assert len(everything.models) == sum(len(vendor.models) for vendor in known_vendors().values())


def test_the_models_of_the_source_documents_are_there_with_their_prices(everything: Entered) -> None:
    assert everything.models.keys() >= OF_THE_SOURCE_DOCUMENTS
    assert everything.prices.keys() >= OF_THE_SOURCE_DOCUMENTS
    mini, price = everything.models["gpt-4.1-mini"], everything.prices["gpt-4.1-mini"]
    assert (mini.physical_name, price.input, price.output) == ("gpt-4-1106-preview", 10, 30)
    assert everything.models["dagi-local-8b"].physical_name == "qwen2.5:8b"


def test_every_model_has_a_label_that_people_can_read(everything: Entered) -> None:
    assert all(row.label for row in everything.models.values())
    assert everything.models["gpt-4o-mini"].label == "GPT-4o Mini"


def test_retired_models_serve_neither_by_name_nor_by_class_nor_by_alias(everything: Entered) -> None:
    retired = {
        name for vendor in known_vendors().values() for name, model in vendor.models.items() if model.retired
    }
    assert {"o1", "claude-3-5-sonnet", "deepseek-chat"} <= retired
    served = everything.served
    groups = (*served.by_class.values(), *served.by_alias.values())
    reached = {*served.by_name, *(model.name for group in groups for model in group)}
    assert reached.isdisjoint(retired)


def test_an_alias_finds_its_model(everything: Entered) -> None:
    served = everything.served
    assert {alias: served.find(alias)[0].name for alias in sorted(served.by_alias)} == {
        "chat-default": "gpt-4o-mini",
        "claude-default": "claude-sonnet-5-5",
        "fast-reasoning": "claude-haiku-5-5",
        "prompt-helper": "groq/gpt-oss-20b",
        "strong-reasoning": "grok-4.7",
    }


@pytest.mark.parametrize("key", ["openai", "anthropic", "gemini", "xai", "deepseek", "mistral", "glm"])
def test_with_one_vendor_alone_the_aliases_work_too(key: str) -> None:
    models = yaml.safe_load(file_of(key).read_text())["models"].values()
    served = {alias for model in models if model.get("active", True) for alias in model.get("aliases", ())}
    assert {"chat-default", "fast-reasoning", "prompt-helper"} <= served
    assert ("strong-reasoning" in served) is (key in ("openai", "anthropic", "gemini", "xai"))


def test_every_class_has_a_model(everything: Entered) -> None:
    assert set(everything.served.by_class) == {"BASE_S", "BASE_M", "PRO_M", "PRO_L", "ADVANCED"}


def test_a_model_that_nobody_prices_is_refused_and_never_free() -> None:
    vendor = known_vendors()["openai"]
    unknown = {"gpt-99-imagined": KnownModel(context=1_000, output=100)}
    with pytest.raises(NoPrice, match="gpt-99-imagined"):
        catalog_text("openai", type(vendor)(name="x", provider="x", example="x", models=unknown), now())


def test_what_moves_the_bill_besides_tokens_is_in_the_prices(everything: Entered) -> None:
    openai, claude = everything.prices["gpt-6.1-sol"], everything.prices["claude-sonnet-5-5"]
    assert (openai.cache_write, openai.cache_write_12h) == (Decimal("2.5"), 5)
    assert openai.modifiers["tiers"][0]["output"] == "15"
    assert openai.modifiers["service_tiers"] == {
        "fast": "2",
        "flex": "0.5",
        "priority": "2",
        "ultrafast": "6",
    }
    assert (claude.cache_write, claude.cache_write_1h) == (Decimal("2.5"), 4)
    assert claude.modifiers["tools"] == {"web_search": "0.01"}
    haiku = everything.prices["claude-haiku-5-5"].modifiers["tiers"]
    assert [(each["from_tokens"], each["input"]) for each in haiku] == [(100_000, "0.5")]
    deepseek = everything.prices["deepseek-flash"].modifiers["hours"]
    assert [(each["days"], each["from"], each["to"], each["factor"]) for each in deepseek] == [
        (["mon", "tue", "wed", "thu", "fri"], "01:00", "04:00", "2"),
        (["mon", "tue", "wed", "thu", "fri"], "06:00", "10:00", "2"),
    ]
    assert everything.prices["gemini-2.5-pro"].modifiers["service_tiers"] == {
        "flex": "0.5",
        "priority": "1.8",
    }
