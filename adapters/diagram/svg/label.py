"""A label that a renderer wrote as HTML, drawn as text.

HTML breaks its lines by itself and text does not, so they are broken here: into as many as there is room for.
"""

import textwrap
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement

BREAKS = frozenset({"br", "div", "li", "p", "tr"})
"""HTML elements that begin a new line."""
HIDDEN = frozenset({"iframe", "object", "script", "style", "svg", "template"})
PADDING_PX = 4
LINE_EM = 1.2
LINE_PX = 24
"""How high a renderer reckons a line of HTML."""
MAX_LINES = 100
MAX_CHARACTERS = 5_000
"""Of one label."""


def drawn(label: Element, *, on_line: bool) -> Iterator[Element]:
    """The label's lines in the middle of its place; on a line they get a white ground."""
    x, y, width, height = (_number(label.get(name)) for name in ("x", "y", "width", "height"))
    lines = _broken([line for line in _lines(label) if line], room=round(height / LINE_PX))
    if not lines:
        return
    if on_line:
        place = {
            "x": f"{x - PADDING_PX:g}",
            "y": f"{y:g}",
            "width": f"{width + 2 * PADDING_PX:g}",
            "height": f"{height:g}",
        }
        yield Element("rect", place | {"style": "fill:#ffffff;stroke:none"})
    middle = f"{x + width / 2:g}"
    looks = "text-anchor:middle;dominant-baseline:central"
    text = Element("text", {"x": middle, "y": f"{y + height / 2:g}", "style": looks})
    for number, line in enumerate(lines):
        dy = LINE_EM if number else LINE_EM * (1 - len(lines)) / 2
        SubElement(text, "tspan", {"x": middle, "dy": f"{dy:g}em"}).text = line
    yield text


def _lines(label: Element) -> list[str]:
    lines = [""]
    _read(label, lines)
    return [" ".join(line.split()) for line in lines]


def _broken(lines: list[str], *, room: int) -> list[str]:
    """The lines in as many as there is room for, all about equally long."""
    lines = "\n".join(lines)[:MAX_CHARACTERS].split("\n")[:MAX_LINES]
    longest = max(map(len, lines), default=0)
    low, high = 1, longest
    while low < high:
        middle = (low + high) // 2
        if len(_wrapped(lines, middle)) <= max(room, len(lines)):
            high = middle
        else:
            low = middle + 1
    return _wrapped(lines, high)[:MAX_LINES] if longest else []


def _wrapped(lines: list[str], width: int) -> list[str]:
    return [
        part
        for line in lines
        for part in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)
    ]


def _read(element: Element, lines: list[str]) -> None:
    name = element.tag.rpartition("}")[2].lower()
    if name in HIDDEN:
        return
    if name in BREAKS:
        lines.append("")
    lines[-1] += element.text or ""
    for child in element:
        _read(child, lines)
        lines[-1] += child.tail or ""
    if name in BREAKS:
        lines.append("")


def _number(text: str | None) -> float:
    try:
        number = float(text or 0)
    except ValueError:
        return 0.0
    return number if abs(number) < 1e6 else 0.0
