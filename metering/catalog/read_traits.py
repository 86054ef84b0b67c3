"""The `traits` of a provider or a model in a catalog file."""

from metering.catalog.section import Section
from metering.catalog.yaml_source import plain_value
from metering.traits import TRAITS, trait_problem


def read_traits(fields: Section) -> dict[str, object]:
    """Those that are given, each with its problem at its own line."""
    section = fields.section("traits", tuple(TRAITS))
    if section is None:
        return {}
    traits: dict[str, object] = {}
    for name in TRAITS:
        node = section.node(name)
        if node is None:
            continue
        try:
            traits[name] = plain_value(node)
        except ValueError as error:
            section.problem(str(error), key=name)
            continue
        if problem := trait_problem(name, traits[name]):
            section.problem(problem, key=name)
    return traits
