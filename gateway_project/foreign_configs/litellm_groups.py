"""LiteLLM's `model_name`s: where it is not the vendor's own name, it becomes an alias of each model that has it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from gateway_project.foreign_configs.draft import Draft
from gateway_project.foreign_configs.fill import Given, filled, known_entry, physical_name
from gateway_project.foreign_configs.reader import ForeignReader
from gateway_project.foreign_configs.vendor_wide import add_known_models
from metering.catalog.yaml_reader import is_code

Key = tuple[str, str]
"""A provider and what its vendor calls the model."""
WILDCARD = "*"
MAX_NAME = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One entry of `model_list`."""

    group: str
    given: Given
    at: ForeignReader


def add_groups(
    draft: Draft, deployments: Iterable[Deployment], aliases: Iterable[tuple[ForeignReader, str, str]]
) -> None:
    """Add the models with their aliases. `aliases`: where it is written, the alias, the group that it stands for."""
    first: dict[Key, Deployment] = {}
    groups: defaultdict[str, list[Key]] = defaultdict(list)
    for each in deployments:
        if WILDCARD in each.given.name or WILDCARD in each.group:
            _add_wildcard(draft, each)
            continue
        if not is_code(each.group, max_length=MAX_NAME):
            each.at.problem("a model's name has no spaces and at most 128 characters", key="model_name")
            continue
        key = (each.given.provider, physical_name(draft.endpoints[each.given.provider], each.given.name))
        if key in first and key in groups[each.group]:
            each.at.note(f"not taken over: the same as line {first[key].at.line}.")
            continue
        if key in first:
            each.at.note(f"another name of the model of line {first[key].at.line}, whose settings count.")
        first.setdefault(key, each)
        groups[each.group].append(key)
    names = {key: _add(draft, key, each, groups) for key, each in first.items()}
    for group, keys in groups.items():
        for key in keys:
            draft.add_alias(names[key], group, first[key].at)
    _add_aliases(draft, names, groups, aliases)


def _add(draft: Draft, key: Key, each: Deployment, groups: dict[str, list[Key]]) -> str:
    """The model's name here: the vendor's, unless the file calls something else so."""
    provider, physical = key
    entry = known_entry(draft.endpoints[provider], physical)
    name = entry[0] if entry else physical
    if groups.get(name, [key]) != [key]:
        name = f"{provider}/{name}"
    fields = filled(draft, each.given, each.at)
    if name != physical:
        fields["physical_name"] = physical
    added = draft.add_model(name, fields, each.at)
    if added != name:
        fields["physical_name"] = physical
    name = added
    if name != each.group:
        each.at.note(f"{each.group} is an alias of the model {name!r} here.", key="model_name")
    return name


def _add_wildcard(draft: Draft, each: Deployment) -> None:
    if each.given.name == WILDCARD and each.given.provider not in {
        model["provider"] for model in draft.models.values()
    }:
        add_known_models(draft, each.given.provider, each.at)
    else:
        each.at.note("not taken over: names with * mean nothing here.", key="model_name")


def _add_aliases(
    draft: Draft,
    names: dict[Key, str],
    groups: dict[str, list[Key]],
    aliases: Iterable[tuple[ForeignReader, str, str]],
) -> None:
    taken = {name.casefold() for name in (*groups, *draft.models)}
    for at, alias, target in aliases:
        if target not in groups:
            at.note(f"not taken over: nothing is called {target!r}.", key=alias)
        elif alias.casefold() in taken or not is_code(alias, max_length=MAX_NAME):
            at.note("not taken over: it is the name of a model already, or cannot be one.", key=alias)
        else:
            for key in groups[target]:
                draft.add_alias(names[key], alias, at)
