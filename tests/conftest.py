from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway_project.local.redis import EmbeddedRedis
from tests.properties import register_profiles

register_profiles()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A Redis that the test may stop."""
    server = EmbeddedRedis(tmp_path / "redis")
    server.start()
    yield server
    server.stop()
