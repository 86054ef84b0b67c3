"""Whether our catalog takes the names of a foreign file: told at their own lines, which the catalog does not know."""

from gateway_project.foreign_configs.draft import Draft
from gateway_project.foreign_configs.reader import ForeignReader
from metering.catalog.read_providers import is_provider_name
from metering.catalog.yaml_reader import is_code
from metering.types import ModelClass

MAX_NAME = 128
CLASSES = frozenset(ModelClass)


def check_providers(providers: ForeignReader) -> None:
    """Names of providers are words of letters, digits, '-' and '_', and differ in more than case."""
    providers.check_case(())
    for name in providers.written_keys():
        if not is_provider_name(name):
            providers.problem("a provider's name has letters, digits, '-' and '_' only, at most 64", key=name)


def check_names(draft: Draft) -> None:
    """Names and aliases of models are words that name nothing else."""
    for name, at in draft.model_at.items():
        if not is_code(name, max_length=MAX_NAME):
            at.problem("a model's name has no spaces and at most 128 characters")
        if name in CLASSES:
            at.problem(f"{name!r} is a model class and cannot be a model's name")
    for (model, alias), at in draft.alias_at.items():
        if not is_code(alias, max_length=MAX_NAME):
            at.problem("an alias has no spaces and at most 128 characters")
        elif alias in draft.models or alias in CLASSES:
            what = "a model" if alias in draft.models else "a model class"
            at.problem(f"the alias {alias!r} of {model!r} names {what} already")
