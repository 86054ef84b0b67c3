"""Reads a foreign file key by key, and remembers which keys nobody asked for: those are told to whoever loads it."""

from collections.abc import Collection, Iterator, Mapping

from yaml.nodes import MappingNode, Node, ScalarNode

from metering.catalog.yaml_reader import YamlReader
from metering.catalog.yaml_source import Problems

NOT_TAKEN = "not taken over"
WHOLE_FILE = 10**9
"""Stands for the line of a sentence about everything; it sorts behind every line."""


class Notes:
    """Sentences about what became of a line, each once, in the order of the file."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str], None] = {}

    def add(self, line: int, sentence: str) -> None:
        self._found[line, sentence] = None

    def in_order(self) -> tuple[str, ...]:
        lines = sorted(self._found, key=lambda note: note[0])
        return tuple(
            sentence if line == WHOLE_FILE else f"line {line}: {sentence}" for line, sentence in lines
        )


class ForeignReader(YamlReader):
    """Reads one mapping whose keys are not ours to decide: none is wrong, but what is not read has to be told."""

    def __init__(self, node: Node, where: str, problems: Problems, notes: Notes) -> None:
        self.root = node
        self._asked: set[str] = set()
        self.notes = notes
        super().__init__(node, where, problems, None)

    def node(self, key: str) -> Node | None:
        self._asked.add(key)
        return super().node(key)

    def written_keys(self) -> list[str]:
        return list(self._nodes)

    def holds_mapping(self, key: str) -> bool:
        return isinstance(self._nodes.get(key), MappingNode)

    def note(self, sentence: str, *, key: str | None = None) -> None:
        """Tell something about a key, or about the mapping itself."""
        path = self._path(key) if key else self.where
        self.notes.add(self.line_of(key), f"{path}: {sentence}" if path else sentence)

    def tell_rest(self, reasons: Mapping[str, str] | None = None) -> None:
        """Tell of each key that nobody asked for that it is not taken over, with the reason if one is known."""
        for key in self._nodes:
            if key not in self._asked:
                reason = (reasons or {}).get(key)
                self.note(f"{NOT_TAKEN}: {reason}" if reason else f"{NOT_TAKEN}.", key=key)

    def part(self, key: str) -> "ForeignReader | None":
        """A reader of the mapping under a key; None if it is missing or null."""
        node = self.node(key)
        if node is None:
            return None
        reader = ForeignReader(node, self._path(key), self._problems, self.notes)
        reader.line = self.line_of(key)
        return reader

    def parts(self) -> Iterator[tuple[str, "ForeignReader"]]:
        """A reader for each mapping under keys that are names."""
        for name in self._nodes:
            if (reader := self.part(name)) is not None:
                yield name, reader
            else:
                yield name, self._empty(name)

    def rows(self, key: str, *, or_names: bool = False) -> Iterator["ForeignReader"]:
        """A reader for each mapping in a list, and with `or_names` one without keys for each plain word, its `root`."""
        for number, node in enumerate(self.items(key), start=1):
            if or_names and isinstance(node, ScalarNode):
                empty = MappingNode(node.tag, [], node.start_mark, node.end_mark)
                reader = ForeignReader(empty, f"{self._path(key)}[{number}]", self._problems, self.notes)
                reader.root = node
                yield reader
                continue
            yield ForeignReader(node, f"{self._path(key)}[{number}]", self._problems, self.notes)

    def has(self, keys: Collection[str]) -> str | None:
        """The first of the keys that has a value."""
        return next((key for key in keys if self.node(key) is not None), None)

    def _empty(self, name: str) -> "ForeignReader":
        reader = ForeignReader(self._nodes[name], self._path(name), self._problems, self.notes)
        reader.line = self.line_of(name)
        return reader
