"""Whatever a request says counts or is refused by its name: asked of every line of the matrix, as the most powerful.

A route that is added without a StrictInput, or without its query parameters in `asks` or `paged`, fails here.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.tenancy.asking import ask
from tests.tenancy.matrix import API, Row
from tests.tenancy.world import World

NAME = "no_such_field"
FREE = {"providers", "models", "plans", "tasks", "rules", "budgets", "when", "catalog", "value", "input"}
"""Members without a serializer of their own: sections of the catalog (`TestSections`), conditions, a rule's value, and
a task's input, which its adapter reads strictly.
"""


def each(rows: Iterable[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", [pytest.param(row, id=repr(row)) for row in rows])


@each(API)
def test_what_nobody_reads_is_refused_by_name(row: Row, world: World) -> None:
    """In the query, in the body, and in every object within the body."""
    joined = "&" if "?" in row.path else "?"
    _assert_refused(ask(_like(row, path=f"{row.path}{joined}{NAME}=1"), world, "operator"))
    for body in _with_unknown(row.body or {}):
        _assert_refused(ask(_like(row, body=body), world, "operator"))


def test_the_document_says_of_every_body_that_it_takes_nothing_else() -> None:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    schemas = document["components"]["schemas"]
    bodies = [
        (f"{method} {path}", content["schema"])
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    ]
    assert len(bodies) > 15
    open_ones = {where for name, schema in bodies for where in _open_objects(name, schema, schemas)}
    assert open_ones == set()


def _open_objects(where: str, schema: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    """Objects in a body that take any field, but for those that another reader looks through."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    for part in schema.get("allOf", ()):
        yield from _open_objects(where, part, schemas)
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        yield where
    for name, member in schema.get("properties", {}).items():
        if name not in FREE or "$ref" in member:
            yield from _open_objects(f"{where} {name}", member, schemas)
    if "items" in schema:
        yield from _open_objects(f"{where} []", schema["items"], schemas)


def _with_unknown(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {**body, NAME: 1}
    for name, value in body.items():
        if isinstance(value, dict) and name != "plans":  # whose members are names
            yield {**body, name: {**value, NAME: {}}}


def _like(row: Row, *, path: str | None = None, body: dict[str, Any] | None = None) -> Row:
    return Row(
        f"{row.method} {path or row.path}",
        member=400,
        admin=400,
        operator=400,
        body=row.body if body is None else body,
        headers=row.headers,
    )


def _assert_refused(response: Any) -> None:
    error = response.json()["error"]
    assert (response.status_code, error["code"]) in {(400, "invalid_request"), (400, "invalid_catalog")}, (
        error
    )
    assert NAME in error["message"]
    if error["code"] == "invalid_request":
        assert error["param"].rpartition(".")[2] == NAME
