"""An SVG as a tree of elements: read within bounds, written without namespaces of others."""

from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

MAX_BYTES = 2 * 1024 * 1024
MAX_ELEMENTS = 20_000
MAX_DEPTH = 64
NAMESPACE = "http://www.w3.org/2000/svg"
_PREFIX = f"{{{NAMESPACE}}}"


class UnsafeSvg(ValueError):
    """This is no SVG that may be handed out."""


def read(svg: str) -> Element:
    """The root. Entities and document types are refused, comments and processing instructions are left out."""
    if len(svg.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise UnsafeSvg(f"The picture is larger than {MAX_BYTES} bytes.")
    try:
        root: Element = fromstring(svg, forbid_dtd=True)
    except DefusedXmlException:
        raise UnsafeSvg("The picture has a document type.") from None
    except (ParseError, UnicodeEncodeError) as error:
        raise UnsafeSvg(f"The picture is no XML: {error}.") from None
    if root.tag != f"{_PREFIX}svg":
        raise UnsafeSvg("The picture is no SVG.")
    _check_bounds(root)
    return root


def local_name(element: Element) -> str:
    """The element's name if it is SVG's own, else ""."""
    return element.tag.removeprefix(_PREFIX) if element.tag.startswith(_PREFIX) else ""


def write(root: Element) -> str:
    """The tree as text. Its elements bear local names."""
    root.set("xmlns", NAMESPACE)
    return tostring(root, encoding="unicode")


def _check_bounds(root: Element) -> None:
    level, elements = [root], 0
    for _ in range(MAX_DEPTH):
        elements += len(level)
        if elements > MAX_ELEMENTS:
            raise UnsafeSvg(f"The picture has more than {MAX_ELEMENTS} elements.")
        level = [child for element in level for child in element]
        if not level:
            return
    raise UnsafeSvg(f"The picture's elements are nested deeper than {MAX_DEPTH}.")
