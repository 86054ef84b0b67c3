"""YAML's merge keys (`<<: *defaults`), by which the mappings of a file share settings: what they bring in is put in
their place, and what a mapping says itself counts.
"""

from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from metering.catalog.yaml_source import line_of, shown
from metering.errors import CatalogInvalid

MERGE = "tag:yaml.org,2002:merge"
MOST_KEYS = 100_000
"""That a file may bring in so, in all: a short one could name a long mapping very often."""


def merge_keys(root: Node) -> None:
    """Replace every merge key below a node. Raises CatalogInvalid for more of them than any file needs.

    An alias stands behind its anchor, so that what it names has been replaced already, unless it is around it: then
    that names itself, and brings in nothing.
    """
    seen: set[int] = set()
    left = MOST_KEYS

    def replace_below(node: Node) -> None:
        nonlocal left
        if id(node) in seen:
            return
        seen.add(id(node))
        for child in _children(node):
            replace_below(child)
        if isinstance(node, MappingNode):
            left -= _replace(node)
            if left < 0:
                raise CatalogInvalid([f"line {line_of(node)}: merge keys bring in over {MOST_KEYS:,} keys."])

    replace_below(root)


def _replace(node: MappingNode) -> int:
    """How many keys were looked at. Of several mappings the first that says something counts."""
    own = [pair for pair in node.value if pair[0].tag != MERGE]
    named = [pair for pair in _named(node) if pair[0].tag != MERGE]
    names = {str(key.value) for key, _ in own if isinstance(key, ScalarNode)}
    node.value = own
    for key, value in named:
        if isinstance(key, ScalarNode) and str(key.value) not in names:
            names.add(str(key.value))
            node.value.append((key, value))
    return len(named)


def _named(node: MappingNode) -> Iterator[tuple[Node, Node]]:
    """What stands in the mappings that the merge keys name. Raises CatalogInvalid where one names anything else."""
    for merge, sources in node.value:
        if merge.tag == MERGE:
            for source in sources.value if isinstance(sources, SequenceNode) else [sources]:
                if not isinstance(source, MappingNode):
                    raise CatalogInvalid(
                        [f"line {line_of(merge)}: '<<' brings in mappings, not {shown(source)}."]
                    )
                yield from source.value


def _children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []
