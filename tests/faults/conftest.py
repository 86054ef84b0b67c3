"""A migrated database for each test: on the run's own server, or on one that the test may break."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest

from launcher.postgres import EmbeddedPostgres
from tests.faults.callers import Callers, callers
from tests.faults.databases import create_database, drop_database, migrate, name_of
from tests.faults.deployment import Deployment, running_deployment
from tests.faults.production import Production, in_production

_numbers = count(1)


@pytest.fixture(scope="session")
def _template() -> Iterator[str]:
    """The URL of a migrated database on the run's own server, to be copied."""
    url = create_database(os.environ["DATABASE_URL"], f"faults_{os.getpid()}_template")
    migrate(url)
    yield url
    drop_database(url)


def _copied(template: str) -> Iterator[str]:
    url = create_database(template, f"faults_{os.getpid()}_{next(_numbers)}", like=name_of(template))
    yield url
    drop_database(url)


@pytest.fixture
def database(_template: str) -> Iterator[str]:
    """A ledger of its own, empty."""
    yield from _copied(_template)


@pytest.fixture(scope="module")
def shared_database(_template: str) -> Iterator[str]:
    """One for a file's tests, each of which has tenants of its own."""
    yield from _copied(_template)


@pytest.fixture
async def crowd() -> AsyncIterator[Callers]:
    async with callers() as crowd:
        yield crowd


@pytest.fixture
def deployment(database: str, tmp_path: Path) -> Iterator[Deployment]:
    """Without gateways. A file whose tests want some has a deployment of its own."""
    with running_deployment(database, tmp_path, places=0) as deployment:
        yield deployment


@pytest.fixture
def server(deployment: Deployment) -> Iterator[Production]:
    """A gateway of the deployment, as it runs in production."""
    with in_production(deployment) as server:
        yield server


@pytest.fixture(scope="session")
def _doomed_server() -> Iterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="gateway-faults-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        try:
            server.start()
            server.allow_test_databases()
            migrate(create_database(server.url, "faults_template"))
            yield server
        finally:
            server.stop("immediate")


@pytest.fixture
def doomed_server(_doomed_server: EmbeddedPostgres) -> EmbeddedPostgres:
    """A server that the test may stop, freeze and restart; whoever comes next finds it running."""
    _doomed_server.start()
    return _doomed_server


def _copied_there(server: EmbeddedPostgres) -> Iterator[str]:
    server.start()
    url = create_database(server.url, f"faults_{next(_numbers)}", like="faults_template")
    yield url
    server.start()
    drop_database(url)


@pytest.fixture
def doomed_database(doomed_server: EmbeddedPostgres) -> Iterator[str]:
    """A ledger of its own on that server."""
    yield from _copied_there(doomed_server)


@pytest.fixture(scope="module")
def shared_doomed_database(_doomed_server: EmbeddedPostgres) -> Iterator[str]:
    """One for a file's tests, each of which has tenants of its own."""
    yield from _copied_there(_doomed_server)
