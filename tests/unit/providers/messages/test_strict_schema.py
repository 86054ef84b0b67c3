"""Which schemas OpenAI takes with `strict`."""

from typing import Any

import pytest

from providers.messages.strict_schema import can_be_strict

CLOSED: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
OPEN: dict[str, Any] = {**CLOSED, "required": []}


def around(inner: dict[str, Any]) -> list[dict[str, Any]]:
    """Closed schemas that hold another one."""
    return [
        {**CLOSED, "properties": {"a": inner}},
        {**CLOSED, "properties": {"a": {"type": "array", "items": inner}}},
        {**CLOSED, "properties": {"a": {"anyOf": [{"type": "null"}, inner]}}},
        {**CLOSED, "$defs": {"b": inner}},
    ]


@pytest.mark.parametrize("schema", [CLOSED, {"type": "string"}, *around(CLOSED)])
def test_a_schema_whose_objects_have_all_of_their_properties_can_be_strict(schema: dict[str, Any]) -> None:
    assert can_be_strict(schema)


@pytest.mark.parametrize(
    "schema",
    [
        OPEN,
        {"type": "object"},
        {**CLOSED, "additionalProperties": {"type": "string"}},
        {**CLOSED, "type": ["object", "null"], "required": None},
        {**OPEN, "type": None},
        *around(OPEN),
    ],
)
def test_one_with_a_property_that_may_be_missing_or_is_not_named_cannot(schema: dict[str, Any]) -> None:
    assert not can_be_strict(schema)
