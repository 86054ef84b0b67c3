"""The embedded PostgreSQL keeps what it committed, through every way of dying."""

import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from launcher.errors import LauncherError
from launcher.postgres import EmbeddedPostgres
from launcher.powers import HIDDEN, without_powers
from launcher.process import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "deep folder" / "postgres")
    server.data_dir.parent.mkdir()
    server.start()
    yield server
    server.stop("immediate")


def query(server: EmbeddedPostgres, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_nothing_is_traded_for_speed(postgres: EmbeddedPostgres) -> None:
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert query(postgres, f"SHOW {setting}") == [("on",)]


def test_it_listens_on_this_machine_only_and_asks_for_the_password(postgres: EmbeddedPostgres) -> None:
    assert query(postgres, "SHOW listen_addresses") == [("127.0.0.1",)]
    without_password = postgres.url.split("@")[1]
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://gateway@{without_password}")
    assert stat.S_IMODE((postgres.data_dir / "gateway.password").stat().st_mode) == 0o600


@pytest.mark.parametrize("death", ["fast", "immediate", "kill -9"])
def test_committed_rows_and_the_url_survive(postgres: EmbeddedPostgres, death: str) -> None:
    url = postgres.url
    query(postgres, "CREATE TABLE kept AS SELECT 1 AS n")
    if death == "kill -9":
        assert postgres.pid is not None
        os.kill(postgres.pid, signal.SIGKILL)
        assert wait_until(lambda: not postgres.is_running(), 5)
    else:
        postgres.stop("fast" if death == "fast" else "immediate")
    assert not postgres.is_running()
    postgres.start()
    assert postgres.url == url
    assert query(postgres, "SELECT n FROM kept") == [(1,)]


def test_another_process_may_stop_it(postgres: EmbeddedPostgres) -> None:
    EmbeddedPostgres(postgres.data_dir).stop()
    assert not postgres.is_running()


@pytest.mark.parametrize(
    "beyond",
    [
        "CREATE DATABASE another",
        "CREATE ROLE another SUPERUSER",
        "SELECT pg_read_file('gateway.password')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "ALTER SYSTEM SET fsync = off",
        "ALTER ROLE gateway SUPERUSER",
        "SET ROLE postgres",
    ],
)
def test_the_role_that_the_gateway_comes_in_as_owns_its_database_and_nothing_else(
    postgres: EmbeddedPostgres, beyond: str
) -> None:
    query(postgres, "CREATE TABLE own AS SELECT 1 AS n; ALTER TABLE own ADD COLUMN m int; DROP TABLE own")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(postgres, beyond)


def test_starting_twice_is_harmless(postgres: EmbeddedPostgres) -> None:
    pid = postgres.pid
    EmbeddedPostgres(postgres.data_dir).start()
    assert postgres.pid == pid


def test_an_interrupted_first_run_is_repaired(tmp_path: Path) -> None:
    (tmp_path / "postgres.partial").mkdir()
    (tmp_path / "postgres.partial" / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(tmp_path / "postgres")
    try:
        server.start()
        assert query(server, "SELECT 1") == [(1,)]
    finally:
        server.stop("immediate")


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(LauncherError, match="is not a PostgreSQL data folder"):
        EmbeddedPostgres(tmp_path).start()
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_damaged_data_is_one_sentence_with_the_log(
    postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("launcher.postgres.RETRY_START_S", 0.5)
    postgres.stop()
    (postgres.data_dir / "global" / "pg_control").write_bytes(b"garbage")
    with pytest.raises(LauncherError, match=r"PostgreSQL could not start .* \(log: ") as refused:
        postgres.start()
    assert "\n" not in str(refused.value)


@pytest.mark.skipif(os.getuid() != 0, reason="only root has to become somebody else")
def test_root_runs_it_too_where_no_other_user_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launcher.powers._may_become", lambda uid: False)
    if subprocess.run(
        without_powers(HIDDEN, ["/bin/sh", "-c", ":"]), capture_output=True, check=False
    ).returncode:
        pytest.skip("this system has no user namespaces")
    server = EmbeddedPostgres(tmp_path / "postgres")
    try:
        server.start()
        assert query(server, "SELECT 1") == [(1,)]
    finally:
        server.stop("immediate")
