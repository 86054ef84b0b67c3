from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway_project.collector import spare_what_lives_long
from launcher.redis import EmbeddedRedis
from metering.orm import close_database_threads
from tests.certificates import read_certificates_once
from tests.emptied_tables import delete_rows_instead_of_flushing
from tests.kept_connections import close_kept_connections
from tests.properties import register_profiles
from tests.quick_passwords import hash_passwords_quickly
from tests.static_files import search_static_files_once

register_profiles()
read_certificates_once()
search_static_files_once()
delete_rows_instead_of_flushing()
hash_passwords_quickly()


def pytest_collection_finish() -> None:
    """Modules and tests live as long as the run: to walk them in every full collection took an eighth of its time."""
    spare_what_lives_long()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Connections are kept from test to test; before the database is dropped, they are closed."""
    yield
    close_database_threads()
    close_kept_connections()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A Redis that the test may stop."""
    server = EmbeddedRedis(tmp_path / "redis")
    server.start()
    yield server
    server.stop()
