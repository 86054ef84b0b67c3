"""The words of a diagram: its kind, its language and its style."""

from enum import StrEnum


class Kind(StrEnum):
    FLOWCHART = "flowchart"
    SEQUENCE = "sequence"
    CLASS = "class"
    STATE = "state"
    BLOCK = "block"


class Language(StrEnum):
    MERMAID = "mermaid"
    PLANTUML = "plantuml"


class Style(StrEnum):
    DEFAULT = "default"
    PATENT = "patent"
    """Black on white, with reference numerals, as patent offices want drawings."""
