"""The part of CSS that a picture may use: what paints and sets text, with values that name nothing outside it."""

import re

_PROPERTIES = (
    "alignment-baseline background background-color clip-path clip-rule color display dominant-baseline fill "
    "fill-opacity fill-rule font font-family font-size font-style font-variant font-weight letter-spacing "
    "line-height marker marker-end marker-mid marker-start max-width opacity paint-order shape-rendering "
    "stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin "
    "stroke-miterlimit stroke-opacity stroke-width text-anchor text-decoration text-rendering transform "
    "transform-origin vector-effect visibility white-space width height word-spacing"
)
_FUNCTIONS = "calc hsl hsla matrix rgb rgba rotate scale skewx skewy translate url"
PROPERTIES = frozenset(_PROPERTIES.split())
FUNCTIONS = frozenset(_FUNCTIONS.split())
Declarations = list[tuple[str, str]]
_SIGNS = re.compile(r"[\w\s#.,%+\-'\"()!/*]*")
"""No backslash, so that nothing can be spelt otherwise, and no colon, so that no address fits."""
_CALL = re.compile(r"(?<![\w-])([\w-]*)\(")
"""Each pattern here takes time in proportion to its text, whatever the text."""
_ANY_URL = re.compile(r"url\(", re.IGNORECASE)
_OWN_URL = re.compile(r"url\(\s*(['\"]?)#[\w.:-]+\1\s*\)", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_SELECTOR = re.compile(r"#[\w-]+(?![\w-])[\w\s#.:>+~\[\]=\"*()^$|-]*")


def is_safe_value(value: str) -> bool:
    """Whether an attribute's or a property's value names nothing but this picture's own parts."""
    plain = _OWN_URL.sub("", value)
    return bool(
        _SIGNS.fullmatch(plain)
        and not _ANY_URL.search(plain)
        and all(name.lower() in FUNCTIONS or not name for name in _CALL.findall(plain))
    )


def declarations(text: str) -> Declarations:
    """The declarations that may stay."""
    found = (part.partition(":") for part in _COMMENT.sub("", text).split(";"))
    pairs = ((name.strip().lower(), value.strip()) for name, _, value in found)
    return [(name, value) for name, value in pairs if name in PROPERTIES and value and is_safe_value(value)]


def join(kept: Declarations) -> str:
    return ";".join(f"{name}:{value}" for name, value in kept)


def rules(text: str, root_id: str) -> list[tuple[str, Declarations]]:
    """The rules that may stay: all their selectors begin at the picture's root, so that a page keeps its looks.

    No rule that begins with @ does.
    """
    found = []
    for rule in _COMMENT.sub("", text).split("}"):
        selectors, _, body = rule.partition("{")
        kept = declarations(body)
        own = [
            part.strip() for part in selectors.rpartition(";")[2].split(",") if _is_own(part.strip(), root_id)
        ]
        if own and kept:
            found.append((",".join(own), kept))
    return found


def _is_own(selector: str, root_id: str) -> bool:
    return bool(root_id) and selector.split(" ")[0] == f"#{root_id}" and bool(_SELECTOR.fullmatch(selector))
