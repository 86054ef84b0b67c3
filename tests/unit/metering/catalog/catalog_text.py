"""Catalog files as texts, parsed with a small vocabulary."""

from textwrap import dedent

import pytest

from metering.catalog.document import CatalogDocument, Vocabulary
from metering.catalog.parse_catalog import parse_catalog
from metering.errors import CatalogInvalid
from metering.rules.read_conditions import check_conditions

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


def accept_any_rule(key: str, value: object, task: str | None, scope: str) -> None:
    pass


def parse(text: str, check_rule=accept_any_rule, **environment: str) -> CatalogDocument:
    return parse_catalog(
        text=dedent(text),
        vocabulary=VOCABULARY,
        environment=environment,
        check_rule=check_rule,
        check_when=check_conditions,
    )


def problems(text: str, check_rule=accept_any_rule, **environment: str) -> list[str]:
    with pytest.raises(CatalogInvalid) as refused:
        parse(text, check_rule, **environment)
    return refused.value.problems
