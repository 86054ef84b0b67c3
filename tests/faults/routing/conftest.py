"""One deployment for the tests of routing; each test has a tenant of its own."""

import os
from collections.abc import Iterator

import pytest

from tests.faults.databases import create_database, drop_database, name_of
from tests.faults.routing.deployment import Routed, running_routed


@pytest.fixture(scope="session")
def _routed(_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Routed]:
    url = create_database(_template, f"faults_{os.getpid()}_routing", like=name_of(_template))
    with running_routed(url, tmp_path_factory.mktemp("routing")) as routed:
        yield routed
    drop_database(url)


@pytest.fixture
def routed(_routed: Routed) -> Iterator[Routed]:
    """Two gateways, and vendors that have seen nothing yet. Afterwards no gateway has complained."""
    for vendor in _routed.vendors.values():
        vendor.finish()
        vendor.log.clear()
    yield _routed
    assert _routed.complaints() == []
