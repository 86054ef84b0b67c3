"""A migrated database for each test: on the run's own server, or on one that the test may break."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from gateway_project.local.postgres import EmbeddedPostgres
from tests.faults.crew import REPOSITORY

MIGRATE_TIMEOUT_S = 120
_numbers = count(1)


@pytest.fixture(scope="session")
def _template() -> Iterator[str]:
    """The URL of a migrated database on the run's own server, to be copied."""
    url = _create_database(os.environ["DATABASE_URL"], f"faults_{os.getpid()}_template")
    _migrate(url)
    yield url
    _drop_database(url)


@pytest.fixture
def database(_template: str) -> Iterator[str]:
    """A ledger of its own, empty."""
    url = _create_database(_template, f"faults_{os.getpid()}_{next(_numbers)}", like=_name(_template))
    yield url
    _drop_database(url)


@pytest.fixture(scope="session")
def _doomed_server() -> Iterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="gateway-faults-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        try:
            server.start()
            _migrate(_create_database(server.url, "faults_template"))
            yield server
        finally:
            server.stop("immediate")


@pytest.fixture
def doomed_server(_doomed_server: EmbeddedPostgres) -> EmbeddedPostgres:
    """A server that the test may stop, freeze and restart; whoever comes next finds it running."""
    _doomed_server.start()
    return _doomed_server


@pytest.fixture
def doomed_database(doomed_server: EmbeddedPostgres) -> Iterator[str]:
    """A ledger of its own on that server."""
    url = _create_database(doomed_server.url, f"faults_{next(_numbers)}", like="faults_template")
    yield url
    doomed_server.start()
    _drop_database(url)


def _create_database(server: str, name: str, *, like: str = "template1") -> str:
    """The URL of a new database on the server of this URL."""
    url = _named(server, name)
    _execute(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {like}")
    return url


def _drop_database(url: str) -> None:
    _execute(url, f"DROP DATABASE IF EXISTS {_name(url)} WITH (FORCE)")


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(_named(url, "postgres"), autocommit=True, connect_timeout=30) as connection:
        connection.execute(statement.encode())


def _name(url: str) -> str:
    return urlsplit(url).path[1:]


def _named(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _migrate(url: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=REPOSITORY,
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=MIGRATE_TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr
