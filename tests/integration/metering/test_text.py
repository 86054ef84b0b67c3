"""Names that people give in the catalog have one form, whichever way they were typed."""

import unicodedata
from datetime import UTC, datetime

import pytest

from metering.catalog.load_catalog import load_catalog
from metering.errors import InvalidRequest
from metering.models import LLMModel
from metering.policy.edit.target import find_target
from metering.text import checked_label, normal
from tests.factories import ModelFactory, alder, reference_data

pytestmark = pytest.mark.django_db
COMPOSED = "B\u00fcro"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)
CATALOG = """
providers: {{sandbox: {{kind: sandbox}}}}
models:
  {0}: {{provider: sandbox, class: BASE_S, context_tokens: 1000, max_output_tokens: 100, aliases: [{0}-alias],
         price: {{input: 1, output: 2}}}}
"""


def test_a_catalog_says_a_name_in_either_form() -> None:
    reference_data()
    for name in (DECOMPOSED, COMPOSED):
        load_catalog(text=CATALOG.format(name), actor="a test", now=datetime(2026, 11, 28, tzinfo=UTC))
    [model] = LLMModel.objects.all()
    assert (model.name, model.aliases) == (COMPOSED, [f"{COMPOSED}-alias"])


def test_a_row_that_is_checked_has_the_form() -> None:
    built = ModelFactory.build(name=DECOMPOSED, aliases=[f"{DECOMPOSED}-2"])
    built.clean()
    assert (built.name, built.aliases) == (COMPOSED, [f"{COMPOSED}-2"])


def test_the_agent_of_a_budget_is_the_agent_of_a_call() -> None:
    assert find_target(tenant=alder().slug, agent=DECOMPOSED).scope_id == COMPOSED
    for unseen in ("a\0b", "a\nb", "x" * 129):
        with pytest.raises(InvalidRequest):
            find_target(tenant=alder().slug, agent=unseen)


@pytest.mark.parametrize("text", ["\ufb01", "\u2460", "a", "", "\u1e9b\u0323"])
def test_only_what_looks_the_same_is_made_the_same(text: str) -> None:
    assert normal(text) == unicodedata.normalize("NFC", text)
    assert normal("\ufb01") != "fi"


def test_a_label_is_measured_in_its_one_form() -> None:
    assert checked_label("u\u0308" * 128, "x-agent-id") == "\u00fc" * 128
    with pytest.raises(InvalidRequest):
        checked_label(7, "x-agent-id")
