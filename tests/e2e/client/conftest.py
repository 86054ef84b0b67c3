from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.client.workplace import Person, Workplace, running_workplace


@pytest.fixture(scope="package")
def workplace(
    django_db_setup: Any, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workplace]:
    """One gateway for all: each test has a tenant of its own."""
    with django_db_blocker.unblock(), running_workplace(tmp_path_factory.mktemp("client")) as workplace:
        yield workplace


@pytest.fixture
def ann(workplace: Workplace) -> Person:
    """A member of a team."""
    return workplace.person()
