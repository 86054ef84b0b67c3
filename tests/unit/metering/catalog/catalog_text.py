"""Catalog files as texts, parsed with a small vocabulary."""

from textwrap import dedent

import pytest

from metering.catalog.document import CatalogDocument, Vocabulary
from metering.catalog.parse_catalog import parse_catalog
from metering.errors import CatalogInvalid

CLASSES = ("BASE_S", "BASE_M", "PRO_M", "PRO_L", "ADVANCED")
VOCABULARY = Vocabulary(
    providers=frozenset({"sandbox"}),
    classes=CLASSES,
    features=frozenset({"CHAT", "DRAFTING"}),
    feature_of_task={"LLM0_CHAT": "CHAT", "LLM2_DRAFT": "DRAFTING"},
    model_names=frozenset({"older"}),
    model_of_alias={"taken": "older"},
)
MODEL = "{provider: sandbox, class: BASE_S, context_tokens: 1000, max_output_tokens: 100"


def parse(text: str, **environment: str) -> CatalogDocument:
    return parse_catalog(text=dedent(text), vocabulary=VOCABULARY, environment=environment)


def problems(text: str, **environment: str) -> list[str]:
    with pytest.raises(CatalogInvalid) as refused:
        parse(text, **environment)
    return refused.value.problems
