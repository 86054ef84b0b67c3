from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.client.house import House, Person, running_house


@pytest.fixture(scope="module")
def house(
    django_db_setup: Any, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """One gateway for a module: each test has a tenant of its own."""
    with django_db_blocker.unblock(), running_house(tmp_path_factory.mktemp("client")) as house:
        yield house


@pytest.fixture
def ann(house: House) -> Person:
    """A member of a team."""
    return house.person()
