"""Texts of our own: in which something private stands, and which only look as if."""

from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent


class Positive(NamedTuple):
    """A text, and where in it the private thing is, in characters."""

    kind: str
    text: str
    start: int
    end: int


def positives() -> list[Positive]:
    found = []
    for line in _lines("positives.tsv"):
        kind, _, marked = line.partition("\t")
        marked = marked.replace("\\n", "\n")
        start, end = marked.index("«"), marked.index("»") - 1
        found.append(Positive(kind, marked.replace("«", "").replace("»", ""), start, end))
    return found


def negatives() -> list[str]:
    return _lines("negatives.txt")


def _lines(name: str) -> list[str]:
    return (HERE / name).read_text(encoding="utf-8").splitlines()[1:]
