"""Databases for tests: migrated once, then copied."""

import os
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg

from tests.faults.workers import REPOSITORY

MIGRATE_TIMEOUT_S = 120


def create_database(server: str, name: str, *, like: str = "template1") -> str:
    """The URL of a new database on the server of this URL."""
    url = _named(server, name)
    _execute(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {like}")
    return url


def drop_database(url: str) -> None:
    _execute(url, f"DROP DATABASE IF EXISTS {name_of(url)} WITH (FORCE)")


def name_of(url: str) -> str:
    return urlsplit(url).path[1:]


def migrate(url: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0", "--skip-checks"],
        cwd=REPOSITORY,
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=MIGRATE_TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(_named(url, "postgres"), autocommit=True, connect_timeout=30) as connection:
        connection.execute(statement.encode())


def _named(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()
