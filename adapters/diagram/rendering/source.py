"""What may be shown to a renderer: one diagram of a known kind that names nothing outside its own text."""

import re

from adapters.diagram.rendering.errors import SourceRefused
from adapters.diagram.types import Kind, Language

MAX_BYTES = 64 * 1024
MAX_LINE = 4_000
MERMAID_KINDS = {
    "flowchart": Kind.FLOWCHART,
    "graph": Kind.FLOWCHART,
    "sequenceDiagram": Kind.SEQUENCE,
    "classDiagram": Kind.CLASS,
    "classDiagram-v2": Kind.CLASS,
    "stateDiagram": Kind.STATE,
    "stateDiagram-v2": Kind.STATE,
    "block": Kind.BLOCK,
    "block-beta": Kind.BLOCK,
}
"""By a diagram's first word."""
_FENCE = "---"
_TITLE = re.compile(r"""title:\s*(?:"[^"\\]*"|'[^']*'|[^\s"'&*!|>%@`{\[#].*)""")
"""Of YAML what can be nothing but a text."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_OUTSIDE = re.compile(r"^\s*!(include\w*|import\w*|theme)\b", re.IGNORECASE)
_LOADING = re.compile(r"%(load_json|getenv|file_exists|dirpath|filename|get_all_\w+)\b", re.IGNORECASE)
_IMAGE = re.compile(r"<img[\s:]|\bsprite\b.*\b(https?|file)\b", re.IGNORECASE)


def check_source(language: Language, source: str) -> None:
    """Check that a source is only a drawing. Raises SourceRefused, naming the line at fault."""
    if len(source.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise SourceRefused(f"A source has {MAX_BYTES} bytes at most.")
    if control := _CONTROL.search(source):
        raise SourceRefused("A source has no control characters.", len(_lines(source[: control.start()])))
    lines = _lines(source)
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE:
            raise SourceRefused(f"A line has {MAX_LINE} characters at most.", number)
    check_language = _check_mermaid if language is Language.MERMAID else _check_plantuml
    check_language(lines)


def mermaid_kind(source: str) -> Kind:
    """The kind of a source that `check_source` lets pass."""
    lines = _lines(source)
    return MERMAID_KINDS[_first_word(lines, _front_matter(lines))[0]]


def _lines(source: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", source)


def _check_mermaid(lines: list[str]) -> None:
    for number, line in enumerate(lines, 1):
        if "%%{" in line:
            raise SourceRefused(
                "Directives such as %%{init}%% are not accepted: the style is chosen outside.", number
            )
    word, number = _first_word(lines, _front_matter(lines))
    if word not in MERMAID_KINDS:
        raise SourceRefused(f"A Mermaid source begins with one of {', '.join(MERMAID_KINDS)}.", number)


def _front_matter(lines: list[str]) -> int:
    """How many lines stand before the diagram. A title may; more would choose the style."""
    begin, fence = _first_word(lines)
    if begin != _FENCE:
        return 0
    for number, line in enumerate(lines[fence:], fence + 1):
        if line.strip() == _FENCE:
            return number
        if line.strip() and not _TITLE.fullmatch(line.strip()):
            raise SourceRefused("Before the diagram there may be a title, and nothing else.", number)
    raise SourceRefused("The front matter has no end: a line of ---.", fence)


def _check_plantuml(lines: list[str]) -> None:
    word, number = _first_word(lines)
    if word != "@startuml":
        raise SourceRefused("A PlantUML source begins with @startuml.", number)
    for number, line in enumerate(lines, 1):
        if _OUTSIDE.search(line) or _LOADING.search(line) or _IMAGE.search(line):
            raise SourceRefused(
                "Nothing outside the source can be included: no file, address, theme or image.", number
            )
        if line.lstrip().startswith("@start") and number > 1 and "@startuml" in lines[number - 2 :: -1]:
            raise SourceRefused("A source has one diagram.", number)
    if "@enduml" not in (line.strip() for line in lines):
        raise SourceRefused("A PlantUML source ends with @enduml.", len(lines))


def _first_word(lines: list[str], after: int = 0) -> tuple[str, int]:
    """The first word after so many lines that is no comment, and its line."""
    for number, line in enumerate(lines[after:], after + 1):
        text = line.strip()
        if text and not text.startswith(("%%", "'")):
            return re.split(r"[\s;:]", text, maxsplit=1)[0], number
    raise SourceRefused("The source is empty.")
