"""The sandbox's answers of a wanted shape are of that shape, as a validator of JSON schemas sees it."""

import json
import time
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.sandbox.filled import MOST_VALUES, filled
from tests.unit.providers.test_sandbox import answer

NODE = {
    "type": "object",
    "properties": {
        "value": {"type": "number"},
        "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
    },
    "required": ["value", "next"],
    "additionalProperties": False,
}
TREE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#"}}},
    "required": ["name", "children"],
}
SCHEMAS: dict[str, Any] = {
    "texts": {
        "type": "object",
        "properties": {
            "plain": {"type": "string"},
            "short": {"type": "string", "maxLength": 3},
            "long": {"type": "string", "minLength": 40},
            "when": {"type": "string", "format": "date-time"},
            "mail": {"type": "string", "format": "email"},
            "id": {"type": "string", "format": "uuid"},
        },
        "required": ["plain", "short", "long", "when", "mail", "id"],
        "additionalProperties": False,
    },
    "numbers": {
        "type": "object",
        "properties": {
            "least": {"type": "integer", "minimum": 7},
            "above": {"type": "integer", "exclusiveMinimum": 7},
            "most": {"type": "number", "maximum": -2.5},
            "below": {"type": "number", "exclusiveMaximum": 1},
            "fives": {"type": "integer", "minimum": 6, "multipleOf": 5},
        },
        "required": ["least", "above", "most", "below", "fives"],
    },
    "choices": {
        "type": "object",
        "properties": {
            "one": {"enum": ["red", "blue"]},
            "only": {"const": 4},
            "any": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
            "perhaps": {"type": ["string", "null"]},
            "all": {"allOf": [{"properties": {"a": {"type": "boolean"}}}, {"required": ["a"]}]},
        },
        "required": ["one", "only", "any", "perhaps", "all"],
    },
    "arrays": {
        "type": "object",
        "properties": {
            "some": {"type": "array", "items": {"type": "integer"}},
            "three": {"type": "array", "items": {"type": "string"}, "minItems": 3},
            "none": {"type": "array", "items": {"type": "string"}, "maxItems": 0},
            "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["some", "three", "none", "pair"],
    },
    "a list that goes on": {"$ref": "#/$defs/node", "$defs": {"node": NODE}},
    "a tree": TREE,
}


@pytest.mark.parametrize("name", SCHEMAS)
async def test_an_answer_is_of_the_schema_that_the_request_has(name: str) -> None:
    shape = {"type": "json_schema", "json_schema": {"name": "unheard_of", "schema": SCHEMAS[name]}}
    (choice,) = (await answer("hello", response_format=shape))["choices"]
    jsonschema_rs.validate(SCHEMAS[name], json.loads(choice["message"]["content"]))
    assert choice["finish_reason"] == "stop"


async def test_where_any_json_object_is_wanted_the_answer_is_one() -> None:
    (choice,) = (await answer("hello", response_format={"type": "json_object"}))["choices"]
    assert json.loads(choice["message"]["content"]) == {"answer": "sandbox answer"}


async def test_an_answer_of_a_shape_ends_at_the_limit_too() -> None:
    shape = {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMAS["texts"]}}
    body = await answer("hello", response_format=shape, max_tokens=5)
    assert (body["choices"][0]["finish_reason"], body["usage"]["completion_tokens"]) == ("length", 5)


def test_a_short_schema_that_stands_for_millions_of_values_ends() -> None:
    wide = {"type": "object", "properties": {str(number): {"$ref": "#"} for number in range(50)}}
    both = {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}
    begun = time.monotonic()
    for schema in (wide, both, {"$ref": "#"}, {"anyOf": [{"$ref": "#"}]}):
        assert len(json.dumps(filled(schema))) < MOST_VALUES * 40
    assert time.monotonic() - begun < 2


_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
_keys = st.sampled_from(
    [
        *(
            "type",
            "properties",
            "items",
            "enum",
            "anyOf",
            "allOf",
            "$ref",
            "required",
            "minItems",
            "maxItems",
        ),
        *("format", "minimum", "maximum", "multipleOf", "maxLength", "minLength", "prefixItems", "const"),
    ]
)
_kinds = st.sampled_from(["object", "array", "integer", "number", "string", "#", "#/properties/a"])
_schemas = st.recursive(
    _values | _kinds,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_keys | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=15,
)


@given(_schemas)
def test_whatever_stands_in_the_place_of_a_schema_there_is_a_value(schema: Any) -> None:
    json.dumps(filled(schema))
