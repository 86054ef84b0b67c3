"""A server of an earlier version, whose superuser was the gateway, becomes one with an ordinary role in its place."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from launcher.postgres import EmbeddedPostgres
from launcher.postgres_create import HERE, OPTIONS
from launcher.postgres_programs import binary
from launcher.postgres_roles import HELPER
from launcher.powers import as_owner_of, give_away

pytestmark = pytest.mark.slow
PASSWORD = "of-the-former-superuser"
TABLES = """
CREATE TABLE kept (id int GENERATED ALWAYS AS IDENTITY, at date) PARTITION BY RANGE (at);
CREATE TABLE kept_2026 PARTITION OF kept FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO kept (at) VALUES ('2026-05-05');
CREATE SEQUENCE numbers;
CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_notify(''c'', ''x''); RETURN NULL; END';
"""


@pytest.fixture
def former(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """Its data folder, with the gateway's database, as that version has left it."""
    data_dir = tmp_path / "postgres"
    data_dir.mkdir(mode=0o700)
    give_away(data_dir)
    run(data_dir, ["initdb", "-D", HERE, "-U", "gateway", *OPTIONS, "--auth=trust", "--no-sync"])
    (data_dir / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
    in_database(data_dir, "postgres", f"ALTER ROLE gateway PASSWORD '{PASSWORD}';\nCREATE DATABASE gateway;")
    in_database(data_dir, "gateway", TABLES)
    (data_dir / "gateway.password").write_text(PASSWORD)
    server = EmbeddedPostgres(data_dir)
    yield server
    server.stop("immediate")


def run(data_dir: Path, command: list[str], statements: str = "") -> None:
    command = as_owner_of(data_dir, [binary(command[0]), *command[1:]])
    done = subprocess.run(
        command, cwd=data_dir, input=statements.encode(), capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()


def in_database(data_dir: Path, name: str, statements: str) -> None:
    """One a line, in single-user mode: nothing of ours looks at it."""
    run(
        data_dir, ["postgres", "--single", "-D", HERE, name], "\n".join(statements.strip().split("\n")) + "\n"
    )


def ask(url: str, statement: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_its_rows_are_kept_and_everything_is_the_new_roles(former: EmbeddedPostgres) -> None:
    former.start()
    assert PASSWORD not in former.url
    flags = "rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
    assert ask(former.url, f"SELECT {flags} FROM pg_roles WHERE rolname = current_user") == [(False,) * 5]
    assert ask(former.url, "SELECT id, at::text FROM kept") == [(1, "2026-05-05")]
    for statement in (
        "ALTER TABLE kept ADD COLUMN n int",
        "ALTER TABLE kept_2026 RENAME TO other",
        "INSERT INTO kept (at) VALUES ('2026-06-06')",
        "SELECT nextval('numbers')",
        "CREATE OR REPLACE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TABLE more ()",
    ):
        ask(former.url, statement)
    assert ask(former.url, f"SELECT 1 FROM pg_roles WHERE rolname = '{HELPER}'") == []


def test_it_is_done_once(former: EmbeddedPostgres) -> None:
    former.start()
    url = former.url
    former.stop()
    former.start()
    assert former.url == url


RENAMED = f"""
CREATE ROLE {HELPER} SUPERUSER;
SET SESSION AUTHORIZATION {HELPER};
ALTER ROLE gateway RENAME TO postgres;
"""


@pytest.mark.parametrize(
    "done", ["", RENAMED, RENAMED + "CREATE ROLE gateway NOLOGIN;\n"], ids=["written", "renamed", "made"]
)
def test_a_start_that_was_interrupted_is_taken_up(former: EmbeddedPostgres, done: str) -> None:
    (former.data_dir / "postgres.password").write_text(PASSWORD)
    in_database(former.data_dir, "postgres", done)
    former.start()
    assert PASSWORD not in former.url
    assert ask(former.url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]
    assert ask(former.url, "SELECT id FROM kept") == [(1,)]
    assert ask(former.url, f"SELECT 1 FROM pg_roles WHERE rolname = '{HELPER}'") == []
