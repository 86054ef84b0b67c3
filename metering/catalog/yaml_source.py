"""A YAML text as nodes with lines, and the problems found in it.

PyYAML's loader would turn `0.1` into a float, `off` into False and `22:00` into 1320. So scalars stay text
until somebody asks for a type, and plain values follow YAML 1.2.
"""

import re
from collections.abc import Collection
from difflib import get_close_matches

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from metering.errors import CatalogInvalid

MAX_CHARACTERS = 5_000_000
MAX_PLAIN_NODES = 1_000
MAX_DEPTH = 20
INTEGER = re.compile(r"[+-]?\d[\d_]{0,29}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_NULL = "tag:yaml.org,2002:null"
BOOLEANS = {"true": True, "false": False}


class Problems:
    """Collects what is wrong, so that a person sees everything at once."""

    def __init__(self) -> None:
        self._found: set[tuple[int, str]] = set()

    def add(self, line: int, sentence: str) -> None:
        self._found.add((line, sentence))

    def raise_if_any(self) -> None:
        """Raises CatalogInvalid with every problem, in the order of the file."""
        if self._found:
            raise CatalogInvalid([f"line {line}: {sentence}" for line, sentence in sorted(self._found)])


def compose(text: str) -> Node:
    """The root node of a text. Raises CatalogInvalid unless it is exactly one readable YAML document."""
    if len(text) > MAX_CHARACTERS:
        raise CatalogInvalid([f"line 1: the file is longer than {MAX_CHARACTERS:,} characters."])
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise CatalogInvalid([f"line {mark.line + 1 if mark else 1}: not valid YAML: {what}."]) from error
    except RecursionError as error:
        raise CatalogInvalid(["line 1: the file is nested too deeply."]) from error
    if node is None:
        raise CatalogInvalid(["line 1: the file is empty."])
    return node


def line_of(node: Node) -> int:
    """The line, counted from 1, on which a node begins."""
    return int(node.start_mark.line) + 1


def is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == _NULL


def shown(node: Node) -> str:
    """What a node is, for a message; its text only if it is short."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    text = str(node.value)
    return repr(text) if len(text) <= 40 else "a long text"


def suggestion(word: str, known: Collection[str]) -> str:
    """`; did you mean 'x'?` if a known word is close, else what there is."""
    close = get_close_matches(word, known, n=1) or get_close_matches(word.upper(), known, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(known)}" if known else "; there are none yet"


def plain_value(node: Node) -> object:
    """A node as JSON has it.

    Raises ValueError when it is too large or refers to itself, and for a key that occurs twice or is no text.
    """
    return _plain(node, [MAX_PLAIN_NODES], MAX_DEPTH)


def _plain(node: Node, left: list[int], depth: int) -> object:
    left[0] -= 1
    if left[0] < 0 or depth < 0:
        raise ValueError("the value is too large, or contains itself")
    if isinstance(node, MappingNode):
        _check_keys(node)
        return {str(key.value): _plain(value, left, depth - 1) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [_plain(item, left, depth - 1) for item in node.value]
    text = str(node.value)
    if "\0" in text:
        raise ValueError("the value contains a NUL character")
    if getattr(node, "style", None) is not None:
        return text  # quoted, so it is text whatever it looks like
    if is_null(node):
        return None
    if text.lower() in BOOLEANS:
        return BOOLEANS[text.lower()]
    if INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _check_keys(node: MappingNode) -> None:
    lines: dict[str, int] = {}
    for key_node, _ in node.value:
        line = line_of(key_node)
        if not isinstance(key_node, ScalarNode):
            raise ValueError(f"a key must be plain text, on line {line}")
        key = str(key_node.value)
        if key in lines:
            raise ValueError(f"{key!r} occurs twice, on line {line} and first on line {lines[key]}")
        lines[key] = line
