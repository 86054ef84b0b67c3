from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.client.one_gateway import OneGateway, Person, one_gateway


@pytest.fixture(scope="package")
def gateway(
    django_db_setup: Any, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OneGateway]:
    """One gateway for all: each test has a tenant of its own."""
    with django_db_blocker.unblock(), one_gateway(tmp_path_factory.mktemp("client")) as gateway:
        yield gateway


@pytest.fixture
def ann(gateway: OneGateway) -> Person:
    """A member of a team."""
    return gateway.person()
