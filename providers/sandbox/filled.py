"""A value that a JSON schema describes: for answers whose shape no writer knows, and for arguments of tools.

It is made of the schema alone, so equal schemas get equal values. Patterns are not followed. A schema that leads to
itself ends: below `LEVELS` only what it requires is filled in, below `MOST_LEVELS` and beyond `MOST_VALUES` nothing.
"""

import math
from collections.abc import Mapping
from typing import Any

LEVELS, MOST_LEVELS = 6, 24
MOST_VALUES = 2_000
"""In one answer: references can stand for each other so that a short schema is millions of values."""
MOST_ITEMS = 16
MOST_CHARACTERS = 1_000
TEXTS = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "duration": "PT1H",
    "email": "sandbox@example.com",
    "hostname": "sandbox.example",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://sandbox.example/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
"""By the schema's `format`."""


def filled(schema: object) -> object:
    """The value; of what is no schema a text."""
    return _Filling(schema).value(schema, "value", 0)


class _Filling:
    def __init__(self, root: object) -> None:
        self._root = root
        self._left = MOST_VALUES

    def value(self, schema: object, name: str, level: int) -> object:
        """`name`: of the property that it is for, which a text tells."""
        self._left -= 1
        if self._left < 0:
            return None
        plain = self._plain(schema, level)
        if "const" in plain:
            return plain["const"]
        if isinstance(plain.get("enum"), list) and plain["enum"]:
            return plain["enum"][0]
        match _kind(plain, level):
            case "object":
                return self._object(plain, level)
            case "array":
                return self._array(plain, name, level)
            case "integer" | "number" as kind:
                return _number(plain, whole=kind == "integer")
            case "boolean":
                return True
            case "null":
                return None
        return _text(plain, name)

    def _plain(self, schema: object, level: int) -> Mapping[str, Any]:
        """Without references and alternatives."""
        for _ in range(MOST_LEVELS):
            if not isinstance(schema, Mapping):
                return {}
            choices = next((schema[key] for key in ("anyOf", "oneOf") if _some(schema.get(key))), None)
            if isinstance(schema.get("$ref"), str):
                schema = self._at(schema["$ref"])
            elif choices is not None:
                nothing = [one for one in choices if isinstance(one, Mapping) and one.get("type") == "null"]
                schema = nothing[0] if nothing and level > LEVELS else choices[0]
            elif _some(schema.get("allOf")):
                return self._together(schema, level)
            else:
                return schema
        return {}

    def _together(self, schema: Mapping[str, Any], level: int) -> Mapping[str, Any]:
        """All of `allOf`, and what stands beside it, as one."""
        self._left -= 1
        if level > MOST_LEVELS or self._left < 0:
            return {}
        parts = [
            *(self._plain(part, level + 1) for part in schema["allOf"]),
            {key: value for key, value in schema.items() if key != "allOf"},
        ]
        whole: dict[str, Any] = {}
        for part in parts:
            whole |= part
        return whole | {
            "properties": {key: value for part in parts for key, value in _properties(part).items()}
        }

    def _at(self, reference: str) -> object:
        """What a reference within the schema points to."""
        found = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def _object(self, schema: Mapping[str, Any], level: int) -> dict[str, object]:
        if level > MOST_LEVELS:
            return {}
        required = schema.get("required")
        wanted = required if isinstance(required, list) else []
        return {
            key: self.value(inner, key, level + 1)
            for key, inner in _properties(schema).items()
            if level <= LEVELS or key in wanted
        }

    def _array(self, schema: Mapping[str, Any], name: str, level: int) -> list[object]:
        if level > MOST_LEVELS:
            return []
        first = schema.get("prefixItems")
        if isinstance(first, list) and first:
            return [self.value(inner, name, level + 1) for inner in first[:MOST_ITEMS]]
        least = _bound(schema, "minItems")
        count = int(least) if least is not None else int(level <= LEVELS)
        most = _bound(schema, "maxItems")
        count = min(count, MOST_ITEMS if most is None else int(most), MOST_ITEMS)
        return [self.value(schema.get("items"), name, level + 1) for _ in range(count)]


def _some(value: object) -> bool:
    return isinstance(value, list) and bool(value)


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found = schema.get("properties")
    return found if isinstance(found, Mapping) else {}


def _kind(schema: Mapping[str, Any], level: int) -> object:
    kind = schema.get("type")
    if isinstance(kind, list):
        if level > LEVELS and "null" in kind:
            return "null"
        kind = next((one for one in kind if one != "null"), "null")
    return "object" if kind is None and "properties" in schema else kind


def _bound(schema: Mapping[str, Any], name: str) -> float | None:
    value = schema.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if -1e15 < value < 1e15 else None


def _number(schema: Mapping[str, Any], *, whole: bool) -> float:
    """1, or the nearest number within the bounds."""
    value: float = 1
    least, above = _bound(schema, "minimum"), _bound(schema, "exclusiveMinimum")
    most, below = _bound(schema, "maximum"), _bound(schema, "exclusiveMaximum")
    step = 1 if whole else 0.5
    if least is not None:
        value = max(value, least)
    if above is not None and value <= above:
        value = above + step
    if most is not None:
        value = min(value, most)
    if below is not None and value >= below:
        value = below - step
    multiple = _bound(schema, "multipleOf")
    if multiple is not None and multiple > 0:
        value = math.ceil(value / multiple) * multiple
    return math.ceil(value) if whole else value


def _text(schema: Mapping[str, Any], name: str) -> str:
    known = TEXTS.get(str(schema.get("format")))
    least, most = _bound(schema, "minLength"), _bound(schema, "maxLength")
    text = known or f"sandbox {name}".encode("utf-8", "replace").decode()
    text = text.ljust(min(int(least or 0), MOST_CHARACTERS), ".")
    return text if most is None else text[: max(0, int(most))]
