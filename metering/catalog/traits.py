"""Reads stored traits for those who call vendors."""

import json
import logging
from collections.abc import Mapping
from types import MappingProxyType

from metering.models import LLMModel, Provider
from metering.traits import trait_problem

logger = logging.getLogger(__name__)
NO_TRAITS: Mapping[str, object] = MappingProxyType({})


def traits_of(row: Provider | LLMModel) -> dict[str, object]:
    """The row's traits. One that every door refuses, so that it was written past them, is logged and left out."""
    if not isinstance(row.traits, dict):
        _log(row, "not a mapping")
        return {}
    readable = {}
    for name, value in row.traits.items():
        if problem := trait_problem(name, value):
            _log(row, f"{name} {problem}")
        else:
            readable[name] = value
    return readable


def traits_in_force(model: LLMModel) -> Mapping[str, object]:
    """A model's own traits over those of its provider, unchangeable; lists have become tuples."""
    own = {**traits_of(model.provider), **traits_of(model)}
    if not own:
        return NO_TRAITS
    return MappingProxyType(
        {name: tuple(value) if isinstance(value, list) else value for name, value in own.items()}
    )


def traits_text(provider: Provider) -> str:
    """The provider's traits as JSON, the same text for the same traits."""
    return json.dumps(traits_of(provider), sort_keys=True, separators=(",", ":"))


def _log(row: Provider | LLMModel, problem: str) -> None:
    facts = {"of": row._meta.model_name, "row": row.pk, "problem": problem}
    logger.error("catalog.trait_unreadable", extra=facts)
