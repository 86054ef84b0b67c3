from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.redis import EmbeddedRedis
from tests.emptied_tables import delete_rows_instead_of_flushing
from tests.properties import register_profiles
from tests.quick_passwords import hash_passwords_quickly
from tests.static_files import search_static_files_once

register_profiles()
search_static_files_once()
delete_rows_instead_of_flushing()
hash_passwords_quickly()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A Redis that the test may stop."""
    server = EmbeddedRedis(tmp_path / "redis")
    server.start()
    yield server
    server.stop()
