"""Read a catalog file: everything that can be known about it without changing anything."""

from collections.abc import Mapping

from metering.catalog.document import CatalogDocument, Vocabulary
from metering.catalog.merged import merge_keys
from metering.catalog.read_budgets import read_budgets
from metering.catalog.read_models import check_aliases, read_models
from metering.catalog.read_plans import read_plans
from metering.catalog.read_providers import read_providers
from metering.catalog.read_rules import read_rules
from metering.catalog.yaml_reader import YamlReader
from metering.catalog.yaml_source import Problems, compose
from metering.rules.budgets import SUBJECTS
from metering.text import normal
from metering.types import Scope, SubjectType

KEYS = ("providers", "models", "plans", "rules", "budgets")


def parse_catalog(
    *,
    text: str,
    vocabulary: Vocabulary,
    environment: Mapping[str, str],
) -> CatalogDocument:
    """The file's content. Raises CatalogInvalid with every problem, each with its line."""
    problems = Problems()
    document = compose(normal(text))
    merge_keys(document)
    root = YamlReader(document, "", problems, KEYS)
    providers = root.mapping("providers", None)
    models = root.mapping("models", None)
    plans = root.mapping("plans", None)
    for reader, existing in (
        (providers, vocabulary.providers),
        (models, vocabulary.model_names),
        (plans, vocabulary.plans),
    ):
        if reader:
            reader.check_case(existing)
    provider_entries = tuple(read_providers(providers, environment)) if providers else ()
    known_providers = {entry.name for entry in provider_entries} | vocabulary.providers
    model_entries = tuple(read_models(models, vocabulary, known_providers)) if models else ()
    if models:
        check_aliases(models, model_entries, vocabulary)
    plan_entries = tuple(read_plans(plans, vocabulary)) if plans else ()
    rules = tuple(read_rules(root, vocabulary, Scope.GLOBAL))
    budgets = tuple(read_budgets(root, vocabulary, [SubjectType.GLOBAL.value, *SUBJECTS]))
    problems.raise_if_any()
    return CatalogDocument(
        providers=provider_entries, models=model_entries, plans=plan_entries, rules=rules, budgets=budgets
    )
