"""A value of a JSON schema, made of what a prompt says: its first number, its first quotation, or the prompt itself."""

import re
from collections.abc import Mapping
from typing import Any

_QUOTED = re.compile(r"'([^']+)'")
_NUMBER = re.compile(r"-?\d+")


def filled(schema: Mapping[str, Any], prompt: str) -> object:
    """Every property has a value, the optional ones too."""
    return _Filling(schema, prompt).value(schema)


def quoted_names(prompt: str) -> list[str]:
    return _QUOTED.findall(prompt)


class _Filling:
    def __init__(self, root: Mapping[str, Any], prompt: str) -> None:
        self._root = root
        self._prompt = prompt

    def value(self, schema: Mapping[str, Any]) -> object:
        schema = self._plain(schema)
        if "enum" in schema:
            return schema["enum"][0]
        if "const" in schema:
            return schema["const"]
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object" or "properties" in schema:
            return {name: self.value(inner) for name, inner in schema.get("properties", {}).items()}
        if kind == "array":
            return [self.value(schema.get("items", {"type": "string"}))]
        return self._scalar(kind)

    def _plain(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Without references and alternatives."""
        if "$ref" in schema:
            found: Any = self._root
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            return self._plain(found)
        for name in ("anyOf", "oneOf", "allOf"):
            if name in schema:
                return self._plain(schema[name][0])
        return schema

    def _scalar(self, kind: str | None) -> object:
        number = _NUMBER.search(self._prompt)
        if kind == "integer":
            return int(number[0]) if number else 0
        if kind == "number":
            return float(number[0]) if number else 0.0
        if kind == "boolean":
            return True
        if kind == "null":
            return None
        quoted = _QUOTED.search(self._prompt)
        return quoted[1] if quoted else self._prompt.split("\n")[0][:80]
