"""Patent style: black lines and text on white and nothing between, as patent offices want drawings (PCT rule 11.13)."""

import re
from colorsys import hls_to_rgb
from xml.etree.ElementTree import Element

from adapters.diagram.svg import css
from adapters.diagram.svg.tree import local_name, read, write

BLACK, WHITE, NONE = "#000000", "#ffffff", "none"
GRADIENTS = frozenset({"linearGradient", "radialGradient"})
OPACITIES = frozenset({"fill-opacity", "opacity", "stop-opacity", "stroke-opacity"})
DARK = 96
"""A colour of which no part is brighter was meant as black; of 255."""
THINNEST = 1.0
_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$", re.IGNORECASE)
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^)]*)\)$", re.IGNORECASE)
_NUMBER = re.compile(r"-?[\d.]+")
_IMPORTANT = re.compile(r"\s*!important$", re.IGNORECASE)


def in_patent_style(svg: str) -> str:
    """The same drawing in black and white. It has been sanitised."""
    root = read(svg)
    for element in root.iter():
        element.tag = local_name(element)
        if element.tag == "style":
            rules = css.rules(element.text or "", root.get("id", ""))
            element.text = "".join(f"{which}{{{css.join(_restyled(how))}}}" for which, how in rules)
        else:
            _restyle(element)
    for parent in root.iter():
        for child in [child for child in parent if child.tag in GRADIENTS]:
            parent.remove(child)
    return write(root)


def _restyle(element: Element) -> None:
    attributes = [(name, value) for name, value in element.attrib.items() if name in css.PROPERTIES]
    looks = css.declarations(element.get("style", ""))
    for name, _ in attributes:
        del element.attrib[name]
    if element.tag in ("text", "tspan"):
        attributes, looks = _without_paint(attributes), _without_paint(looks)
    for name, value in _restyled(attributes):
        element.set(name, value)
    looks = _restyled(looks)
    if element.tag in ("text", "tspan"):
        # Before whatever the style sheet says.
        looks += [("fill", f"{BLACK}!important"), ("stroke", f"{NONE}!important")]
    if looks:
        element.set("style", css.join(looks))


def _without_paint(declarations: css.Declarations) -> css.Declarations:
    return [(name, value) for name, value in declarations if name not in ("fill", "stroke")]


def _restyled(declarations: css.Declarations) -> css.Declarations:
    found = ((name, _value(name, value)) for name, value in declarations)
    return [(name, value) for name, value in found if value]


def _value(name: str, value: str) -> str:
    """What the property becomes, or "" where it goes."""
    plain = _IMPORTANT.sub("", value)
    important = value[len(plain) :]
    if name in OPACITIES:
        return value if _first_number(plain) == 0 else ""
    if name == "stroke-width":
        width = _first_number(plain)
        return f"{THINNEST:g}{important}" if width is not None and 0 < width < THINNEST else value
    if name in ("fill", "background", "background-color", "stroke", "color", "stop-color"):
        return _colour(name, plain) + important
    return value


def _colour(name: str, value: str) -> str:
    if value == "inherit":
        return value
    brightness = _brightness(value)
    if brightness is None:
        return NONE
    if name in ("stroke", "color"):
        return BLACK
    if name.startswith("background"):
        return WHITE
    return BLACK if brightness < DARK else WHITE


def _brightness(value: str) -> float | None:
    """Of a colour's brightest part, from 0 to 255; None: nothing is to be seen of it. An unknown colour is bright."""
    if value in ("none", "transparent", "revert"):
        return None
    if match := _HEX.match(value):
        digits = match[1] if len(match[1]) > 4 else "".join(2 * digit for digit in match[1])
        if digits[6:] and int(digits[6:], 16) == 0:
            return None
        return max(int(digits[place : place + 2], 16) for place in (0, 2, 4))
    if match := _FUNCTION.match(value):
        parts = [float(part) for part in _NUMBER.findall(match[2])[:4] if part.strip(".-")]
        if len(parts) == 4 and parts[3] == 0:
            return None
        if len(parts) < 3:
            return 255
        if match[1].lower() == "rgb":
            return max(parts[:3])
        return 255 * max(hls_to_rgb(parts[0] / 360 % 1, parts[2] / 100, parts[1] / 100))
    return 0 if value in ("black", "currentColor") else 255


def _first_number(value: str) -> float | None:
    match = _NUMBER.match(value)
    return float(match[0]) if match and match[0].strip(".-") else None
