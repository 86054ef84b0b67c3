"""Reads one mapping of a catalog file, key by key, with a type for each."""

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal, InvalidOperation

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from metering.catalog.yaml_source import (
    BOOLEANS,
    INTEGER,
    Problems,
    is_null,
    line_of,
    shown,
    suggestion,
)


def is_code(word: str, *, max_length: int) -> bool:
    """Whether a word can name something: visible characters without spaces."""
    return 0 < len(word) <= max_length and word.isprintable() and not any(map(str.isspace, word))


class YamlReader:
    """Reads one mapping, whose keys are checked at once.

    A value that cannot be read is noted as a problem, and a stand-in of the right type comes back: the
    caller goes on to find the other problems, and the file is refused at the end.
    """

    def __init__(self, node: Node, where: str, problems: Problems, known: Collection[str] | None) -> None:
        """`known` are the keys that may occur; None means that the keys are names."""
        self.where = where
        self.line = line_of(node)
        self._problems = problems
        self._nodes: dict[str, Node] = {}
        self._lines: dict[str, int] = {}
        self._wrong: set[str] = set()
        if isinstance(node, MappingNode):
            self._index(node, known)
        elif not is_null(node):
            self.problem(f"expected a mapping of keys to values, not {shown(node)}")

    def _index(self, node: MappingNode, known: Collection[str] | None) -> None:
        for key_node, value in node.value:
            line = line_of(key_node)
            key = str(key_node.value).strip() if isinstance(key_node, ScalarNode) else ""
            if not key:
                self.problem("a key must be plain text", line=line)
            elif key in self._lines:
                self.problem(f"{key!r} occurs twice, first on line {self._lines[key]}", line=line)
            elif known is not None and key not in known:
                self.problem(f"unknown key {key!r}{suggestion(key, known)}", line=line)
            else:
                self._lines[key], self._nodes[key] = line, value

    def problem(self, sentence: str, *, key: str | None = None, line: int | None = None) -> None:
        """Note a problem at a given line, else at a key's, else at the mapping's own."""
        if key:
            self._wrong.add(key)
        path = ".".join(part for part in (self.where, key) if part)
        self._problems.add(line or self.line_of(key), f"{path}: {sentence}" if path else sentence)

    def line_of(self, key: str | None) -> int:
        return self._lines.get(key, self.line) if key else self.line

    def is_readable(self, key: str) -> bool:
        """Whether the key is there and nothing was found wrong with its value."""
        return self.node(key) is not None and key not in self._wrong

    def node(self, key: str) -> Node | None:
        """The value of a key; None if it is missing or null."""
        node = self._nodes.get(key)
        return None if node is None or is_null(node) else node

    def text(self, key: str, default: str = "", *, max_length: int = 500) -> str:
        node = self.node(key)
        if node is None:
            return default
        if not isinstance(node, ScalarNode):
            self.problem(f"expected text, not {shown(node)}", key=key)
        elif len(node.value) > max_length or "\0" in node.value:
            self.problem(f"expected at most {max_length} printable characters", key=key)
        else:
            return str(node.value).strip()
        return default

    def choice(self, key: str, known: Sequence[str], default: str | None = None) -> str:
        """One of the known words; a missing one without a default is a problem."""
        word = self.text(key)
        if word in known:
            return word
        if word:
            self.problem(f"unknown value {word!r}{suggestion(word, known)}", key=key)
        elif default is None:
            self.problem(f"needs {key!r}, one of: {', '.join(known)}")
        return default or ""

    def integer(self, key: str, *, low: int, high: int, default: int | None = None) -> int:
        raw = self.text(key)
        if raw and INTEGER.fullmatch(raw) and low <= int(raw) <= high:
            return int(raw)
        if raw:
            self.problem(f"expected a whole number from {low:,} to {high:,}, not {raw!r}", key=key)
        elif default is None:
            self.problem(f"needs {key!r}, a whole number")
        return low if default is None else default

    def decimal(
        self, key: str, *, places: int, high: int, low: int = 0, default: Decimal | None = None
    ) -> Decimal:
        """An exact amount from `low` to `high` with at most so many decimals; a missing one without a default is a
        problem.
        """
        raw = self.text(key)
        try:
            value = Decimal(raw)
        except InvalidOperation:
            value = Decimal("NaN")
        if not raw and default is not None:
            return default
        if not raw:
            self.problem(f"needs {key!r}, an amount in US dollars")
        elif not value.is_finite() or not low <= value <= high:
            self.problem(f"expected an amount from {low} to {high:,}, not {raw!r}", key=key)
        elif -int(value.normalize().as_tuple().exponent) > places:
            self.problem(f"{raw!r} has more than {places} decimals", key=key)
        else:
            return value
        return Decimal(0)

    def flag(self, key: str, default: bool) -> bool:
        raw = self.text(key, str(default)).lower()
        if raw not in BOOLEANS:
            self.problem(f"expected true or false, not {raw!r}", key=key)
        return BOOLEANS.get(raw, default)

    def items(self, key: str) -> list[Node]:
        """The nodes of a list; a missing one is empty."""
        node = self.node(key)
        if node is None:
            return []
        if isinstance(node, SequenceNode):
            return list(node.value)
        self.problem(f"expected a list, not {shown(node)}", key=key)
        return []

    def names(self, key: str, known: Collection[str] | None = None) -> tuple[str, ...]:
        """A list of different words, of the known ones if given."""
        words: list[str] = []
        for node in self.items(key):
            word, line = str(node.value).strip() if isinstance(node, ScalarNode) else "", line_of(node)
            if not is_code(word, max_length=128):
                self.problem(f"expected a word, not {shown(node)}", key=key, line=line)
            elif known is not None and word not in known:
                self.problem(f"unknown value {word!r}{suggestion(word, known)}", key=key, line=line)
            elif word in words:
                self.problem(f"{word!r} is listed twice", key=key, line=line)
            else:
                words.append(word)
        return tuple(words)

    def mapping(self, key: str, known: Collection[str] | None) -> "YamlReader | None":
        """A reader of the mapping under a key; None if it is missing or null."""
        node = self.node(key)
        return None if node is None else YamlReader(node, self._path(key), self._problems, known)

    def mappings(self, known: Collection[str]) -> Iterator[tuple[str, "YamlReader"]]:
        """A reader for each mapping under keys that are names."""
        for name, node in self._nodes.items():
            reader = YamlReader(node, self._path(name), self._problems, known)
            reader.line = self._lines[name]
            yield name, reader

    def check_case(self, existing: Collection[str]) -> None:
        """Note names that differ in case only from one that exists, or from an earlier one of this mapping."""
        taken = {name.casefold(): name for name in existing}
        for name in self._nodes:
            other = taken.setdefault(name.casefold(), name)
            if name not in existing and other != name:
                self.problem(f"differs in case only from {other!r}", key=name)

    def listed(self, key: str, known: Collection[str]) -> Iterator["YamlReader"]:
        """A reader for each mapping in a list."""
        for number, node in enumerate(self.items(key), start=1):
            yield YamlReader(node, f"{self._path(key)}[{number}]", self._problems, known)

    def _path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key
