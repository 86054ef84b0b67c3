"""A route that is added without a line in the matrix fails here."""

import re

from tests.support.routes import api_routes, shape, wire_routes
from tests.tenancy.matrix import API, WIRE


def test_every_route_of_the_api_has_its_rows() -> None:
    """Exactly those: a row without a route tests nothing."""
    assert {shape(f"{row.method} {row.path}") for row in API} == set(api_routes())


def test_every_route_of_the_wire_protocols_has_a_row() -> None:
    assert {shape(row.path) for row in WIRE} >= {row for row in wire_routes() if "{}" not in row}
    for route in wire_routes():
        pattern = re.compile(route.replace("{}", ".+"))
        assert any(pattern.fullmatch(row.path) for row in WIRE), f"{route} has no row"
