"""The `traits` of a provider or a model in a catalog file."""

from metering.catalog.yaml_reader import YamlReader
from metering.catalog.yaml_source import plain_value
from metering.traits import TRAITS, trait_problem


def read_traits(fields: YamlReader) -> dict[str, object]:
    """Reads the traits that are given, and notes each one's problem at its own line."""
    reader = fields.mapping("traits", tuple(TRAITS))
    if reader is None:
        return {}
    traits: dict[str, object] = {}
    for name in TRAITS:
        node = reader.node(name)
        if node is None:
            continue
        try:
            traits[name] = plain_value(node)
        except ValueError as error:
            reader.problem(str(error), key=name)
            continue
        if problem := trait_problem(name, traits[name]):
            reader.problem(problem, key=name)
    return traits
