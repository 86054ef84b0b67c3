"""Whether a schema can be enforced to the letter where vendors are asked for it with `strict`.

Anthropic enforces any schema. OpenAI, and whoever does as it does, refuses one with properties that may be left out or
that nobody named, unless it is only to be followed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

HOLD_BY_NAME = ("properties", "$defs", "definitions")
HOLD_SEVERAL = ("anyOf", "oneOf", "allOf", "prefixItems")
HOLD_ONE = ("items", "additionalProperties", "not")


def can_be_strict(schema: Mapping[str, Any]) -> bool:
    """Whether every object in it has all of its properties, and no others."""
    waiting: list[Mapping[str, Any]] = [schema]
    while waiting:
        each = waiting.pop()
        if not _is_closed(each):
            return False
        waiting += _inside(each)
    return True


def _is_closed(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    if kind != "object" and "properties" not in schema and not (isinstance(kind, list) and "object" in kind):
        return True
    properties, required = schema.get("properties") or {}, schema.get("required") or []
    return (
        schema.get("additionalProperties") is False
        and isinstance(properties, Mapping)
        and isinstance(required, list)
        and all(name in required for name in properties)
    )


def _inside(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schemas that it is made of."""
    for name, value in schema.items():
        found: Any = ()
        if name in HOLD_BY_NAME and isinstance(value, Mapping):
            found = value.values()
        elif name in HOLD_SEVERAL and isinstance(value, list):
            found = value
        elif name in HOLD_ONE:
            found = (value,)
        yield from (each for each in found if isinstance(each, Mapping))
