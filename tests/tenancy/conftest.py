from collections.abc import Iterator
from typing import Any

import pytest

from tests.tenancy.kept_world import KeptWorld
from tests.tenancy.world import World


@pytest.fixture(scope="module")
def kept_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[KeptWorld]:
    """Set up before a test's own transaction begins."""
    kept = KeptWorld()
    with django_db_blocker.unblock():
        kept.open()
    yield kept
    with django_db_blocker.unblock():
        kept.close()


@pytest.fixture
def world(kept_world: KeptWorld, db: None) -> World:
    """What a test changes of it is taken back."""
    return kept_world.get()
