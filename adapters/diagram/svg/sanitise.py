"""What may be handed out of an SVG: shapes, text and their looks, by lists of what is allowed.

No script, no event, no link, no reference to anything outside the picture, no HTML. What comes out is a fixed point:
sanitised again it stays as it is, and that is checked.
"""

import re
from xml.etree.ElementTree import Element, SubElement

from adapters.diagram.svg import css, label
from adapters.diagram.svg.tree import UnsafeSvg, local_name, read, write

_ELEMENTS = (
    "circle clipPath defs desc ellipse g line linearGradient marker path polygon polyline radialGradient rect stop "
    "style svg text title tspan"
)
_GEOMETRY = (
    "cx cy d dx dy fx fy gradientTransform gradientUnits height lengthAdjust markerHeight markerUnits markerWidth "
    "offset orient points preserveAspectRatio r refX refY rotate rx ry spreadMethod startOffset textLength transform "
    "version viewBox width x x1 x2 y y1 y2"
)
ELEMENTS = frozenset(_ELEMENTS.split())
USED = frozenset({"clipPath", "linearGradient", "marker", "radialGradient"})
"""Elements that show nothing unless another one names them."""
REPLACED = {"a": "g", "switch": "g"}
"""Elements of which the content stays."""
NAMES = frozenset({"class", "role"})
ATTRIBUTES = frozenset(_GEOMETRY.split()) | NAMES | css.PROPERTIES
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_NAME = re.compile(r"[\w .:-]{0,200}")
_REFERENCE = re.compile(r"url\(\s*['\"]?#([\w.:-]+)")


def sanitise(svg: str) -> str:
    """The picture with nothing in it but what is allowed. Raises UnsafeSvg where it is no SVG or too large."""
    clean = write(_cleaned(read(svg)))
    if write(_cleaned(read(clean))) != clean:
        raise UnsafeSvg("The picture changes when it is read again.")
    return clean


def _cleaned(root: Element) -> Element:
    wanted = _referenced(root)
    root_id = root.get("id", "")
    kept = _copied(root, "svg", wanted | {root_id} if _NAME.fullmatch(root_id) else wanted)
    _fill(kept, root, wanted, kept.get("id", ""), on_line=False)
    return kept


def _referenced(root: Element) -> frozenset[str]:
    """The names of the parts that others of the picture point at; no other part needs its name."""
    texts = [value for element in root.iter() for value in element.attrib.values()]
    texts += [element.text or "" for element in root.iter() if local_name(element) == "style"]
    return frozenset(name for text in texts for name in _REFERENCE.findall(text))


def _fill(kept: Element, source: Element, wanted: frozenset[str], root_id: str, *, on_line: bool) -> None:
    """Copies the children that may stay. The depth is bounded by `read`. `on_line`: they belong to a line's label."""
    on_line = on_line or "edgeLabel" in source.get("class", "").split()
    for child in source:
        name = local_name(child)
        if name == "foreignObject":
            kept.extend(label.drawn(child, on_line=on_line))
        elif name == "style":
            looks = "".join(
                f"{which}{{{css.join(how)}}}" for which, how in css.rules(child.text or "", root_id)
            )
            if looks:
                SubElement(kept, "style").text = looks
        elif name in USED and child.get("id") not in wanted:
            continue
        elif (name := REPLACED.get(name, name)) in ELEMENTS:
            copy = _copied(child, name, wanted)
            kept.append(copy)
            _fill(copy, child, wanted, root_id, on_line=on_line)


def _copied(element: Element, name: str, wanted: frozenset[str]) -> Element:
    copy = Element(name)
    for key, value in element.attrib.items():
        if key == "style":
            if looks := css.join(css.declarations(value)):
                copy.set("style", looks)
        elif key == "id":
            if value in wanted:
                copy.set("id", value)
        elif key in ATTRIBUTES and _is_safe(key, value):
            copy.set(key, value)
        elif key == XML_SPACE and value == "preserve":
            copy.set("style", css.join([*css.declarations(element.get("style", "")), ("white-space", "pre")]))
    if name in ("text", "tspan", "title", "desc"):
        copy.text = element.text
    if name == "tspan":
        copy.tail = element.tail
    return copy


def _is_safe(key: str, value: str) -> bool:
    return bool(_NAME.fullmatch(value)) if key in NAMES else css.is_safe_value(value)
